import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/domain/decide.ts';
import type { LendingTerms } from '../../shared/domain/lending/program-terms.ts';
import { policyTrial } from '../../shared/domain/policy-trial.ts';
import type { ProgramPolicy } from '../../shared/domain/program.ts';
import { committedTerms, offeredProductOf } from '../support/offered-products.ts';
import { DECIDED_AT, sampleExplanations, sampleInput, sampleModel } from '../support/sample-decision.ts';
import { sampleApplication, sampleProgram } from '../support/sample-lending.ts';

const context = { model: sampleModel, explanations: sampleExplanations };
const { policy } = sampleProgram();

/** Decisions as they were made, for applicants of falling quality. */
function pastDecisions(change: Partial<ProgramPolicy> = {}) {
  const program = sampleProgram({ policy: { ...policy, ...change } });
  const qualities = [
    [85, 0.01, 1_500],
    [70, 0.02, 800],
    [50, 0.06, 800],
    [35, 0.1, 300],
    [20, 0.2, 200],
  ];
  return qualities.map((features, index) =>
    decide(
      sampleInput({ program, application: sampleApplication({ decisionId: `dec_${index}` }) }, features),
      {
        ...context,
        decidedAt: DECIDED_AT,
      },
    ),
  );
}

const trialOf = (change: Partial<ProgramPolicy>) =>
  policyTrial(
    pastDecisions(),
    { policy: { ...policy, policyVersion: 'trial', ...change }, terms: null },
    context,
  );

describe('a policy trial', () => {
  it('of the policy in force changes nothing', () => {
    const trial = trialOf({});
    expect(trial.tried).toBe(5);
    expect(trial.after).toEqual(trial.before);
    expect([trial.swapIn, trial.swapOut]).toEqual([[], []]);
    expect(trial.before.approved).toBeGreaterThan(0);
    expect(trial.before.approved).toBeLessThan(5);
  });

  it('of a lower cut-off swaps in whom the old one turned away, at the expected loss that brings', () => {
    const strict = pastDecisions({ minimumCreditScore: 700, referBelowCreditScore: 700 });
    const trial = policyTrial(strict, { policy, terms: null }, context);
    expect(trial.swapIn.length).toBeGreaterThan(0);
    expect(trial.swapOut).toEqual([]);
    expect(trial.after.expectedLossMinor).toBeGreaterThan(trial.before.expectedLossMinor);
    expect(trial.after.approved - trial.before.approved).toBe(trial.swapIn.length);
  });

  it('of a higher cut-off swaps out, naming the rule', () => {
    const trial = trialOf({ minimumCreditScore: 900, referBelowCreditScore: 900 });
    expect(trial.after.approved).toBe(0);
    expect(trial.swapOut).toHaveLength(trial.before.approved);
    for (const each of trial.swapOut) expect(each.ruleCodes.length).toBeGreaterThan(0);
  });

  describe('and the lending terms', () => {
    const monthly = offeredProductOf({ method: 'equal_installments' });
    const decidedOn = (terms: LendingTerms) =>
      decide(sampleInput({ terms }), { ...context, decidedAt: DECIDED_AT });
    const smaller = { ...policy, policyVersion: 'trial', maximumPrincipalMinor: 1_000_000 };

    it('that a policy implies follow the policy tried; those that were committed stay as they were', () => {
      const implied = policyTrial(pastDecisions(), { policy: smaller, terms: null }, context);
      expect(implied.after.limitMinor).toBe(implied.after.approved * 1_000_000);
      const kept = policyTrial(
        [decidedOn(committedTerms([monthly]))],
        { policy: smaller, terms: null },
        context,
      );
      expect(kept).toMatchObject({ termsVersion: null, before: { approved: 1 } });
      expect(kept.after).toEqual(kept.before);
    });

    it('may be tried themselves, in place of what each decision was made on', () => {
      const tried = committedTerms([{ ...monthly, principalMaxMinor: 2_000_000 }], { version: 'tried' });
      const made = [decidedOn(committedTerms([monthly])), ...pastDecisions()];
      const trial = policyTrial(made, { policy, terms: tried }, context);
      expect(trial.termsVersion).toBe('tried');
      expect(trial.after.approved).toBe(trial.before.approved);
      expect(trial.after.limitMinor).toBe(trial.after.approved * 2_000_000);
      expect(trial.after.expectedLossMinor).toBeLessThan(trial.before.expectedLossMinor);
    });
  });

  it('says nothing of whom it would have to score first, or another model scored', () => {
    const unscored = decide(sampleInput({ score: null, consentId: null }), {
      ...context,
      decidedAt: DECIDED_AT,
    });
    expect(policyTrial([unscored], { policy, terms: null }, context)).toMatchObject({
      tried: 1,
      needingScore: [],
    });
    const consented = { ...unscored, input: { ...unscored.input, consentId: 'cns_1' } };
    expect(policyTrial([consented], { policy, terms: null }, context)).toMatchObject({
      tried: 0,
      needingScore: [unscored.decisionId],
    });
    const [scored] = pastDecisions();
    if (scored === undefined) throw new Error('no decision');
    const other = { ...sampleModel, modelSha256: 'd'.repeat(64) };
    expect(policyTrial([scored], { policy, terms: null }, { ...context, model: other })).toMatchObject({
      tried: 0,
      scoredByAnotherModel: [scored.decisionId],
    });
  });
});
