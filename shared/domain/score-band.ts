/** Lists are kept by band, so that a band is read without reading past the others. `unscored`: no score was needed. */
export const scoreBands = ['A', 'B', 'C', 'D', 'E', 'unscored'] as const;
export type ScoreBand = (typeof scoreBands)[number];

/** The lowest credit score of each band; E reaches down to the scale's end. */
const lowest = [
  ['A', 750],
  ['B', 700],
  ['C', 650],
  ['D', 600],
] as const;

/** The band of a credit score: A from 750, B from 700, C from 650, D from 600, E below. */
export function scoreBandOf(creditScore: number | null): ScoreBand {
  if (creditScore === null) return 'unscored';
  return lowest.find(([, bound]) => creditScore >= bound)?.[0] ?? 'E';
}
