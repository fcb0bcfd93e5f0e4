import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addDays } from '../../../shared/domain/calendar.ts';
import { assetClassOf } from '../../../shared/domain/lending/asset-classification.ts';
import { ageLoan, continueLoan, recordLoanEvent, replayLoan } from '../../../shared/domain/lending/loan.ts';
import { type LoanEvent, loanResultCodes } from '../../../shared/domain/lending/loan-event.ts';
import {
  amountsDue,
  daysPastDue,
  nextInstallment,
  nextPayment,
  payoffMinor,
  unpaidOf,
} from '../../../shared/domain/lending/loan-state.ts';
import { goldenTable } from './golden-table.ts';
import { contractOf, disbursedOn, eventOf, productOf } from './loan-support.ts';

const guaranteed = contractOf({ guaranteeShareBps: 3_000 });
/** Instructed a day after signing, posted on the next: 12,000.00 in twelve installments. */
const accepted = [eventOf('contract_accepted', '2024-01-10', { contract: guaranteed })];
const instructed = [...accepted, eventOf('disbursement_instructed', '2024-01-11')];
const active = [...instructed, eventOf('disbursement_posted', '2024-01-12')];
const situations: Record<string, LoanEvent[]> = {
  accepted,
  instructed,
  active,
  cancelled: [...accepted, eventOf('contract_cancelled', '2024-01-11', { cancelledBy: 'borrower' })],
  voided: [...instructed, eventOf('disbursement_voided', '2024-01-12')],
  closed: [...active, eventOf('payoff', '2024-05-02', { amountMinor: 2_000_000 })],
  charged_off: [...active, eventOf('charged_off', '2025-05-02')],
};

const details: Partial<Record<LoanEvent['type'], Record<string, unknown>>> = {
  contract_accepted: { contract: guaranteed },
  prepayment: { effect: 'shorten_term' },
  fee_assessed: { fee: 'legal' },
  waived: { component: 'interest', reason: 'goodwill' },
  sales_settled: { inflowMinor: 1_000 },
  payment_holiday_granted: { months: 2 },
  restructured: {
    reason: 'financial_difficulty',
    annualRateBps: 800,
    termMonths: 18,
    repayment: { method: 'equal_principal' },
    capitalizesInterest: true,
  },
};

describe('an event', () => {
  const row = z.object({
    situation: z.enum(['accepted', 'cancelled', 'instructed', 'voided', 'active', 'closed', 'charged_off']),
    event: z.string(),
    businessDate: z.string(),
    amountMinor: z.string(),
    result: z.enum(loanResultCodes),
  });

  it.each(
    goldenTable('loan-events.csv', row),
  )('$event of $businessDate ($amountMinor) on a loan $situation: $result', ({
    situation,
    event,
    businessDate,
    amountMinor,
    result,
  }) => {
    const [type, cancelledBy] = event.split(' by ') as [LoanEvent['type'], string | undefined];
    const amount = amountMinor === '' ? {} : { amountMinor: Number(amountMinor) };
    const log = situations[situation] ?? [];
    const recorded = recordLoanEvent(
      log,
      eventOf(type, businessDate, { ...details[type], ...amount, ...(cancelledBy && { cancelledBy }) }),
      '2026-01-01',
    );
    expect(recorded.result).toBe(result);
    if (recorded.result === 'applied') expect(recorded.log).toHaveLength(log.length + 1);
  });

  const payment = eventOf('repayment', '2024-02-12', { eventId: 'bank-77', amountMinor: 106_619 });

  it('sent again is the same event: nothing is received twice', () => {
    const once = recordLoanEvent(active, payment, '2024-03-01');
    if (once.result !== 'applied') throw new Error(once.result);
    const twice = recordLoanEvent(once.log, payment, '2024-03-01');
    expect(twice).toEqual({ ...once, result: 'event_exists' });
  });

  it('with the same id and another amount is refused', () => {
    const once = recordLoanEvent(active, payment, '2024-03-01');
    if (once.result !== 'applied') throw new Error(once.result);
    const other = recordLoanEvent(once.log, { ...payment, type: 'repayment', amountMinor: 5 }, '2024-03-01');
    expect(other.result).toBe('event_exists_with_different_content');
  });

  it('with the same id on another loan is refused by the log it does not belong to', () => {
    const elsewhere = recordLoanEvent(active, { ...payment, loanId: 'loan_2' }, '2024-03-01');
    expect(elsewhere.result).toBe('loan_id_differs');
  });

  it('corrected after a refusal goes through under the same id', () => {
    const failed = recordLoanEvent(active, { ...payment, businessDate: '2024-01-11' }, '2024-03-01');
    expect(failed.result).toBe('date_before_disbursement');
    expect(recordLoanEvent(active, payment, '2024-03-01').result).toBe('applied');
  });
});

describe('a loan', () => {
  it('paid on its dates costs exactly what its calendar said', () => {
    const contract = contractOf({
      product: productOf({ method: 'equal_installments' }, { dayCount: 'actual_365' }),
    });
    const log = disbursedOn('2024-01-31', contract);
    const calendar = replayLoan(log, '2024-01-31').state.installments;
    for (const item of calendar) {
      log.push(eventOf('repayment', item.dueOn, { amountMinor: item.principalMinor + item.interestMinor }));
    }
    const { state } = replayLoan(log, '2026-01-01');
    expect(state.status).toBe('closed');
    expect(state.closedOn).toBe('2025-01-31');
    expect(state.installments.map((item) => item.interestMinor)).toEqual(
      calendar.map((item) => item.interestMinor),
    );
    expect(state.daysPastDueMax).toBe(0);
  });

  it('is past due from the day after, by its oldest unpaid installment, until that is paid', () => {
    const log = disbursedOn('2024-01-12');
    const dpd = (on: string) => daysPastDue(replayLoan(log, on).state);
    expect([dpd('2024-02-12'), dpd('2024-02-13'), dpd('2024-03-20')]).toEqual([0, 1, 37]);
    log.push(eventOf('repayment', '2024-03-20', { amountMinor: 106_619 }));
    // The second installment, of 12 March, is now the oldest.
    expect(dpd('2024-03-20')).toBe(8);
  });

  it('that meets all interest before any principal stays past due longer', () => {
    const product = productOf({ method: 'equal_installments' }, { waterfallAcross: 'components' });
    const log = disbursedOn('2024-01-12', contractOf({ product }));
    log.push(eventOf('repayment', '2024-03-20', { amountMinor: 106_619 }));
    expect(daysPastDue(replayLoan(log, '2024-03-20').state)).toBe(37);
  });

  it('charges a late fee once per installment, after the days of grace, and penalty on overdue principal', () => {
    const product = productOf(
      { method: 'equal_principal' },
      { lateFee: { amountMinor: 2_000, graceDays: 3 }, penaltySpreadBps: 360, dayCount: 'actual_360' },
    );
    const log = disbursedOn('2024-01-12', contractOf({ product, annualRateBps: 0 }));
    expect(replayLoan(log, '2024-02-15').state.fees).toEqual([]);
    const { state } = replayLoan(log, '2024-02-22');
    expect(state.fees).toEqual([{ fee: 'late', dueOn: '2024-02-16', amountMinor: 2_000, paidMinor: 0 }]);
    // 1,000.00 overdue for ten days at 3.6 % of 360 days.
    expect(state.penaltyMinor).toBe(100);
    expect(amountsDue(state)).toEqual({ fees: 2_000, penalty: 100, interest: 0, principal: 100_000 });
  });

  it('keeps what was paid too much as credit, and lets it meet the next installment', () => {
    const log = disbursedOn('2024-01-12');
    log.push(eventOf('repayment', '2024-02-12', { amountMinor: 150_000 }));
    expect(replayLoan(log, '2024-02-12').state.creditMinor).toBe(43_381);
    const { state, movements } = replayLoan(log, '2024-03-12');
    expect(state.creditMinor).toBe(0);
    expect(movements.at(-1)).toMatchObject({ kind: 'credit_applied', businessDate: '2024-03-12' });
    expect(unpaidOf(state.installments[1] ?? neverInstallment())).toBe(106_619 - 43_381);
  });

  it('after a prepayment has smaller installments, or fewer', () => {
    const prepaid = (effect: string) => {
      const log = disbursedOn('2024-01-12');
      log.push(eventOf('prepayment', '2024-01-12', { amountMinor: 600_000, effect }));
      return replayLoan(log, '2024-01-12').state.installments.map(
        (item) => item.principalMinor + item.interestMinor,
      );
    };
    const lighter = prepaid('reduce_installment');
    expect(lighter).toHaveLength(12);
    expect(lighter[0]).toBe(53_310);
    const shorter = prepaid('shorten_term');
    expect(shorter).toHaveLength(6);
    expect(shorter.slice(0, 5)).toEqual([106_619, 106_619, 106_619, 106_619, 106_619]);
  });

  it('owes on payoff the principal and the interest to the day', () => {
    const log = disbursedOn(
      '2024-01-12',
      contractOf({ product: productOf({ method: 'bullet' }, { dayCount: 'actual_360' }) }),
    );
    // 12,000.00 at 12 % for 19 days of 360.
    expect(payoffMinor(replayLoan(log, '2024-01-31').state)).toBe(1_200_000 + 7_600);
  });

  it('with a bounced payment is as if it had never been paid', () => {
    const log = disbursedOn('2024-01-12');
    const unpaid = replayLoan(log, '2024-04-01');
    log.push(eventOf('repayment', '2024-02-12', { eventId: 'bounced', amountMinor: 106_619 }));
    const reversed = recordLoanEvent(
      log,
      eventOf('repayment_reversed', '2024-02-20', { paymentEventId: 'bounced' }),
      '2024-04-01',
    );
    if (reversed.result !== 'applied') throw new Error(reversed.result);
    expect(reversed.replay).toEqual(unpaid);
    expect(
      recordLoanEvent(
        reversed.log,
        eventOf('repayment_reversed', '2024-02-21', { paymentEventId: 'bounced' }),
        '2024-04-01',
      ).result,
    ).toBe('payment_already_reversed');
    expect(
      recordLoanEvent(
        log,
        eventOf('repayment_reversed', '2024-02-21', { paymentEventId: 'never' }),
        '2024-04-01',
      ).result,
    ).toBe('payment_not_found');
  });

  it('takes a payment keyed in late from its value date: no day past due, no late fee is left', () => {
    const contract = contractOf({
      product: productOf({ method: 'equal_installments' }, { lateFee: { amountMinor: 2_000, graceDays: 0 } }),
    });
    const log = disbursedOn('2024-01-12', contract);
    expect(replayLoan(log, '2024-03-01').state.fees).toHaveLength(1);
    const late = recordLoanEvent(
      log,
      eventOf('repayment', '2024-02-12', { amountMinor: 106_619 }),
      '2024-03-01',
    );
    if (late.result !== 'applied') throw new Error(late.result);
    expect(late.replay.state.fees).toEqual([]);
    expect(late.replay.state.daysPastDueMax).toBe(0);
  });

  it('names what a backdated event left nothing to do for', () => {
    const log = disbursedOn('2024-01-12');
    log.push(eventOf('payment_holiday_granted', '2024-06-01', { eventId: 'holiday', months: 1 }));
    log.push(eventOf('payoff', '2024-05-01', { amountMinor: 1_300_000 }));
    expect(replayLoan(log, '2024-07-01').state.lapsedEventIds).toEqual(['holiday']);
  });

  it('on a payment holiday falls due later and accrues on', () => {
    const log = disbursedOn('2024-01-31');
    log.push(eventOf('payment_holiday_granted', '2024-02-10', { months: 3 }));
    // What the calendar shows on the day of the grant is what falls due.
    expect(replayLoan(log, '2024-02-10').state.installments[0]?.interestMinor).toBe(48_000);
    const { state } = replayLoan(log, '2024-05-31');
    expect(state.installments.slice(0, 2).map((item) => item.dueOn)).toEqual(['2024-05-31', '2024-06-30']);
    // Four months of one per cent.
    expect(state.installments[0]?.interestMinor).toBe(48_000);
    expect(state.installments).toHaveLength(12);
  });

  it('linked to sales is repaid by them, floor by floor, charge and principal side by side', () => {
    const product = productOf({
      method: 'sales_linked',
      inflowShareBps: 1_000,
      fixedChargeBps: 1_000,
      monthlyFloorBps: 1_000,
    });
    const log = disbursedOn(
      '2024-01-12',
      contractOf({ product, principalMinor: 1_000_000, annualRateBps: 0, termMonths: 10 }),
    );
    log.push(eventOf('repayment', '2024-01-20', { amountMinor: 165_000 }));
    const { state } = replayLoan(log, '2024-03-13');
    expect(state.paidMinor).toEqual({ fees: 0, penalty: 0, interest: 15_000, principal: 150_000 });
    expect(daysPastDue(state)).toBe(1);
    expect(amountsDue(state)).toMatchObject({ interest: 5_000, principal: 50_000 });
    log.push(eventOf('repayment', '2024-03-13', { amountMinor: payoffMinor(state) }));
    expect(replayLoan(log, '2024-03-13').state).toMatchObject({ status: 'closed', creditMinor: 0 });
  });

  it('charged off gives the guarantor its share of the loss, and of what is recovered', () => {
    const log = disbursedOn('2024-01-12', contractOf({ annualRateBps: 0, guaranteeShareBps: 3_000 }));
    log.push(
      eventOf('charged_off', '2025-06-01'),
      eventOf('recovery', '2025-07-01', { amountMinor: 100_001 }),
    );
    const { state, movements } = replayLoan(log, '2025-08-01');
    expect(state).toMatchObject({
      status: 'charged_off',
      writtenOffPrincipalMinor: 1_200_000,
      guaranteeClaimedMinor: 360_000,
      recoveredMinor: 100_001,
    });
    expect(movements.at(-1)?.moves).toEqual([
      { account: 'recovery_income', amountMinor: -70_001 },
      { account: 'guarantor_payable', amountMinor: -30_000 },
    ]);
  });

  it('cannot be gone on with before its state’s date', () => {
    const { state } = replayLoan(disbursedOn('2024-01-12'), '2024-03-01');
    expect(() =>
      continueLoan(state, eventOf('repayment', '2024-02-12', { amountMinor: 1 }), '2024-03-01'),
    ).toThrow(RangeError);
  });

  it('gone on with is checked on the event’s day: a payoff without the interest since is short', () => {
    const { state } = replayLoan(disbursedOn('2024-01-12'), '2024-01-12');
    const payoff = eventOf('payoff', '2024-01-31', { amountMinor: payoffMinor(state) });
    expect(continueLoan(state, payoff, '2024-01-31')).toEqual({ result: 'payoff_short' });
  });

  it('is not there before its contract', () => {
    expect(() => replayLoan(disbursedOn('2024-01-12'), '2024-01-11')).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
  });
});

describe('classification through a life', () => {
  const arrears = disbursedOn('2024-01-12');
  const classOn = (log: readonly LoanEvent[], on: string) => assetClassOf(replayLoan(log, on).state);

  it('follows days past due down to loss', () => {
    const classes = [90, 91, 270, 271, 360, 361].map((days) => classOn(arrears, addDays('2024-02-12', days)));
    expect(classes).toEqual([
      'special_mention',
      'substandard',
      'substandard',
      'doubtful',
      'doubtful',
      'loss',
    ]);
  });

  it('keeps a loan that cleared its arrears substandard until six months and two periods on time', () => {
    const log = [...arrears];
    const clearedOn = '2024-05-20';
    const due = amountsDue(replayLoan(log, clearedOn).state);
    log.push(eventOf('repayment', clearedOn, { amountMinor: due.interest + due.principal }));
    for (let month = 6; month <= 12; month += 1) {
      const on = `2024-${String(month).padStart(2, '0')}-12`;
      const next = amountsDue(replayLoan(log, on).state);
      log.push(eventOf('repayment', on, { amountMinor: next.interest + next.principal }));
    }
    expect(classOn(log, '2024-11-19')).toBe('substandard');
    expect(classOn(log, '2024-11-20')).toBe('normal');
  });

  it('waits for the second period where installments are far apart', () => {
    const product = productOf({ method: 'seasonal', months: [2, 10] });
    const log = disbursedOn('2024-01-12', contractOf({ product, termMonths: 24 }));
    for (const on of ['2024-05-20', '2024-10-12', '2025-02-12']) {
      const due = amountsDue(replayLoan(log, on).state);
      log.push(eventOf('repayment', on, { amountMinor: due.interest + due.principal }));
    }
    expect(classOn(log, '2025-02-11')).toBe('substandard');
    expect(classOn(log, '2025-02-12')).toBe('normal');
  });

  it('asks with the first installment for the fee that falls due with it, and no longer once it is due', () => {
    const product = productOf(
      { method: 'equal_installments' },
      { originationFee: { feeBps: 100, collected: 'first_installment' } },
    );
    const log = disbursedOn('2024-01-12', contractOf({ product }));
    const { installments, fees } = replayLoan(log, '2024-01-20').state;
    const [first, second] = installments.map((item) => item.principalMinor + item.interestMinor);
    expect(fees).toMatchObject([{ dueOn: '2024-02-12', amountMinor: 12_000 }]);
    expect(nextPayment(replayLoan(log, '2024-01-20').state)).toEqual({
      dueOn: '2024-02-12',
      amountMinor: (first ?? 0) + 12_000,
    });
    expect(nextPayment(replayLoan(log, '2024-02-13').state)).toEqual({
      dueOn: '2024-03-12',
      amountMinor: second,
    });
  });

  it('asks next for the first month that sales have not covered, and for nothing once it is closed', () => {
    const product = productOf({
      method: 'sales_linked',
      inflowShareBps: 1_000,
      fixedChargeBps: 0,
      monthlyFloorBps: 500,
    });
    const log = disbursedOn('2024-01-12', contractOf({ product, annualRateBps: 0 }));
    expect(nextPayment(replayLoan(log, '2024-01-20').state)?.dueOn).toBe('2024-02-12');
    // A tenth of 900,000 covers the floor of 60,000 of the first month and half of the second's.
    log.push(eventOf('sales_settled', '2024-01-20', { inflowMinor: 900_000 }));
    const settled = replayLoan(log, '2024-01-22').state;
    expect(nextInstallment(settled)?.dueOn).toBe('2024-02-12');
    expect(nextPayment(settled)?.dueOn).toBe('2024-03-12');
    log.push(eventOf('payoff', '2024-01-22', { amountMinor: 1_200_000 }));
    expect(nextPayment(replayLoan(log, '2024-01-22').state)).toBeUndefined();
  });

  it('starts days past due anew at a restructuring, and keeps its marks', () => {
    const log = [...arrears];
    log.push(eventOf('restructured', '2024-06-01', details.restructured));
    const { state } = replayLoan(log, '2024-06-02');
    expect(daysPastDue(state)).toBe(0);
    expect(state.restructures).toEqual([
      {
        on: '2024-06-01',
        reason: 'financial_difficulty',
        classBefore: 'substandard',
        daysPastDueBefore: 110,
        observedUntil: '2025-07-01',
      },
    ]);
    expect(assetClassOf(state)).toBe('substandard');
    expect(nextInstallment(state)?.dueOn).toBe('2024-07-01');
  });

  it('holds a restructured loan that was current at special mention for its observation, and a second time lower', () => {
    const log = disbursedOn('2024-01-12', contractOf({ annualRateBps: 0 }));
    log.push(eventOf('restructured', '2024-02-01', details.restructured));
    expect(classOn(log, '2024-02-15')).toBe('special_mention');
    log.push(eventOf('restructured', '2024-02-20', details.restructured));
    expect(classOn(log, '2024-02-21')).toBe('substandard');
  });

  it('is worse by the lender’s own expected loss, from half and nine tenths of the balance', () => {
    const { state } = ageLoan(replayLoan(arrears, '2024-01-12').state, '2024-02-01');
    expect([4_999, 5_000, 8_999, 9_000].map((bps) => assetClassOf(state, bps))).toEqual([
      'normal',
      'doubtful',
      'doubtful',
      'loss',
    ]);
  });
});

function neverInstallment(): never {
  throw new Error('no such installment');
}
