import { beforeAll, describe, expect, it } from 'vitest';
import { ageProgram } from '../../../functions/servicing/age-program.ts';
import { addDays, businessDateOf } from '../../../shared/domain/calendar.ts';
import { type BundleRow, type DayBundle, inOrderOfOccurrence } from '../../../shared/domain/day-bundle.ts';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import type { LoanEvent } from '../../../shared/domain/lending/loan-event.ts';
import { receiptOf } from '../../../shared/domain/lending/loan-receipt.ts';
import { openLoan, recordForward } from '../../../shared/domain/lending/loan-record.ts';
import { amountsDue, type LoanState, unpaidOf } from '../../../shared/domain/lending/loan-state.ts';
import { station } from '../../../shared/domain/station.ts';
import { summarizeDay } from '../../../shared/domain/summarize-day.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { loanStore } from '../../../shared/store/loans.ts';
import { programLoans } from '../../../shared/store/program-loans.ts';
import { reservationStore } from '../../../shared/store/reservations.ts';
import { stationStore } from '../../../shared/store/stations.ts';
import { contractOf, productOf } from '../../domain/lending/loan-support.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';

const table = useTable();
const desk = lendingDesk(table);
const LENDER = 'ten_lender';
const PLATFORM = 'ten_platform';
const ZONE = 'Asia/Shanghai';
const STARTS = '2026-03-01';

interface Sale {
  readonly day: string;
  readonly amountMinor: number;
  readonly recordedAt: string;
  readonly kind?: BundleRow['kind'];
  readonly reverses?: string;
}

/**
 * Ten days of sales of 1,000.00, each reported the same evening, but for: the 5th, which comes on the 9th; a sale of
 * the 6th that is taken back on the 8th; and the 8th, whose second half is reported after midnight.
 */
const sales: Readonly<Record<string, Sale>> = Object.fromEntries([
  ...Array.from({ length: 10 }, (_, index) => {
    const day = addDays(STARTS, index + 1);
    const onTime = `${day}T12:00:00Z`;
    return [
      `t-${day}`,
      { day, amountMinor: 100_000, recordedAt: day === '2026-03-05' ? '2026-03-09T02:00:00Z' : onTime },
    ];
  }),
  ['late-half', { day: '2026-03-08', amountMinor: 50_000, recordedAt: '2026-03-08T16:00:00Z' }],
  [
    'undone',
    {
      day: '2026-03-06',
      amountMinor: -100_000,
      recordedAt: '2026-03-08T03:00:00Z',
      reverses: 't-2026-03-06',
    },
  ],
  [
    'draw',
    { day: '2026-03-03', amountMinor: 900_000, recordedAt: '2026-03-03T12:00:00Z', kind: 'transfer_in' },
  ],
]);

/** Hold the rows that were recorded by an instant. */
async function reportSales(stationId: string, untilMs: number): Promise<void> {
  const bundles = dayBundleStore(table());
  const known = Object.entries(sales).filter(([, sale]) => Date.parse(sale.recordedAt) <= untilMs);
  for (const [day, rows] of Map.groupBy(known, ([, sale]) => sale.day)) {
    const bundle: DayBundle = {
      day,
      currency: 'CNY',
      rows: rows
        .map(([transactionId, sale]) => ({
          transactionId,
          kind: sale.kind ?? ('produce_sale' as const),
          occurredAtMs: Date.parse(`${day}T06:00:00Z`),
          amountMinor: sale.amountMinor,
          counterparty: null,
          balanceAfterMinor: null,
          channel: 'app' as const,
          reverses: sale.reverses ?? null,
          recordedAtMs: Date.parse(sale.recordedAt),
        }))
        .sort(inOrderOfOccurrence),
    };
    const held = await bundles.get(PLATFORM, stationId, day);
    if (held?.bundle.rows.length === bundle.rows.length) continue;
    await bundles.write(PLATFORM, stationId, bundle, summarizeDay(bundle, ZONE), held?.version ?? 0);
  }
}

async function lend(name: string): Promise<void> {
  const programId = `prg_${name}`;
  await desk.openProgram(programId);
  await stationStore(table()).put(
    PLATFORM,
    station.parse({
      stationId: `stn_${name}`,
      countyId: 'cty_1',
      village: '山前村',
      openedOn: '2020-01-01',
      stage: 'service',
    }),
  );
  const contract = contractOf({
    programId,
    stationId: `stn_${name}`,
    recommenderId: null,
    lenders: [{ tenantId: LENDER, shareBps: 10_000 }],
    product: productOf({
      method: 'sales_linked',
      inflowShareBps: 1_000,
      fixedChargeBps: 1_000,
      monthlyFloorBps: 1_000,
    }),
    principalMinor: 1_000_000,
    annualRateBps: 0,
    termMonths: 10,
  });
  const loanId = `loan_${name}`;
  const loans = loanStore(table());
  const said: LoanEvent[] = [
    { type: 'contract_accepted', loanId, eventId: 'c', businessDate: STARTS, contract },
    { type: 'disbursement_instructed', loanId, eventId: 'i', businessDate: STARTS },
    { type: 'disbursement_posted', loanId, eventId: 'p', businessDate: STARTS },
  ];
  for (const event of said) {
    const before = (await loans.get(LENDER, programId, loanId)) ?? null;
    const opened = event.type === 'contract_accepted' ? openLoan(event, 'cty_1') : null;
    const stepped = before === null ? null : recordForward(before.record, event, STARTS);
    const step = opened?.result === 'applied' ? { ...opened, entries: [] } : stepped;
    if (step?.result !== 'applied') throw new Error(`${event.type} was refused`);
    const result = await loans.commit({
      lender: LENDER,
      before,
      after: step.record,
      entries: step.entries,
      event: {
        event,
        recordedOn: STARTS,
        receipt: receiptOf(before?.record.state ?? null, step.record, event, STARTS),
      },
      request: null,
      nowMs: Date.parse(`${STARTS}T04:00:00Z`),
    });
    expect(result.kind).toBe('committed');
  }
}

/** The night after a day: half past midnight, when what was reported by then is known. */
async function night(name: string, until: string): Promise<number> {
  const nowMs = Date.parse(`${until}T16:30:00Z`);
  expect(businessDateOf(nowMs, ZONE)).toBe(addDays(until, 1));
  await reportSales(`stn_${name}`, nowMs);
  const report = await ageProgram(
    { lender: LENDER, platform: PLATFORM, programId: `prg_${name}`, until },
    {
      loans: loanStore(table()),
      listed: programLoans(table()),
      reservations: reservationStore(table()),
      bundles: dayBundleStore(table()),
      stations: stationStore(table()),
      nowMs: () => nowMs,
      random: () => 0,
      sleep: async () => {},
    },
  );
  return report.settled;
}

async function loanOf(name: string) {
  const loans = loanStore(table());
  const stored = await loans.get(LENDER, `prg_${name}`, `loan_${name}`);
  if (stored === undefined) throw new Error('the loan is gone');
  const log = (await loans.readEvents(LENDER, `loan_${name}`)).map(({ event }) => event);
  const entries = (await loans.readJournal(LENDER, `loan_${name}`)).filter(
    ({ kind }) => kind !== 'provision',
  );
  return { state: stored.record.state, log, entries };
}

const remittances = (state: LoanState) =>
  state.installments
    .filter((item) => item.salesThrough !== null)
    .map((item) => [item.salesThrough, item.dueOn, item.principalMinor + item.interestMinor]);

describe('a loan that follows the sales of its station', () => {
  beforeAll(async () => {
    for (const name of ['nights', 'missed', 'paid']) await lend(name);
  });

  it('falls due the day after each settlement by the share of what was reported by then', async () => {
    for (let day = addDays(STARTS, 1); day <= '2026-03-12'; day = addDays(day, 1)) await night('nights', day);
    const { state, log } = await loanOf('nights');
    expect(remittances(state)).toEqual([
      ['2026-03-02', '2026-03-03', 10_000],
      // The owner's own money is no sale.
      ['2026-03-03', '2026-03-04', 10_000],
      ['2026-03-04', '2026-03-05', 10_000],
      // Nothing for the 5th, which is not reported yet.
      ['2026-03-06', '2026-03-07', 10_000],
      ['2026-03-07', '2026-03-08', 10_000],
      // The 8th brought 1,000.00 by midnight, and took the 1,000.00 of the 6th back.
      // Its second half was reported after midnight, and the 5th on the 9th.
      ['2026-03-09', '2026-03-10', 25_000],
      ['2026-03-10', '2026-03-11', 10_000],
      ['2026-03-11', '2026-03-12', 10_000],
    ]);
    expect(state).toMatchObject({ salesInflowMinor: 950_000, salesDueMinor: 95_000 });
    expect(state.installments.at(-1)).toMatchObject({ dueOn: '2027-01-01', billed: false });
    expect(replayLoan(log, state.asOf).state).toEqual(state);
    const owed = amountsDue(state);
    expect(owed.principal + owed.interest).toBe(95_000);
  });

  it('is the same loan when every night was missed, and when a night is run again', async () => {
    expect(await night('missed', '2026-03-12')).toBe(8);
    const [nightly, missed] = [await loanOf('nights'), await loanOf('missed')];
    const anonymous = (loan: typeof nightly) =>
      JSON.parse(JSON.stringify(loan).replaceAll(/nights|missed/g, 'x'));
    expect(anonymous({ ...missed, entries: [] })).toEqual(anonymous({ ...nightly, entries: [] }));
    expect(await night('missed', '2026-03-12')).toBe(0);
    expect(await night('nights', '2026-03-12')).toBe(0);
    expect(anonymous(await loanOf('missed'))).toEqual(anonymous(missed));
  });

  it('counts what was paid ahead, is not late while the platform deducts in time, and takes its floor otherwise', async () => {
    const pay = (key: string, businessDate: string, amountMinor: number) =>
      desk.call('POST /v1/programs/{programId}/loans/{loanId}/repayments', {
        params: { programId: 'prg_paid', loanId: 'loan_paid' },
        key,
        body: { type: 'repayment', amountMinor, businessDate },
      });
    desk.clock.now = '2026-03-02';
    expect((await pay('ahead', '2026-03-02', 15_000)).status).toBe(201);
    await night('paid', '2026-03-02');
    await night('paid', '2026-03-03');
    desk.clock.now = '2026-03-05';
    // Of the 4th by the bank's date, entered after the night that settled the 4th.
    await night('paid', '2026-03-04');
    expect((await pay('second', '2026-03-04', 5_000)).status).toBe(201);
    const { state, log } = await loanOf('paid');
    expect(state.installments.filter((item) => item.billed).map(unpaidOf)).toEqual([0, 0, 10_000]);
    expect(state).toMatchObject({
      asOf: '2026-03-05',
      daysPastDueMax: 0,
      principalOutstandingMinor: 981_818,
    });
    expect(replayLoan(log, state.asOf).state).toEqual(state);
    desk.clock.now = '2026-04-02';
    const view = await desk.call('GET /v1/programs/{programId}/loans/{loanId}', {
      params: { programId: 'prg_paid', loanId: 'loan_paid' },
    });
    // The month's floor of 110,000 is due whatever was sold: its remittances and what they left of it.
    expect(view.json).toMatchObject({
      dueMinor: { principal: 81_818, interest: 8_182 },
      delinquency: { daysPastDue: 28 },
    });
  });
});
