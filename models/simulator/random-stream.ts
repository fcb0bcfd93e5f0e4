/**
 * A stream of random numbers named by a path of integers. Streams of different paths are independent, so a
 * station's history does not depend on which other stations are generated, or in what order.
 *
 * Generator: xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 47, 2021). Its 128 bits of state are four lanes of a murmur3-finalizer hash chain over the path: 32 bits
 * would make two of 100,000 stations share a history.
 */
export class RandomStream {
  private s0: number;
  private s1: number;
  private s2: number;
  private s3: number;
  private spareNormal = 0;
  private hasSpareNormal = false;

  constructor(path: readonly number[]) {
    this.s0 = laneHash(path, 0x9e3779b9);
    this.s1 = laneHash(path, 0x7f4a7c15);
    this.s2 = laneHash(path, 0xbf58476d);
    // An all-zero state would be a fixed point.
    this.s3 = laneHash(path, 0x94d049bb) | 1;
  }

  /** Uniform unsigned 32-bit integer. */
  uint32(): number {
    const scrambled = Math.imul(this.s1, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.s1 << 9;
    this.s2 ^= this.s0;
    this.s3 ^= this.s1;
    this.s1 ^= this.s2;
    this.s0 ^= this.s3;
    this.s2 ^= shifted;
    this.s3 = (this.s3 << 11) | (this.s3 >>> 21);
    return result;
  }

  /** Uniform on the open interval (0, 1). */
  uniform(): number {
    return (this.uint32() + 0.5) / 4_294_967_296;
  }

  /** Uniform integer, 0 to bound − 1. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    if (this.hasSpareNormal) {
      this.hasSpareNormal = false;
      return this.spareNormal;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.hasSpareNormal = true;
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Mean 0, variance 1, triangular: a normal's cheap stand-in where only the spread matters. */
  triangular(): number {
    return 2.449489742783178 * (this.uniform() + this.uniform() - 1);
  }

  /** exp of a normal with this median and standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** Poisson count: by inversion below a mean of 12, by the rounded normal from there (error under 1 %). */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean >= 12) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    let probability = Math.exp(-mean);
    let remainder = this.uniform();
    let count = 0;
    while (remainder > probability && count < 60) {
      remainder -= probability;
      count += 1;
      probability *= mean / count;
    }
    return count;
  }
}

function laneHash(path: readonly number[], lane: number): number {
  let hash = lane;
  for (const part of path) {
    // Safe integers beyond 32 bits contribute both halves.
    hash = finalize(hash ^ Math.imul((part >>> 0) + 0x9e3779b9, lane | 1));
    hash = finalize(hash + Math.floor(part / 4_294_967_296) + 0x85ebca6b);
  }
  return hash;
}

function finalize(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** What a stream is for; the second part of every path. The numbers are part of the seed's meaning. */
export const streamPurposes = {
  countyTraits: 1,
  countyPath: 2,
  stationTraits: 3,
  stationPath: 4,
  stationDetail: 5,
  application: 6,
  continuation: 7,
} as const;
