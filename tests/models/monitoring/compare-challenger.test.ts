import { describe, expect, it } from 'vitest';
import { challengerReasons, compareChallenger } from '../../../models/monitoring/compare-challenger.ts';
import { type ShadowScore, shadowScore } from '../../../shared/domain/shadow-score.ts';

const scored = (number: number, champion: number, challenger: number, countyId = 'cty_a'): ShadowScore =>
  shadowScore.parse({
    decisionId: `dec_${number}`,
    decidedAt: '2026-06-01T00:00:00.000Z',
    lenderTenantId: 'ten_bank',
    programId: `prg_${number % 2}`,
    countyId,
    outcome: 'approved',
    cutOff: 560,
    champion: { modelVersion: 'pd-1', creditScore: champion, probabilityOfDefault: 0.1 },
    challenger: { modelVersion: 'pd-2', creditScore: challenger, probabilityOfDefault: 0.2 },
  });

describe('a challenger against the champion', () => {
  it('agrees on one side of the cut-off, and swaps those on the other', () => {
    const scores = [scored(0, 600, 700), scored(1, 559, 560), scored(2, 560, 559), scored(3, 400, 500)];
    const { all, groups } = compareChallenger(scores, ({ programId }) => programId);
    expect(all).toMatchObject({
      applicants: 4,
      agreement: 0.5,
      swapIn: 1,
      swapOut: 1,
      championApproves: 2,
      challengerApproves: 2,
      meanScoreDifference: 50,
      swapInPd: { champion: 0.1, challenger: 0.2 },
    });
    expect(groups.map(({ group, applicants, swapIn }) => [group, applicants, swapIn])).toEqual([
      ['prg_0', 2, 0],
      ['prg_1', 2, 1],
    ]);
  });

  it('is as stable as itself, and unstable when it moves everyone', () => {
    const same = Array.from({ length: 200 }, (_, index) => scored(index, 500 + index, 500 + index));
    expect(compareChallenger(same, () => 'all').all.psi).toBeCloseTo(0, 12);
    const moved = Array.from({ length: 200 }, (_, index) => scored(index, 500 + index, 600 + index));
    expect(compareChallenger(moved, () => 'all').all.psi).toBeGreaterThan(0.25);
    expect(() => compareChallenger([], () => 'all')).toThrow(RangeError);
  });
});

describe('the reasons of a challenger without terms', () => {
  const reasons = (features: readonly string[], explainedPoints: number, remainderPoints: number) => ({
    method: 'baseline substitution' as const,
    costliest: features.map((feature) => ({ feature, points: -10 })),
    explainedPoints,
    remainderPoints,
  });

  it('are counted, with what they leave over, and there are none of one that has terms', () => {
    const exact = scored(0, 600, 600);
    expect(challengerReasons([exact])).toBeNull();
    const scores = [
      exact,
      { ...scored(1, 600, 600), reasons: reasons(['b', 'a'], -30, 4) },
      { ...scored(2, 600, 600), reasons: reasons(['a'], 10, -8) },
    ];
    expect(challengerReasons(scores)).toEqual({
      applicants: 2,
      costliest: [
        { feature: 'a', applicants: 2 },
        { feature: 'b', applicants: 1 },
      ],
      explainedPoints: 20,
      remainderPoints: 6,
    });
  });
});
