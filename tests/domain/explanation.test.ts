import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/domain/decide.ts';
import { explainDecision, explanation, languages } from '../../shared/domain/explanation.ts';
import { type ReviewDecision, reviewIdOf } from '../../shared/domain/review.ts';
import { DECIDED_AT, sampleExplanations, sampleInput, sampleModel } from '../support/sample-decision.ts';

const context = { decidedAt: DECIDED_AT, model: sampleModel, explanations: sampleExplanations };
const approved = decide(sampleInput(), context);
const lowScore = decide(sampleInput({}, [20, 0.3, 100]), context);
const silent = decide(sampleInput({ consentId: null, history: null, features: null, score: null }), context);
const asked = { explanations: sampleExplanations, resolutions: [], recourse: null } as const;

describe('the explanation of a decision', () => {
  it.each(languages)('is whole in %s, in that language alone', (language) => {
    for (const decision of [approved, lowScore, silent]) {
      const told = explanation.parse(explainDecision({ ...asked, decision, language }));
      const texts = [
        told.summary,
        told.contest.text,
        ...told.dataUsed.texts,
        ...told.principalReasons.map(({ text }) => text),
        ...told.mainFactors.map(({ text }) => text),
        ...told.pathToApproval,
      ];
      for (const text of texts) expect(/\p{Script=Han}/u.test(text), text).toBe(language === 'zh');
    }
  });

  it('of a decline gives at most four specific reasons, the way out, and when notice is due', () => {
    const told = explainDecision({ ...asked, decision: lowScore, language: 'en' });
    expect(lowScore.outcome).toBe('declined');
    expect(told.principalReasons.length).toBeGreaterThan(0);
    expect(told.principalReasons.length).toBeLessThanOrEqual(4);
    expect(told.principalReasons.map(({ code }) => code)).toEqual(lowScore.reasons.map(({ code }) => code));
    expect(told.notice).toEqual({ dueAt: '2026-07-01T02:00:00.000Z', isDue: true });
    expect(told.contest).toMatchObject({ open: true, method: 'POST' });
  });

  it('gives the factors in exact points, the greatest first, for and against', () => {
    const { mainFactors } = explainDecision({ ...asked, decision: lowScore, language: 'en' });
    const sizes = mainFactors.map(({ points }) => Math.abs(points));
    expect(sizes).toEqual([...sizes].sort((left, right) => right - left));
    const total = mainFactors.reduce((sum, { points }) => sum + points, 0);
    const ofTerms = lowScore.input.score?.terms.reduce((sum, { points }) => sum + points, 0) ?? Number.NaN;
    expect(total).toBeCloseTo(ofTerms, 6);
    const helping = explainDecision({ ...asked, decision: approved, language: 'en' }).mainFactors;
    expect(
      helping.filter(({ points }) => points > 0).every(({ text }) => text.includes('in your favour')),
    ).toBe(true);
  });

  it('says that nothing was read or scored when it was not', () => {
    const told = explainDecision({ ...asked, decision: silent, language: 'en' });
    expect(told).toMatchObject({
      mainFactors: [],
      model: null,
      dataUsed: { consentId: null, history: null },
    });
    expect(told.dataUsed.texts).toContain("The station's records were not read");
    expect(told.dataUsed.texts).toContain('Nothing was scored');
  });

  it('tells what a person decided in the end, and by whom, without giving a name', () => {
    const resolution: ReviewDecision = {
      reviewId: reviewIdOf(lowScore.decisionId, 'contested'),
      decisionId: lowScore.decisionId,
      decidedAt: '2026-06-03T00:00:00.000Z',
      outcome: 'declined',
      reasonCode: 'decision_upheld',
      decidedBy: 'officer-1',
      confirmedBy: null,
      overrides: false,
      policyVersion: '2026-2',
      assessment: null,
      affordability: null,
      pricing: null,
      terms: null,
      offers: [],
      limitMinor: 0,
    };
    const recourse = 'contest';
    const told = explainDecision({
      ...asked,
      decision: lowScore,
      resolutions: [resolution],
      recourse,
      language: 'en',
    });
    expect(told).toMatchObject({
      decidedBy: 'person',
      decidedAt: '2026-06-03T00:00:00.000Z',
      policyVersion: '2026-2',
      principalReasons: [{ code: 'decision_upheld', text: 'On review, the decision stands' }],
      contest: { open: false, text: expect.stringContaining('contested') },
    });
    expect(JSON.stringify(told)).not.toContain('officer-1');
    const expired: ReviewDecision = { ...resolution, reasonCode: 'review_expired', decidedBy: null };
    expect(
      explainDecision({ ...asked, decision: lowScore, resolutions: [expired], recourse, language: 'zh' }),
    ).toMatchObject({
      decidedBy: 'rule',
    });
  });
});
