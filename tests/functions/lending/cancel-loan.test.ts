import { beforeAll, describe, expect, it } from 'vitest';
import { decisionStore } from '../../../shared/store/decisions.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';
import { seedLoan } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const LOAN = '/v1/programs/{programId}/loans/{loanId}';
const programId = 'prg_cancelled';
const ofProgram = { params: { programId } };

const capital = async () => (await desk.call('GET /v1/programs/{programId}/capital', ofProgram)).json;
const exposureMinor = (name: string) => decisionStore(table()).getExposureMinor('ten_lender', `ent_${name}`);
const cancel = (loanId: string, key: string, tenant = 'ten_incubator') =>
  desk.call(`POST ${LOAN}/cancellation`, { tenant, params: { programId, loanId }, key, body: {} });
const disburse = (loanId: string, key: string, phase: string) =>
  desk.call(`POST ${LOAN}/disbursements`, { params: { programId, loanId }, key, body: { phase } });
const signed = (name: string) =>
  seedLoan(table(), { programId, name, disbursedOn: '2026-03-01', signedOnly: true });

beforeAll(() => desk.openProgram(programId));

describe('a contract that was never paid out', () => {
  it('is cancelled once: its capital and its borrower’s room are free again', async () => {
    desk.clock.now = '2026-03-01';
    const before = await capital();
    const loanId = await signed('once');
    expect(await exposureMinor('once')).toBe(2_000_000);
    const first = await cancel(loanId, 'once');
    expect([first.status, first.json]).toMatchObject([
      201,
      { type: 'contract_cancelled', status: 'cancelled' },
    ]);
    expect(await cancel(loanId, 'once')).toEqual({ ...first, replayed: true });
    expect((await cancel(loanId, 'again')).json.issues).toMatchObject([{ code: 'loan_cancelled' }]);
    expect(await capital()).toEqual(before);
    expect(await exposureMinor('once')).toBe(0);
    expect((await disburse(loanId, 'late', 'instructed')).json.issues).toMatchObject([
      { code: 'loan_cancelled' },
    ]);
  });

  it('is not cancelled while the bank is instructed, and is once the bank has not paid', async () => {
    const loanId = await signed('voided');
    await disburse(loanId, 'v-1', 'instructed');
    expect((await cancel(loanId, 'v-2', 'ten_lender')).json.issues).toMatchObject([
      { code: 'disbursement_already_instructed' },
    ]);
    await disburse(loanId, 'v-3', 'voided');
    expect((await cancel(loanId, 'v-4', 'ten_lender')).status).toBe(201);
    const journal = await desk.call(`GET ${LOAN}/journal`, { params: { programId, loanId } });
    const lines = (journal.json.entries as { lines: { account: string; amountMinor: number }[] }[]).flatMap(
      (entry) => entry.lines,
    );
    const balances = Map.groupBy(lines, ({ account }) => account);
    expect(balances.size).toBeGreaterThan(1);
    for (const some of balances.values()) {
      expect(some.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(0);
    }
  });

  it('is cancelled by its borrower’s side for fourteen days, by the lender for as long as it takes', async () => {
    const loanId = await signed('late');
    desk.clock.now = '2026-03-16';
    expect((await cancel(loanId, 'l-1')).json.issues).toMatchObject([{ code: 'cooling_off_over' }]);
    const receipt = await cancel(loanId, 'l-2', 'ten_lender');
    expect(receipt.json).toMatchObject({ businessDate: '2026-03-16', status: 'cancelled' });
    const view = await desk.call(`GET ${LOAN}`, { params: { programId, loanId } });
    expect(view.json).toMatchObject({ status: 'cancelled', closedOn: '2026-03-16' });
  });
});

describe('what one borrower owes a lender', () => {
  const change = (loanId: string, key: string, body: object) =>
    desk.call(`POST ${LOAN}/changes`, { params: { programId, loanId }, key, body });
  const repay = (loanId: string, key: string, body: object) =>
    desk.call(`POST ${LOAN}/repayments`, { params: { programId, loanId }, key, body });

  it('falls with principal repaid and is nothing once the loan is closed', async () => {
    desk.clock.now = '2026-03-01';
    const loanId = await seedLoan(table(), { programId, name: 'repaid', disbursedOn: '2026-03-01' });
    await repay(loanId, 'p-1', { type: 'prepayment', amountMinor: 510_000, effect: 'shorten_term' });
    const left = await exposureMinor('repaid');
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(2_000_000);
    await repay(loanId, 'p-2', { type: 'payoff', amountMinor: 2_000_000 });
    expect(await exposureMinor('repaid')).toBe(0);
  });

  it('is nothing once the loan is written off, and stays so when some of it is recovered', async () => {
    const loanId = await seedLoan(table(), { programId, name: 'lost', disbursedOn: '2026-03-01' });
    const { availableMinor } = await capital();
    await change(loanId, 'w-1', { type: 'charged_off' });
    expect(await exposureMinor('lost')).toBe(0);
    expect(await capital()).toMatchObject({ availableMinor, lostMinor: 2_000_000 });
    await repay(loanId, 'w-2', { type: 'recovery', amountMinor: 300_000 });
    expect(await exposureMinor('lost')).toBe(0);
  });
});
