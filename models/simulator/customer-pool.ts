import type { RandomStream } from './random-stream.ts';
import type { StationState } from './station-state.ts';
import type { StationTraits } from './station-traits.ts';

/**
 * Who is on the other side. Customers who joined come again, the early ones most; a few only pass by. The
 * numbers joined and lost are the station's own, so returning customers are as many as its trade says.
 */
export class CustomerPool {
  private readonly random: RandomStream;
  private readonly prefix: string;
  private readonly present: string[] = [];
  private readonly passingShare: number;
  private joined = 0;
  private lost = 0;

  constructor(traits: StationTraits, random: RandomStream) {
    this.random = random;
    this.prefix = `${traits.countyIndex.toString(36)}.${traits.stationIndex.toString(36)}.`;
    this.passingShare = Math.min(0.4, 0.12 * Math.exp(-0.25 * traits.skill));
  }

  /** Takes in who joined and drops who left since the last call. */
  follow(state: StationState): void {
    while (this.joined < state.customersJoined) {
      this.present.push(`c${this.prefix}${this.joined.toString(36)}`);
      this.joined += 1;
    }
    while (this.lost < state.customersLost && this.present.length > 0) {
      // The newest leave most easily.
      const chance = this.random.uniform();
      this.present.splice(Math.floor(this.present.length * (1 - chance * chance)), 1);
      this.lost += 1;
    }
  }

  next(): string {
    const chance = this.random.uniform();
    if (this.present.length === 0 || this.random.uniform() < this.passingShare) {
      return `p${this.prefix}${this.random.uint32().toString(36)}`;
    }
    return this.present[Math.floor(this.present.length * chance * chance)] ?? `c${this.prefix}0`;
  }

  supplier(): string {
    return `s${this.prefix}${this.random.below(5)}`;
  }
}
