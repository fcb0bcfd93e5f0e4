import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarOf } from '../../../functions/lending/offer-calendar.ts';
import { addDays } from '../../../shared/domain/calendar.ts';
import { decide } from '../../../shared/domain/decide.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { contractOfOffer } from '../../../shared/domain/lending/loan-offer.ts';
import type { LendingTerms } from '../../../shared/domain/lending/program-terms.ts';
import { committedTerms, offeredProductOf } from '../../support/offered-products.ts';
import { DECIDED_AT, sampleExplanations, sampleInput, sampleModel } from '../../support/sample-decision.ts';
import { sampleApplication, sampleProgram } from '../../support/sample-lending.ts';

const ON = DECIDED_AT.slice(0, 10);
const dayCount = fc.constantFrom('thirty_360' as const, 'actual_365' as const, 'actual_360' as const);
const fee = fc.record({
  feeBps: fc.integer({ min: 0, max: 150 }),
  collected: fc.constantFrom('deducted' as const, 'first_installment' as const),
});
const products = fc
  .tuple(dayCount, fee, fc.integer({ min: 0, max: 3 }))
  .map(([days, originationFee, grace]) => {
    const product = { dayCount: days, originationFee };
    return [
      offeredProductOf({ method: 'equal_installments', principalGraceMonths: grace }, product),
      offeredProductOf({ method: 'equal_principal', principalGraceMonths: grace }, product),
      { ...offeredProductOf({ method: 'bullet' }, product), termMonthsMax: 12 },
      offeredProductOf({ method: 'seasonal', months: [5, 11] }, product),
      offeredProductOf(
        { method: 'sales_linked', inflowShareBps: 1_200, fixedChargeBps: 450, monthlyFloorBps: 500 },
        product,
      ),
    ];
  });

function decidedOn(
  terms: LendingTerms,
  requestedPrincipalMinor: number,
  requestedTermMonths: number,
): Decision {
  const application = sampleApplication({ requestedPrincipalMinor, requestedTermMonths });
  // A margin that leaves room under the cap for the fee and the convention of days.
  const program = sampleProgram({ policy: { ...sampleProgram().policy, marginBps: 200 } });
  const context = { decidedAt: DECIDED_AT, model: sampleModel, explanations: sampleExplanations };
  return decide(sampleInput({ terms, application, program }), context);
}

describe('an offer of any product', () => {
  it('makes a lawful contract whose installments, cost and APR are those that were quoted', () => {
    const methods = new Map<string, number>();
    fc.assert(
      fc.property(
        products,
        fc.integer({ min: 500_000, max: 20_000_000 }),
        fc.integer({ min: 3, max: 24 }),
        (offered, principalMinor, termMonths) => {
          const decision = decidedOn(committedTerms(offered), principalMinor, termMonths);
          for (const offer of decision.offers) {
            methods.set(offer.repaymentMethod, (methods.get(offer.repaymentMethod) ?? 0) + 1);
            const contract = contractOfOffer(decision, offer, ON);
            const calendar = calendarOf(contract, offer.asIfDisbursedOn);
            const amounts = calendar.installments.map((each) => each.principalMinor + each.interestMinor);
            expect({
              installments: amounts.length,
              installmentMinor: Math.max(...amounts),
              originationFeeMinor: calendar.feeMinor,
              totalRepayableMinor: calendar.totalRepayableMinor,
              aprBps: calendar.annualPercentageRateBps,
            }).toEqual({
              installments: offer.installments,
              installmentMinor: offer.installmentMinor,
              originationFeeMinor: offer.originationFeeMinor,
              totalRepayableMinor: offer.totalRepayableMinor,
              aprBps: offer.aprBps,
            });
            expect(calendar.annualPercentageRateBps).toBeLessThanOrEqual(decision.pricing?.aprCapBps ?? 0);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect([...methods.keys()].sort()).toEqual([
      'bullet',
      'equal_installments',
      'equal_principal',
      'sales_linked',
      'seasonal',
    ]);
    for (const count of methods.values()) expect(count).toBeGreaterThan(50);
  });

  it('is contracted on the terms of its decision on every day it is open', () => {
    const all = [
      offeredProductOf({ method: 'equal_installments' }, { penaltySpreadBps: 300 }),
      offeredProductOf({ method: 'bullet', interestEveryMonths: 3 }, { dayCount: 'actual_365' }),
    ];
    const terms = committedTerms(all, {
      guaranteeShareBps: 2_000,
      lenders: [
        { tenantId: 'ten_rural-bank', shareBps: 7_000 },
        { tenantId: 'ten_city-bank', shareBps: 3_000 },
      ],
    });
    const decision = decidedOn(terms, 3_000_000, 6);
    expect(decision).toMatchObject({ outcome: 'approved', termsVersion: 'terms-1' });
    for (const offer of decision.offers) {
      const contracts = [0, 1, 30].map((days) => contractOfOffer(decision, offer, addDays(ON, days)));
      for (const contract of contracts) expect(contract).toEqual(contracts[0]);
      expect(contracts[0]).toMatchObject({
        termsVersion: 'terms-1',
        lenders: terms.lenders,
        guaranteeShareBps: 2_000,
        product: all.find(({ product }) => product.productCode === offer.productCode)?.product,
        principalMinor: offer.principalMinor,
        annualRateBps: offer.annualRateBps,
        termMonths: offer.termMonths,
      });
    }
  });
});

describe('the offers of a decision', () => {
  const methodsOf = ({ offers }: Decision) =>
    offers.map(({ repaymentMethod, termMonths }) => `${repaymentMethod} ${termMonths}`);
  const monthly = offeredProductOf({ method: 'equal_installments' });
  const bullet = { ...offeredProductOf({ method: 'bullet' }), termMonthsMax: 12 };

  it('are one of each product at its nearest term, then other terms until there are three', () => {
    expect(methodsOf(decidedOn(committedTerms([bullet, monthly]), 3_000_000, 18))).toEqual([
      'equal_installments 18',
      'bullet 12',
      'equal_installments 12',
    ]);
    expect(methodsOf(decidedOn(committedTerms([monthly]), 3_000_000, 7))).toEqual([
      'equal_installments 7',
      'equal_installments 13',
    ]);
    expect(
      methodsOf(decidedOn(committedTerms([{ ...monthly, termMonths: [6, 9, 12, 24] }]), 3_000_000, 9)),
    ).toEqual(['equal_installments 9', 'equal_installments 6', 'equal_installments 12']);
  });

  it('stay within each product’s own bounds of principal, rate and term', () => {
    const small = { ...monthly, principalMaxMinor: 1_000_000, annualRateMinBps: 900 };
    const other = { ...bullet, principalMinMinor: 2_000_000 };
    const { offers } = decidedOn(committedTerms([small, other]), 3_000_000, 6);
    expect(offers).toMatchObject([
      { repaymentMethod: 'equal_installments', principalMinor: 1_000_000, annualRateBps: 900 },
      { repaymentMethod: 'bullet', principalMinor: 3_000_000 },
      { repaymentMethod: 'equal_installments', principalMinor: 1_000_000, annualRateBps: 900 },
    ]);
  });

  it('leave out a product whose charge does not pay for the risk, or would break the cap if sales go well', () => {
    const linked = (fixedChargeBps: number) =>
      offeredProductOf({ method: 'sales_linked', inflowShareBps: 2_000, fixedChargeBps, monthlyFloorBps: 0 });
    const offered = (fixedChargeBps: number) =>
      decidedOn(committedTerms([monthly, linked(fixedChargeBps)]), 6_000_000, 12).offers.filter(
        ({ repaymentMethod }) => repaymentMethod === 'sales_linked',
      );
    expect(offered(100)).toEqual([]);
    expect(offered(1_000)).toEqual([]);
    const [within] = offered(220);
    expect(within?.aprAtObservedInflowBps).toBeGreaterThan(within?.aprBps ?? 0);
    expect(within?.aprAtObservedInflowBps).toBeLessThanOrEqual(1_200);
  });
});
