import { describe, expect, it } from 'vitest';
import { replayDecision } from '../../infra/local/replay/replay-decisions.ts';
import { decide } from '../../shared/domain/decide.ts';
import { decision } from '../../shared/domain/decision.ts';
import { neverScores } from '../support/never-scores.ts';
import { DECIDED_AT, sampleExplanations, sampleInput, sampleModel } from '../support/sample-decision.ts';

const context = { decidedAt: DECIDED_AT, model: sampleModel, explanations: sampleExplanations };
const declined = decision.parse(
  decide(sampleInput({ consentId: null, score: null, features: null }), context),
);
const scored = decision.parse(decide(sampleInput(), context));
const noScorer = async () => undefined;

describe('a decision replayed', () => {
  it('is identical to the byte when nothing was altered', async () => {
    expect(await replayDecision(declined, noScorer)).toMatchObject({ kind: 'identical' });
  });

  it('names the first field that was altered afterwards', async () => {
    const reasons = declined.reasons.map((reason) => ({ ...reason, code: 'station_closed' }));
    for (const [altered, field] of [
      [{ ...declined, outcome: 'approved' as const }, 'outcome'],
      [{ ...declined, reasons }, 'reasons.0.code'],
      [{ ...declined, policyVersion: '2026-2' }, 'policyVersion'],
      [{ ...declined, rules: declined.rules.slice(1) }, 'rules.0.code'],
    ] as const) {
      expect(await replayDecision(altered, noScorer)).toEqual({
        decisionId: declined.decisionId,
        kind: 'differs',
        field,
      });
    }
  });

  it('says so when the feature list or the model it names is not to be had', async () => {
    expect(await replayDecision(scored, noScorer)).toMatchObject({ kind: 'impossible' });
    const { featureListHash } = neverScores.model;
    const ours = { ...scored, featureListHash };
    const unknown = await replayDecision(ours, noScorer);
    expect(unknown).toMatchObject({ reason: expect.stringContaining('pd-sample.1') });
    const another = await replayDecision(ours, async () => neverScores);
    expect(another).toMatchObject({ kind: 'impossible', reason: expect.stringContaining('another file') });
  });
});
