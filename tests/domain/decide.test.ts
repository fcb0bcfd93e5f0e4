import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { appraisalStages } from '../../shared/domain/appraisal-rules.ts';
import { decide, decisionBytes, needsScore, replay } from '../../shared/domain/decide.ts';
import { type Decision, type DecisionInput, decision, decisionInput } from '../../shared/domain/decision.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import type { LendingTerms } from '../../shared/domain/lending/program-terms.ts';
import { screeningStages } from '../../shared/domain/screening-rules.ts';
import { committedTerms, offeredProductOf } from '../support/offered-products.ts';
import { DECIDED_AT, sampleExplanations, sampleInput, sampleModel } from '../support/sample-decision.ts';

const context = { decidedAt: DECIDED_AT, model: sampleModel, explanations: sampleExplanations };
const decideSample = (input: DecisionInput): Decision => decide(input, context);
const codesInOrder = [...screeningStages, ...appraisalStages].flatMap((stage) =>
  stage.rules.map((rule) => rule.code),
);

const monthly = offeredProductOf({ method: 'equal_installments' });
/** Terms that a row names as `terms=…`. */
const namedTerms: Record<string, LendingTerms> = {
  committed: committedTerms([monthly]),
  cheap: committedTerms([{ ...monthly, annualRateMaxBps: 600 }]),
  // Its share of sales is more than the station has to spare; the other starts above what is asked for.
  unfitting: committedTerms([
    offeredProductOf({
      method: 'sales_linked',
      inflowShareBps: 9_000,
      fixedChargeBps: 600,
      monthlyFloorBps: 0,
    }),
    { ...monthly, principalMinMinor: 6_000_000 },
  ]),
};

/** `a.b=value; …` applied to the sample input; values are JSON where they parse as such. */
function changed(change: string): DecisionInput {
  const input: unknown = structuredClone(sampleInput());
  let named: LendingTerms | undefined;
  for (const assignment of change.split(';').filter((part) => part !== '')) {
    const [path = '', text = ''] = assignment.split('=');
    if (path === 'terms') {
      named = namedTerms[text] ?? expect.fail(`no terms are called ${text}`);
      continue;
    }
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const target = keys.reduce<unknown>(
      (node, key) => (node as Record<string, unknown>)[key],
      input,
    ) as Record<string, unknown>;
    target[last] = /^(null|\d+(\.\d+)?)$/.test(text) ? JSON.parse(text) : text;
  }
  const parsed = decisionInput.parse(input);
  return { ...parsed, terms: named ?? termsOf(parsed.program, null) };
}

const table: Record<string, string>[] = parse(
  readFileSync(new URL('./decide.csv', import.meta.url), 'utf8'),
  { columns: true },
);

describe('the rules of lending', () => {
  test.each(table)('$case: $outcome', ({ change = '', outcome, reasons = '', notEvaluatedFrom = '' }) => {
    const decided = decideSample(changed(change));
    expect(decided.outcome).toBe(outcome);
    expect(decided.automated).toBe(outcome !== 'referred');
    expect(decided.rules.map((rule) => rule.code)).toEqual(codesInOrder);

    const effect = outcome === 'referred' ? 'referred' : 'declined';
    const deciding = decided.rules.filter((rule) => rule.outcome === effect).map((rule) => rule.code);
    expect(deciding.slice(0, 4)).toEqual(reasons.split(' ').filter((code) => code !== ''));

    const ended = notEvaluatedFrom === '' ? codesInOrder.length : codesInOrder.indexOf(notEvaluatedFrom);
    expect(ended).toBeGreaterThan(0);
    for (const rule of decided.rules.slice(ended)) expect(rule.outcome).toBe('not_evaluated');
    expect(decided.offers.length > 0).toBe(outcome === 'approved');
  });

  it('covers every rule with a case that breaks it', () => {
    const broken = new Set(table.flatMap((row) => (row.reasons ?? '').split(' ')));
    expect(codesInOrder.filter((code) => !broken.has(code))).toEqual([]);
  });

  it('have codes of their own and sentences in both languages', () => {
    const rules = [...screeningStages, ...appraisalStages].flatMap((stage) =>
      stage.rules.map((rule) => rule),
    );
    expect(new Set(codesInOrder).size).toBe(codesInOrder.length);
    for (const rule of rules) {
      expect(rule.sentences.zh).toMatch(/[\u4e00-\u9fff]/);
      expect(rule.sentences.en).toMatch(/[a-z]/);
    }
  });

  it('say what they looked at and the bound', () => {
    const decided = decideSample(changed('history.firstDay=2026-03-04'));
    expect(decided.rules.find((rule) => rule.code === 'history_too_short')).toEqual({
      code: 'history_too_short',
      outcome: 'declined',
      observed: 89,
      bound: 90,
    });
  });
});

describe('scoring an applicant', () => {
  test.each(table)('$case: only who passes screening needs a score', ({ change = '' }) => {
    const input = changed(change);
    const decided = decideSample(input);
    const screened = decided.rules.find((rule) => rule.code === 'score_below_minimum');
    expect(needsScore({ ...input, score: null, features: null }, DECIDED_AT)).toBe(
      screened?.outcome !== 'not_evaluated',
    );
  });

  it('is not needed to decide what screening settles', () => {
    const unscored = { ...changed('consentId=null'), score: null, features: null };
    expect(decideSample(unscored)).toMatchObject({ outcome: 'declined', featureListHash: null });
  });

  it('is needed to decide anything else', () => {
    expect(() => decideSample({ ...sampleInput(), score: null })).toThrow(/needs a score/);
  });

  it('must be by the model that explains it', () => {
    const input = sampleInput();
    const score = input.score && { ...input.score, modelSha256: 'd'.repeat(64) };
    expect(() => decideSample({ ...input, score })).toThrow(/another model/);
  });
});

describe('a decline by score', () => {
  const declined = decideSample(sampleInput({}, [20, 0.3, 100]));

  it('is explained by the features that cost the most', () => {
    expect(declined.outcome).toBe('declined');
    expect(declined.reasons.map((reason) => reason.code)).toEqual([
      'active_days_90d',
      'refund_share_90d',
      'tenure_days',
    ]);
    expect(declined.reasons[0]?.sentences).toEqual(sampleExplanations[0]?.hurts);
  });

  it('shows the path to a score that approves without a person', () => {
    expect(declined.pathToApproval).toMatchObject({ cutOff: 620 });
    const nearly = decideSample(sampleInput({}, [40, 0.1, 100]));
    expect(nearly.outcome).toBe('declined');
    expect(nearly.pathToApproval).toMatchObject({ reachesCutOff: true, cutOff: 620 });
  });

  it('carries no offer, no limit and no price paid for', () => {
    expect(declined).toMatchObject({ offers: [], limitMinor: 0 });
  });
});

describe('a referral by score', () => {
  it('says that a person decides, then the features that cost the most', () => {
    const referred = decideSample(
      sampleInput(
        {
          program: changed(
            'program.policy.minimumCreditScore=500;program.policy.referBelowCreditScore=900;program.policy.guaranteeShareBps=10000',
          ).program,
        },
        [20, 0.3, 100],
      ),
    );
    expect(referred.reasons.map((reason) => reason.code)).toEqual([
      'score_in_referral_band',
      'active_days_90d',
      'refund_share_90d',
      'tenure_days',
    ]);
    expect(referred.affordability).not.toBeNull();
    expect(referred.pricing).not.toBeNull();
  });
});

describe('offers', () => {
  it('put the requested term first, then the nearest, and number them after the decision', () => {
    const { offers } = decideSample(sampleInput());
    expect(offers.map(({ offerId, termMonths }) => ({ offerId, termMonths }))).toEqual([
      { offerId: 'ofr_1-1', termMonths: 12 },
      { offerId: 'ofr_1-2', termMonths: 6 },
      { offerId: 'ofr_1-3', termMonths: 18 },
    ]);
  });

  it('reserve the greatest principal among them', () => {
    const { offers, limitMinor } = decideSample(changed('application.requestedPrincipalMinor=12000000'));
    expect(limitMinor).toBe(Math.max(...offers.map((offer) => offer.principalMinor)));
  });

  test.each([
    ['what was asked', 'application.requestedPrincipalMinor=3000000', 3_000_000],
    [
      'the policy',
      'application.requestedPrincipalMinor=9000000;program.policy.maximumPrincipalMinor=4000000',
      4_000_000,
    ],
    ['what the borrower may still owe', 'borrowerExposureMinor=18500000', 1_500_000],
    ['the capital left', 'reservedCapitalMinor=47500000', 2_500_000],
    ['whole hundreds', 'borrowerExposureMinor=18504567', 1_490_000],
    [
      'the minimum, when rounding would undercut it',
      'program.policy.minimumPrincipalMinor=505000;borrowerExposureMinor=19493333',
      505_000,
    ],
  ])('lend no more than %s', (_, change, principalMinor) => {
    expect(decideSample(changed(change)).offers[0]?.principalMinor).toBe(principalMinor);
  });

  it('keep every promise of the program, whatever is asked', () => {
    const amount = fc.integer({ min: 500_000, max: 40_000_000 });
    fc.assert(
      fc.property(
        amount,
        fc.constantFrom(6, 12, 18),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: 0, max: 25_000_000 }),
        fc.integer({ min: 0, max: 55_000_000 }),
        (
          requestedPrincipalMinor,
          requestedTermMonths,
          inflow,
          outflow,
          borrowerExposureMinor,
          reservedCapitalMinor,
        ) => {
          const sample = sampleInput();
          const input: DecisionInput = {
            ...sample,
            application: { ...sample.application, requestedPrincipalMinor, requestedTermMonths },
            cashFlow: {
              monthlyInflowMinor: inflow,
              monthlyOutflowMinor: outflow,
              monthlyFixedOutflowMinor: Math.floor(outflow / 2),
              observedMonths: 12,
            },
            borrowerExposureMinor,
            reservedCapitalMinor,
          };
          const decided = decideSample(input);
          const { policy } = input.program;
          expect(decided.outcome === 'approved').toBe(decided.offers.length > 0);
          for (const offer of decided.offers) {
            expect(offer.principalMinor).toBeGreaterThanOrEqual(policy.minimumPrincipalMinor);
            expect(offer.principalMinor).toBeLessThanOrEqual(
              Math.min(
                requestedPrincipalMinor,
                policy.maximumPrincipalMinor,
                policy.singleBorrowerLimitMinor - borrowerExposureMinor,
                input.program.capitalMinor - reservedCapitalMinor,
              ),
            );
            expect(offer.installmentMinor).toBeLessThanOrEqual(
              decided.affordability?.maximumInstallmentMinor ?? 0,
            );
            expect(offer.aprBps).toBeLessThanOrEqual(decided.pricing?.aprCapBps ?? 0);
            expect(offer.totalRepayableMinor).toBeGreaterThanOrEqual(offer.principalMinor);
          }
        },
      ),
    );
  });
});

describe('a replay', () => {
  test.each(table)('of «$case» gives the same bytes from the stored decision', ({ change = '' }) => {
    const decided = decideSample(changed(change));
    expect(decision.parse(decided)).toEqual(decided);
    const stored = decision.parse(JSON.parse(JSON.stringify(decided)));
    expect(decisionBytes(replay(stored, context))).toBe(decisionBytes(decided));
    expect(JSON.stringify(decided)).toBe(decisionBytes(decided));
  });

  it('gives other bytes when the stored input was altered', () => {
    const decided = decideSample(sampleInput());
    const altered = { ...decided, input: { ...decided.input, borrowerExposureMinor: 19_000_000 } };
    expect(decisionBytes(replay(altered, context))).not.toBe(decisionBytes(altered));
  });
});
