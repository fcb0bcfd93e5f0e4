import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, Offer } from '../../../shared/domain/decision.ts';
import { contractOfOffer } from '../../../shared/domain/lending/loan-offer.ts';
import { repaymentSchedule } from '../../../shared/domain/lending/repayment-schedule.ts';
import { quoteTerms, withinCap } from '../../../shared/domain/offers.ts';
import { priceOf } from '../../../shared/domain/pricing.ts';
import { sampleApplication, sampleDecision, sampleProgram } from '../../support/sample-lending.ts';

const ON = '2026-06-01';
const plain = sampleDecision(sampleApplication());

describe('an offer within the program’s cap', () => {
  it('makes a lawful contract, whose installments are those of the offer', () => {
    let offered = 0;
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 500_000, max: 20_000_000 }),
        fc.integer({ min: 1, max: 36 }),
        (probabilityOfDefault, originationFeeBps, requestedPrincipalMinor, termMonths) => {
          const program = sampleProgram();
          const policy = { ...program.policy, originationFeeBps, termMonths: [termMonths] };
          const pricing = priceOf(policy, probabilityOfDefault, termMonths, ON);
          const facts = {
            requestedPrincipalMinor,
            requestedTermMonths: termMonths,
            probabilityOfDefault,
            policy,
            pricing,
            affordability: {
              monthlyInflowMinor: 90_000_000,
              monthlyOutflowMinor: 0,
              monthlyFixedOutflowMinor: 0,
              observedMonths: 24,
              stressedMonthlyNetMinor: 90_000_000,
              maximumInstallmentMinor: 90_000_000,
            },
            borrowerHeadroomMinor: 20_000_000,
            capitalHeadroomMinor: 20_000_000,
          };
          const decision: Decision = {
            ...plain,
            input: { ...plain.input, program: { ...program, policy } },
          };
          for (const quote of quoteTerms(facts).filter((each) => withinCap(each, pricing))) {
            offered += 1;
            const offer: Offer = { offerId: 'ofr_1', ...quote };
            const contract = contractOfOffer(decision, offer, null, undefined, ON);
            const [first] = repaymentSchedule(contract, ON);
            const installmentMinor = (first?.principalMinor ?? 0) + (first?.interestMinor ?? 0);
            expect(Math.abs(installmentMinor - quote.installmentMinor)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 1_000 },
    );
    expect(offered).toBeGreaterThan(100);
  });
});
