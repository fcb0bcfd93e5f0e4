import { describe, expect, it } from 'vitest';
import type { LoanEvent } from '../../shared/domain/lending/loan-event.ts';
import { receiptOf } from '../../shared/domain/lending/loan-receipt.ts';
import {
  advanceLoan,
  type LoanRecord,
  openLoan,
  recordForward,
  recordSnapshot,
} from '../../shared/domain/lending/loan-record.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { inputHash } from '../../shared/store/idempotency.ts';
import { loanStore } from '../../shared/store/loans.ts';
import { programBooks } from '../../shared/store/program-books.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { expiryOf, reservationStore } from '../../shared/store/reservations.ts';
import { contractOf } from '../domain/lending/loan-support.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';
import {
  INCUBATOR,
  LENDER,
  OPERATOR,
  sampleApplication,
  sampleDecision,
  sampleProgram,
} from '../support/sample-lending.ts';

const NOW_MS = Date.parse('2026-06-01T02:00:00.000Z');
const DAY_MS = 86_400_000;
const TODAY = '2026-06-01';

describe.each(contractEngines)('loan store on %s', (engine) => {
  const table = useTableOn(engine);

  /** A program with one approval of 5,000,000, and a loan of 3,000,000 taken up on it. */
  async function acceptedLoan(name: string) {
    const programId = `prg_${name}`;
    const stores = {
      programs: programStore(table()),
      decisions: decisionStore(table()),
      reservations: reservationStore(table()),
      loans: loanStore(table()),
      books: programBooks(table()),
      listed: programLoans(table()),
    };
    await stores.programs.put(OPERATOR, sampleProgram({ programId }));
    const application = sampleApplication({
      programId,
      applicationId: `app_${name}`,
      decisionId: `dec_${name}`,
      entrepreneurId: `ent_${name}`,
    });
    const decision = sampleDecision(application);
    await stores.decisions.commit({
      application,
      decision,
      request: requestOf(`decide-${name}`),
      nowMs: NOW_MS,
    });
    const held = await stores.reservations.get(LENDER, programId, decision);
    if (held === undefined) throw new Error('the approval reserved nothing');
    const event: LoanEvent = {
      type: 'contract_accepted',
      loanId: `loan_${name}`,
      eventId: 'accepted',
      businessDate: TODAY,
      contract: contractOf({
        programId,
        applicationId: application.applicationId,
        borrowerId: application.entrepreneurId,
        principalMinor: 3_000_000,
        lenders: [
          { tenantId: LENDER, shareBps: 7_000 },
          { tenantId: 'ten_second-bank', shareBps: 3_000 },
        ],
      }),
    };
    const opened = openLoan(event, 'cty_anji');
    if (opened.result !== 'applied') throw new Error(opened.result);
    const accept = {
      lender: LENDER,
      before: null,
      after: opened.record,
      entries: [],
      event: { event, recordedOn: TODAY, receipt: receiptOf(null, opened.record, event, TODAY) },
      request: requestOf(`accept-${name}`),
      accepts: held,
      nowMs: NOW_MS,
    };
    return { ...stores, programId, loanId: event.loanId, accept, held, decision };
  }

  const requestOf = (key: string, input: unknown = key) => ({
    tenantId: INCUBATOR,
    operation: 'recordRepayment',
    key,
    inputHash: inputHash(input),
  });

  type Opened = Awaited<ReturnType<typeof acceptedLoan>>;

  /** The next step of a stored loan, computed from what is stored. */
  async function stepOf({ loans, programId, loanId }: Opened, event: LoanEvent, key: string, today = TODAY) {
    const before = await loans.get(LENDER, programId, loanId);
    if (before === undefined) throw new Error('no such loan');
    const step = recordForward(before.record, event, today);
    if (step.result !== 'applied') throw new Error(step.result);
    return {
      lender: LENDER,
      before,
      after: step.record,
      entries: step.entries,
      event: {
        event,
        recordedOn: today,
        receipt: receiptOf(before.record.state, step.record, event, today),
      },
      request: requestOf(key),
      nowMs: NOW_MS,
    };
  }

  const eventOf = (opened: Opened, type: LoanEvent['type'], eventId: string, rest: object = {}) =>
    ({ type, loanId: opened.loanId, eventId, businessDate: TODAY, ...rest }) as LoanEvent;

  async function disburse(opened: Opened) {
    await opened.loans.commit(opened.accept);
    for (const type of ['disbursement_instructed', 'disbursement_posted'] as const) {
      await opened.loans.commit(
        await stepOf(opened, eventOf(opened, type, type), `${opened.loanId}-${type}`),
      );
    }
  }

  it('turns what was reserved into outstanding principal, and gives the rest of the promise back', async () => {
    const opened = await acceptedLoan('capital');
    const { programs, decisions, programId, loans } = opened;
    expect(await programs.getCapitalPosition(LENDER, programId)).toMatchObject({
      availableMinor: 45_000_000,
      reservedMinor: 5_000_000,
      outstandingMinor: 0,
    });
    await loans.commit(opened.accept);
    expect(await programs.getCapitalPosition(LENDER, programId)).toMatchObject({
      availableMinor: 47_000_000,
      reservedMinor: 3_000_000,
    });
    expect(await decisions.getExposureMinor(LENDER, 'ent_capital')).toBe(3_000_000);
    for (const type of ['disbursement_instructed', 'disbursement_posted'] as const) {
      await loans.commit(await stepOf(opened, eventOf(opened, type, type), `capital-${type}`));
    }
    expect(await programs.getCapitalPosition(LENDER, programId)).toEqual({
      capitalMinor: 50_000_000,
      availableMinor: 47_000_000,
      reservedMinor: 0,
      outstandingMinor: 3_000_000,
      lostMinor: 0,
    });
    const prepaid = eventOf(opened, 'prepayment', 'p1', {
      amountMinor: 1_000_000,
      effect: 'shorten_term',
    });
    await loans.commit(await stepOf(opened, prepaid, 'capital-p1'));
    await loans.commit(await stepOf(opened, eventOf(opened, 'charged_off', 'lost'), 'capital-lost'));
    expect(await programs.getCapitalPosition(LENDER, programId)).toEqual({
      capitalMinor: 50_000_000,
      availableMinor: 48_000_000,
      reservedMinor: 0,
      outstandingMinor: 0,
      lostMinor: 2_000_000,
    });
  });

  it('takes up a promise once, and releases none that was taken up', async () => {
    const opened = await acceptedLoan('once');
    const { loans, reservations, programId, held } = opened;
    expect(await loans.commit(opened.accept)).toEqual({ kind: 'committed' });
    const again = {
      ...opened.accept,
      after: {
        ...opened.accept.after,
        state: { ...opened.accept.after.state, loanId: 'loan_other-offer' },
      } satisfies LoanRecord,
      request: requestOf('accept-once-more'),
    };
    expect(await loans.commit(again)).toEqual({ kind: 'conflict' });
    expect(await loans.get(LENDER, programId, 'loan_other-offer')).toBeUndefined();
    expect(await reservations.release(LENDER, programId, held, NOW_MS)).toBe(false);
  });

  it('releases a promise once, after its last day, and it cannot be taken up then', async () => {
    const opened = await acceptedLoan('expired');
    const { loans, reservations, programs, decisions, programId, decision } = opened;
    const lastDay = expiryOf(decision);
    expect(await reservations.listExpired(LENDER, programId, lastDay)).toEqual([]);
    const [expired] = await reservations.listExpired(LENDER, programId, '2026-07-02');
    if (expired === undefined) throw new Error('nothing has expired');
    expect(await reservations.release(LENDER, programId, expired, NOW_MS + 31 * DAY_MS)).toBe(true);
    expect(await reservations.release(LENDER, programId, expired, NOW_MS + 31 * DAY_MS)).toBe(false);
    expect((await programs.getCapital(LENDER, programId))?.reservedMinor).toBe(0);
    expect(await decisions.getExposureMinor(LENDER, 'ent_expired')).toBe(0);
    expect(await reservations.listExpired(LENDER, programId, '2026-07-02')).toEqual([]);
    expect(await loans.commit(opened.accept)).toEqual({ kind: 'conflict' });
  });

  it('commits a step once: of two computed from one version, the second changes nothing', async () => {
    const opened = await acceptedLoan('version');
    await disburse(opened);
    const { loans, programId, loanId, books } = opened;
    const paid = (id: string) => eventOf(opened, 'repayment', id, { amountMinor: 10_000 });
    const [one, two] = await Promise.all([
      stepOf(opened, paid('a'), 'version-a'),
      stepOf(opened, paid('b'), 'version-b'),
    ]);
    const results = [await loans.commit(one), await loans.commit(two)];
    expect(results).toEqual([{ kind: 'committed' }, { kind: 'conflict' }]);
    expect((await loans.readEvents(LENDER, loanId)).map(({ event }) => event.eventId)).toEqual([
      'accepted',
      'disbursement_instructed',
      'disbursement_posted',
      'a',
    ]);
    expect((await loans.get(LENDER, programId, loanId))?.record.state.creditMinor).toBe(10_000);
    const journal = await loans.readJournal(LENDER, loanId);
    expect(journal.map((entry) => entry.sequence)).toEqual(journal.map((_, index) => index + 1));
    const cash = (await books.movements(LENDER, programId, TODAY, TODAY))
      .filter(({ account }) => account === 'settlement_cash')
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    expect(cash).toBe(10_000 - 3_000_000);
  });

  it('answers the same request with the event it recorded, and the same event by any key', async () => {
    const opened = await acceptedLoan('repeat');
    await disburse(opened);
    const { loans } = opened;
    const paid = eventOf(opened, 'repayment', 'a', { amountMinor: 10_000 });
    const step = await stepOf(opened, paid, 'repeat-a');
    await loans.commit(step);
    expect(await loans.commit(step)).toEqual({ kind: 'answered', eventId: 'a' });
    expect(await loans.commit({ ...step, request: null })).toEqual({ kind: 'answered', eventId: 'a' });
    expect(await loans.getEvent(LENDER, opened.loanId, 'a')).toMatchObject({ receipt: step.event.receipt });
    await expect(
      loans.firstResultId(requestOf('repeat-a', 'another input'), NOW_MS + 25 * 3_600_000),
    ).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('keeps a bank’s reference for one payment', async () => {
    const opened = await acceptedLoan('reference');
    const other = await acceptedLoan('reference-2');
    await disburse(opened);
    await disburse(other);
    const paid = (of: Opened) => eventOf(of, 'repayment', 'bank-1', { amountMinor: 10_000 });
    const first = { ...(await stepOf(opened, paid(opened), 'r')), request: null, bankReference: 'bank-1' };
    const second = { ...(await stepOf(other, paid(other), 'r')), request: null, bankReference: 'bank-1' };
    expect(await opened.loans.commit(first)).toEqual({ kind: 'committed' });
    expect(await opened.loans.commit(second)).toEqual({ kind: 'conflict' });
    expect(await opened.loans.getReference(LENDER, 'bank-1')).toBe(opened.loanId);
  });

  it('keeps day’s books that are the sums of the journal, and snapshots of every step', async () => {
    const opened = await acceptedLoan('books');
    await disburse(opened);
    const { loans, books, listed, programId, loanId } = opened;
    const before = await loans.get(LENDER, programId, loanId);
    if (before === undefined) throw new Error('no such loan');
    const aged = advanceLoan(before.record, '2026-10-05');
    await loans.commit({
      lender: LENDER,
      before,
      after: aged.record,
      entries: aged.entries,
      event: null,
      request: null,
      nowMs: NOW_MS,
    });
    const journal = await loans.readJournal(LENDER, loanId);
    const totals = new Map<string, number>();
    for (const { postedOn, lines } of journal) {
      for (const line of lines) {
        const name = `${postedOn} ${line.account} ${line.lenderTenantId}`;
        totals.set(name, (totals.get(name) ?? 0) + line.amountMinor);
      }
    }
    const movements = await books.movements(LENDER, programId, '2026-01-01', '2026-12-31');
    const byDay = movements.map(
      (each) => [`${each.postedOn} ${each.account} ${each.lenderTenantId}`, each.amountMinor] as const,
    );
    expect(new Map(byDay.filter(([, minor]) => minor !== 0))).toEqual(
      new Map([...totals].filter(([, minor]) => minor !== 0)),
    );
    expect(movements.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(0);
    const snapshot = recordSnapshot(aged.record);
    expect(snapshot.daysPastDue).toBe(96);
    expect(await listed.snapshots(LENDER, programId)).toEqual([snapshot]);
    expect(await listed.vouchedFor(LENDER, 'ent_9')).toContainEqual(snapshot);
    expect(await loans.get('ten_stranger', programId, loanId)).toBeUndefined();
    expect(await loans.get(LENDER, 'prg_another', loanId)).toBeUndefined();
  });
});
