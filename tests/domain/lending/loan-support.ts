import fc from 'fast-check';
import { addDays } from '../../../shared/domain/calendar.ts';
import {
  type LoanContract,
  type LoanEvent,
  loanContract,
  loanEvent,
  waivableComponents,
} from '../../../shared/domain/lending/loan-event.ts';
import {
  allocationComponents,
  type LoanProduct,
  loanProduct,
  type RepaymentMethod,
} from '../../../shared/domain/lending/loan-product.ts';

/** A product with what a test cares for; the rest is plain. */
export function productOf(
  repayment: Record<string, unknown>,
  rest: Record<string, unknown> = {},
): LoanProduct {
  return loanProduct.parse({
    productCode: 'startup',
    name: { zh: '创业贷', en: 'Startup loan' },
    repayment,
    dayCount: 'thirty_360',
    ...rest,
  });
}

export function contractOf(overrides: Record<string, unknown> = {}): LoanContract {
  return loanContract.parse({
    programId: 'prg_1',
    applicationId: 'app_1',
    offerId: 'ofr_1',
    borrowerId: 'ent_1',
    recommenderId: 'ent_9',
    stationId: 'stn_1',
    currency: 'CNY',
    lenders: [{ tenantId: 'ten_bank', shareBps: 10_000 }],
    guaranteeShareBps: 0,
    product: productOf({ method: 'equal_installments' }),
    principalMinor: 1_200_000,
    annualRateBps: 1_200,
    termMonths: 12,
    ...overrides,
  });
}

let written = 0;
/** An event of loan_1 with an id of its own unless one is given. */
export function eventOf(
  type: LoanEvent['type'],
  businessDate: string,
  rest: Record<string, unknown> = {},
): LoanEvent {
  written += 1;
  return loanEvent.parse({ loanId: 'loan_1', eventId: `e${written}`, type, businessDate, ...rest });
}

/** Agreed, instructed and posted on one day. */
export function disbursedOn(date: string, contract: LoanContract = contractOf()): LoanEvent[] {
  return [
    eventOf('contract_accepted', date, { contract }),
    eventOf('disbursement_instructed', date),
    eventOf('disbursement_posted', date),
  ];
}

export const repaymentMethods: fc.Arbitrary<RepaymentMethod> = fc.oneof(
  fc.record({
    method: fc.constant('equal_installments' as const),
    principalGraceMonths: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    method: fc.constant('equal_principal' as const),
    principalGraceMonths: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({ method: fc.constant('bullet' as const), interestEveryMonths: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    method: fc.constant('seasonal' as const),
    months: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 6, maxLength: 9 }),
  }),
  fc.record({
    method: fc.constant('sales_linked' as const),
    inflowShareBps: fc.integer({ min: 1, max: 5_000 }),
    fixedChargeBps: fc.integer({ min: 0, max: 2_000 }),
    monthlyFloorBps: fc.integer({ min: 0, max: 3_000 }),
  }),
);

export const startDates = fc.integer({ min: 0, max: 800 }).map((days) => addDays('2023-01-01', days));

const plainContract = contractOf();

/** Terms that always have a schedule: seven months hold at least one of any six months of the year. */
export const contracts: fc.Arbitrary<LoanContract> = fc
  .record({
    repayment: repaymentMethods,
    dayCount: fc.constantFrom('actual_365' as const, 'actual_360' as const, 'thirty_360' as const),
    feeBps: fc.constantFrom(0, 0, 250),
    collected: fc.constantFrom('deducted' as const, 'first_installment' as const),
    lateFeeMinor: fc.constantFrom(0, 3_000),
    graceDays: fc.integer({ min: 0, max: 7 }),
    penaltySpreadBps: fc.constantFrom(0, 0, 400),
    waterfallAcross: fc.constantFrom('installments' as const, 'components' as const),
    waterfall: fc.shuffledSubarray([...allocationComponents], { minLength: 4 }),
    principalMinor: fc.integer({ min: 1, max: 30_000_000 }),
    annualRateBps: fc.integer({ min: 0, max: 2_400 }),
    termMonths: fc.integer({ min: 7, max: 12 }),
    split: fc.constantFrom([10_000], [7_000, 3_000], [3_333, 3_333, 3_334]),
    guaranteeShareBps: fc.constantFrom(0, 3_000, 8_000),
  })
  .map((chosen) => ({
    // Built, not parsed: parsing would take most of the time of ten thousand cases.
    ...plainContract,
    product: {
      ...plainContract.product,
      repayment: chosen.repayment,
      dayCount: chosen.dayCount,
      originationFee: { feeBps: chosen.feeBps, collected: chosen.collected },
      lateFee: { amountMinor: chosen.lateFeeMinor, graceDays: chosen.graceDays },
      penaltySpreadBps: chosen.penaltySpreadBps,
      waterfall: chosen.waterfall,
      waterfallAcross: chosen.waterfallAcross,
    },
    principalMinor: chosen.principalMinor,
    annualRateBps: chosen.annualRateBps,
    termMonths: chosen.termMonths,
    lenders: chosen.split.map((shareBps, index) => ({ tenantId: `ten_${index}`, shareBps })),
    guaranteeShareBps: chosen.guaranteeShareBps,
  }));

interface Step {
  readonly type: LoanEvent['type'];
  readonly afterDays: number;
  /** Days before the day reached so far that it counts from. */
  readonly backdatedDays: number;
  readonly amountShare: number;
  readonly pick: number;
}

const steps: fc.Arbitrary<Step> = fc.record({
  type: fc.oneof(
    { weight: 10, arbitrary: fc.constant('repayment' as const) },
    { weight: 2, arbitrary: fc.constantFrom('prepayment' as const, 'repayment_reversed' as const) },
    { weight: 4, arbitrary: fc.constant('sales_settled' as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'payoff' as const,
        'fee_assessed' as const,
        'waived' as const,
        'payment_holiday_granted' as const,
        'restructured' as const,
        'credit_refunded' as const,
        'charged_off' as const,
        'recovery' as const,
        'guarantee_claim_paid' as const,
      ),
    },
  ),
  afterDays: fc.constantFrom(0, 1, 15, 28, 30, 31, 31, 45, 100),
  backdatedDays: fc.constantFrom(0, 0, 0, 1, 20, 60),
  amountShare: fc.double({ min: 0.0001, max: 1, noNaN: true }),
  pick: fc.nat(20),
});

export interface RandomLife {
  readonly contract: LoanContract;
  readonly log: LoanEvent[];
  /** The day each event of the log was recorded. */
  readonly recordedOn: string[];
  readonly endsOn: string;
}

/** A loan's life as events that came from outside: some of them impossible, some backdated, some reversed. */
export const randomLives: fc.Arbitrary<RandomLife> = fc
  .record({
    contract: contracts,
    start: startDates,
    script: fc.array(steps, { minLength: 1, maxLength: 8 }),
    tail: fc.nat(420),
  })
  .map(({ contract, start, script, tail }) => lifeOf(contract, start, script, tail));

function lifeOf(contract: LoanContract, start: string, script: readonly Step[], tail: number): RandomLife {
  const common = { loanId: 'loan_1' };
  const log: LoanEvent[] = [
    { ...common, eventId: 'c', type: 'contract_accepted', businessDate: start, contract },
    { ...common, eventId: 'i', type: 'disbursement_instructed', businessDate: start },
    { ...common, eventId: 'd', type: 'disbursement_posted', businessDate: start },
  ];
  const recordedOn = [start, start, start];
  let day = start;
  for (const [index, step] of script.entries()) {
    day = addDays(day, step.afterDays);
    const backdated = addDays(day, -step.backdatedDays);
    const event = eventFrom(step, `s${index}`, backdated < start ? start : backdated, contract, log);
    if (event === null) continue;
    log.push(event);
    recordedOn.push(day);
  }
  return { contract, log, recordedOn, endsOn: addDays(day, tail) };
}

function eventFrom(
  step: Step,
  eventId: string,
  businessDate: string,
  contract: LoanContract,
  log: readonly LoanEvent[],
): LoanEvent | null {
  const common = { loanId: 'loan_1', eventId, businessDate };
  // Around an installment for most, around the whole loan for payoffs.
  const whole = step.type === 'payoff' ? 1.3 : step.pick > 12 ? 1.2 : 0.3;
  const amountMinor = Math.max(1, Math.round(contract.principalMinor * whole * step.amountShare));
  switch (step.type) {
    case 'repayment_reversed': {
      const reversed = new Set(
        log.flatMap((event) => (event.type === 'repayment_reversed' ? [event.paymentEventId] : [])),
      );
      const payments = log.filter(
        (event) =>
          ['repayment', 'prepayment', 'payoff', 'recovery'].includes(event.type) &&
          !reversed.has(event.eventId),
      );
      const payment = payments[step.pick % Math.max(1, payments.length)];
      if (payment === undefined) return null;
      return { ...common, type: step.type, paymentEventId: payment.eventId };
    }
    case 'prepayment':
      return {
        ...common,
        type: step.type,
        amountMinor,
        effect: step.pick % 2 === 0 ? 'shorten_term' : 'reduce_installment',
      };
    case 'fee_assessed':
      return { ...common, type: step.type, amountMinor, fee: 'collection' };
    case 'waived': {
      const component = waivableComponents[step.pick % 3] ?? 'interest';
      // Within what a few months accrue, or every one would be refused.
      const waivedMinor = Math.max(1, Math.round(amountMinor / 20));
      return { ...common, type: step.type, component, amountMinor: waivedMinor, reason: 'hardship' };
    }
    case 'sales_settled': {
      const sign = step.pick === 0 ? -1 : 1;
      return { ...common, type: step.type, inflowMinor: sign * Math.round(amountMinor * 4) };
    }
    case 'payment_holiday_granted':
      return { ...common, type: step.type, months: 1 + (step.pick % 3) };
    case 'restructured':
      if (step.pick % 5 === 0) {
        return {
          ...common,
          type: step.type,
          reason: 'financial_difficulty',
          annualRateBps: 0,
          termMonths: 6,
          repayment: {
            method: 'sales_linked',
            inflowShareBps: 2_000,
            fixedChargeBps: 100,
            monthlyFloorBps: 1_000,
          },
          capitalizesInterest: true,
        };
      }
      return {
        ...common,
        type: step.type,
        reason: step.pick % 3 === 0 ? 're_ageing' : 'financial_difficulty',
        annualRateBps: 600,
        termMonths: 6,
        repayment:
          step.pick % 2 === 0
            ? { method: 'equal_installments', principalGraceMonths: 1 }
            : { method: 'equal_principal', principalGraceMonths: 0 },
        capitalizesInterest: step.pick % 4 < 2,
      };
    case 'repayment':
    case 'payoff':
    case 'recovery':
    case 'credit_refunded':
    case 'guarantee_claim_paid':
      return { ...common, type: step.type, amountMinor };
    case 'charged_off':
      return { ...common, type: step.type };
    default:
      return null;
  }
}

/** An assertion for the inner loop of ten thousand cases, where a matcher would cost more than the code under test. */
export function same(
  actual: number | string | boolean | null,
  wanted: number | string | boolean | null,
  what: string,
): void {
  if (actual !== wanted) throw new Error(`${what}: ${actual} is not ${wanted}`);
}
