import { type RecordEventDependencies, recordEvent } from '../../functions/lending/record-event.ts';
import { addDays, type BusinessDate } from '../../shared/domain/calendar.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { ageLoan } from '../../shared/domain/lending/loan.ts';
import type { LoanContract, LoanEvent } from '../../shared/domain/lending/loan-event.ts';
import { loanProduct } from '../../shared/domain/lending/loan-product.ts';
import { receiptOf } from '../../shared/domain/lending/loan-receipt.ts';
import { advanceLoan, openLoan } from '../../shared/domain/lending/loan-record.ts';
import {
  amountsDue,
  daysPastDue,
  type LoanState,
  nextInstallment,
  payoffMinor,
} from '../../shared/domain/lending/loan-state.ts';
import { waivableMinor } from '../../shared/domain/lending/loan-waiver.ts';
import { originationFeeMinor } from '../../shared/domain/lending/repayment-schedule.ts';
import type { RandomStream } from '../simulator/random-stream.ts';
import type { SimulatedBank } from './simulated-bank.ts';
import { LostAnswer, type SimulatedStore } from './simulated-store.ts';

export const LENDER = 'ten_lender';
export const PROGRAM = 'prg_simulated';

/** Phases after which a worker may die; another takes its work up from what is stored. */
export interface LifeCounts {
  approved: number;
  turnedAway: number;
  expired: number;
  disbursed: number;
  repayments: number;
  reversals: number;
  restructured: number;
  waived: number;
  salesSettled: number;
  chargedOff: number;
  crashes: number;
  retries: number;
  steps: number;
}

export interface SimulatedWorld {
  readonly loans: SimulatedStore;
  readonly bank: SimulatedBank;
  readonly counts: LifeCounts;
  readonly crashShare: number;
  readonly endsOn: BusinessDate;
}

const products = [
  { repayment: { method: 'equal_installments' }, dayCount: 'thirty_360' },
  { repayment: { method: 'equal_principal', principalGraceMonths: 2 }, dayCount: 'actual_365' },
  { repayment: { method: 'bullet', interestEveryMonths: 1 }, dayCount: 'actual_360' },
  { repayment: { method: 'seasonal', months: [3, 6, 9, 10, 11, 12] }, dayCount: 'actual_365' },
  {
    repayment: { method: 'sales_linked', inflowShareBps: 1_500, fixedChargeBps: 600, monthlyFloorBps: 500 },
    dayCount: 'actual_365',
  },
].map((terms, index) =>
  loanProduct.parse({
    productCode: `simulated_${index}`,
    name: { zh: '模拟', en: 'Simulated' },
    originationFee: { feeBps: 50, collected: index % 2 === 0 ? 'first_installment' : 'deducted' },
    lateFee: { amountMinor: 2_000, graceDays: 5 },
    penaltySpreadBps: 300,
    ...terms,
  }),
);

function contractFor(id: number, random: RandomStream): LoanContract {
  const product = products[random.below(products.length)] ?? products[0];
  if (product === undefined) throw new RangeError('there are products');
  return {
    programId: PROGRAM,
    applicationId: `app_${id}`,
    offerId: `ofr_${id}`,
    borrowerId: `ent_${id}`,
    stationId: `stn_${id}`,
    recommenderId: random.uniform() < 0.5 ? `ent_r${random.below(200)}` : null,
    currency: 'CNY',
    lenders:
      random.uniform() < 0.7
        ? [{ tenantId: LENDER, shareBps: 10_000 }]
        : [
            { tenantId: LENDER, shareBps: 6_667 },
            { tenantId: 'ten_second', shareBps: 3_333 },
          ],
    guaranteeShareBps: 5_000,
    product,
    principalMinor: 500_000 + random.below(5_000_000),
    annualRateBps: product.repayment.method === 'sales_linked' ? 0 : 600 + random.below(500),
    termMonths: 7 + random.below(6),
  };
}

/** One loan from approval to its end or the end of the simulation. Every act is repeated until it is answered. */
export async function simulateLife(id: number, random: RandomStream, world: SimulatedWorld): Promise<void> {
  const { loans, bank, counts, endsOn } = world;
  const loanId = `loan_${id}`;
  const contract = contractFor(id, random);
  let today = addDays('2024-01-01', random.below(900));
  const dependencies: RecordEventDependencies = {
    loans,
    nowMs: () => Date.parse(`${today}T04:00:00Z`),
    random: () => 0,
    sleep: async () => {},
  };
  const mayCrash = () => {
    if (random.uniform() >= world.crashShare) return;
    counts.crashes += 1;
    throw new LostAnswer('the worker died');
  };
  /** Until it is answered: whoever repeats knows no more than what is stored. */
  const insist = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        const busy = error instanceof DomainError && error.code === 'too_many_requests';
        if (!busy && !(error instanceof LostAnswer)) throw error;
        counts.retries += 1;
      }
    }
  };
  const approval = { id, contract, approvedAtMs: dependencies.nowMs() };
  if (!(await insist(() => loans.promise(approval)))) {
    counts.turnedAway += 1;
    return;
  }
  counts.approved += 1;
  if (random.uniform() < 0.1) {
    await insist(() => loans.release(approval));
    counts.expired += 1;
    return;
  }
  let keys = 0;
  let paidOutOn = today;
  const record = (said: Pick<LoanEvent, 'type'> & object, on: BusinessDate, reference?: string) => {
    keys += 1;
    const key = `${id}-${keys}`;
    const event = { ...said, loanId, eventId: reference ?? `evt_${key}`, businessDate: on } as LoanEvent;
    const request = { tenantId: LENDER, operation: 'simulate', key, inputHash: key };
    counts.steps += 1;
    return insist(() =>
      recordEvent(
        { lender: LENDER, programId: PROGRAM, request, event, bankReference: reference },
        dependencies,
      ),
    );
  };
  const stateNow = async (): Promise<LoanState> => {
    const stored = await insist(() => loans.get(LENDER, PROGRAM, loanId));
    if (stored === undefined) throw new Error(`${loanId} is lost`);
    return today > stored.record.state.asOf ? ageLoan(stored.record.state, today).state : stored.record.state;
  };

  await insist(async () => {
    if ((await loans.get(LENDER, PROGRAM, loanId)) !== undefined) return;
    const event = {
      type: 'contract_accepted',
      loanId,
      eventId: 'accepted',
      businessDate: today,
      contract,
    } as const;
    const opened = openLoan(event, 'cty_simulated');
    if (opened.result !== 'applied') throw new Error(opened.result);
    const receipt = receiptOf(null, opened.record, event, today);
    const request = { tenantId: LENDER, operation: 'accept', key: loanId, inputHash: loanId };
    const opening = { lender: LENDER, before: null, after: opened.record, entries: [], request };
    const held = await loans.held(approval);
    const result = await loans.commit({
      ...opening,
      ...(held === undefined ? {} : { accepts: held }),
      event: { event, recordedOn: today, receipt },
      nowMs: dependencies.nowMs(),
    });
    if (result.kind === 'conflict') throw new LostAnswer('conflict');
  });
  await disburse();
  await repay();
  await ageToEnd();

  /** Two phases; between them the worker may die, and the bank's answer may be lost. */
  async function disburse(): Promise<void> {
    const deducted = contract.product.originationFee.collected === 'deducted';
    const paidOutMinor = contract.principalMinor - (deducted ? originationFeeMinor(contract) : 0);
    for (let order = 1; (await stateNow()).status !== 'active'; order += 1) {
      await record({ type: 'disbursement_instructed' }, today);
      const outcome = await insist(async () => {
        mayCrash();
        const answer = bank.pay(`${loanId}-${order}`, loanId, paidOutMinor);
        mayCrash();
        if (answer === undefined) throw new LostAnswer('the bank’s answer was lost');
        return answer;
      });
      await record({ type: outcome === 'paid' ? 'disbursement_posted' : 'disbursement_voided' }, today);
    }
    counts.disbursed += 1;
    paidOutOn = today;
  }

  async function receive(said: Pick<LoanEvent, 'type'> & { amountMinor: number }, on: BusinessDate) {
    const reference = `B${id}-${keys}`;
    bank.receive(reference, loanId, said.amountMinor);
    await record(said, on, reference);
    counts.repayments += 1;
    if (random.uniform() < 0.02) {
      bank.takeBack(reference);
      await record({ type: 'repayment_reversed', paymentEventId: reference } as LoanEvent, today);
      counts.reversals += 1;
    }
  }

  async function repay(): Promise<void> {
    const character = random.uniform();
    const failsAfter = character < 0.08 ? 1 + random.below(8) : Number.POSITIVE_INFINITY;
    for (let turn = 0; ; turn += 1) {
      const state = await stateNow();
      if (state.status !== 'active') break;
      const next = nextInstallment(state)?.dueOn;
      const late = character < 0.3 ? random.below(45) : 0;
      const on = next === undefined ? addDays(today, 20) : addDays(next, late);
      if (on > endsOn) return;
      today = on > today ? on : addDays(today, 1);
      if (state.terms.repayment.method === 'sales_linked') {
        // Now and then more is taken back than sold.
        const inflowMinor = random.below(3_000_000) - 200_000;
        await record({ type: 'sales_settled', inflowMinor } as LoanEvent, addDays(today, -1));
        counts.salesSettled += 1;
      }
      const due = await stateNow();
      if (turn >= failsAfter) {
        if (daysPastDue(due) > 180) {
          await record({ type: 'charged_off' }, today);
          counts.chargedOff += 1;
          break;
        }
        continue;
      }
      const waivable = waivableMinor(due, 'interest');
      if (waivable > 0 && random.uniform() < 0.01) {
        const waived = { type: 'waived', component: 'interest', amountMinor: waivable, reason: 'hardship' };
        await record(waived as LoanEvent, today);
        counts.waived += 1;
        continue;
      }
      const owedMinor = Object.values(amountsDue(due)).reduce((sum, minor) => sum + minor, 0);
      const chance = random.uniform();
      // Keyed in some days after the bank's value date.
      const valueOn = chance < 0.1 ? later(today, 4) : today;
      if (chance > 0.98 && contract.product.repayment.method !== 'sales_linked') {
        await receive({ type: 'payoff', amountMinor: payoffMinor(due) }, today);
      } else if (chance > 0.96 && due.terms.repayment.method !== 'sales_linked') {
        await record(
          {
            type: 'restructured',
            reason: 're_ageing',
            annualRateBps: 600,
            termMonths: 6,
            repayment: { method: 'equal_installments', principalGraceMonths: 0 },
            capitalizesInterest: false,
          } as LoanEvent,
          today,
        );
        counts.restructured += 1;
      } else if (owedMinor > 0) {
        const share = chance > 0.9 ? 0.5 : chance > 0.85 ? 1.2 : 1;
        await receive(
          { type: 'repayment', amountMinor: Math.max(1, Math.round(owedMinor * share)) },
          valueOn,
        );
      }
    }
    if ((await stateNow()).status === 'charged_off' && random.uniform() < 0.5) {
      today = later(today, -30);
      if (today <= endsOn) await receive({ type: 'recovery', amountMinor: 50_000 }, today);
    }
  }

  /** A value date some days back, never before the loan was paid out; a negative number goes forward. */
  function later(from: BusinessDate, daysBack: number): BusinessDate {
    const day = addDays(from, -daysBack);
    return day < paidOutOn ? paidOutOn : day;
  }

  /** Ageing to the end of what is simulated, as the nightly run does it, with its own lost answers. */
  async function ageToEnd(): Promise<void> {
    await insist(async () => {
      const before = await loans.get(LENDER, PROGRAM, loanId);
      if (before === undefined || before.record.state.asOf >= endsOn) return;
      const { record: after, entries } = advanceLoan(before.record, endsOn);
      const result = await loans.commit({
        lender: LENDER,
        before,
        after,
        entries,
        event: null,
        request: null,
        nowMs: dependencies.nowMs(),
      });
      if (result.kind === 'conflict') throw new LostAnswer('conflict');
    });
  }
}
