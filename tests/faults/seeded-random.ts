/** Reproducible draws: mulberry32. */
export interface SeededRandom {
  /** 0 up to 1. */
  (): number;
  readonly below: (bound: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly shuffled: <Item>(items: readonly Item[]) => Item[];
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return Object.assign(next, {
    below,
    chance: (probability: number) => next() < probability,
    shuffled: <Item>(items: readonly Item[]) => {
      const mixed = [...items];
      for (let last = mixed.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
      }
      return mixed;
    },
  });
}
