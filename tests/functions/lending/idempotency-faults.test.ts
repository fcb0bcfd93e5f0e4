import { beforeAll, describe, expect, it } from 'vitest';
import { loanView } from '../../../functions/lending/loan-view.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';
import { seedLoan } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const programId = 'prg_faults';
const LOAN = '/v1/programs/{programId}/loans/{loanId}';

const repay = (loanId: string, key: string, body: object) =>
  desk.call(`POST ${LOAN}/repayments`, { params: { programId, loanId }, key, body });
const creditOf = async (loanId: string) =>
  loanView.parse((await desk.call(`GET ${LOAN}`, { params: { programId, loanId } })).json).creditMinor;

beforeAll(async () => {
  await desk.openProgram(programId);
  for (const name of ['amount', 'account', 'other', 'retry', 'many', 'file', 'file-2']) {
    await seedLoan(table(), { programId, name, disbursedOn: '2026-03-01' });
  }
});

/** Three faults reported of a well-known lending system, and what is met here instead. */
describe('an idempotency key', () => {
  it('with another amount is refused, and neither answers for the first nor pays again', async () => {
    const first = await repay('loan_amount', 'k1', { type: 'repayment', amountMinor: 10_000 });
    const other = await repay('loan_amount', 'k1', { type: 'repayment', amountMinor: 99_000 });
    expect([first.status, other.status, other.json.code]).toEqual([201, 422, 'idempotency_key_reused']);
    expect(await creditOf('loan_amount')).toBe(10_000);
    expect(await repay('loan_amount', 'k1', { type: 'repayment', amountMinor: 10_000 })).toEqual({
      ...first,
      replayed: true,
    });
  });

  it('on another account is refused, and that account is not told it was paid', async () => {
    await repay('loan_account', 'k2', { type: 'repayment', amountMinor: 10_000 });
    const other = await repay('loan_other', 'k2', { type: 'repayment', amountMinor: 10_000 });
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused']);
    expect([await creditOf('loan_account'), await creditOf('loan_other')]).toEqual([10_000, 0]);
  });

  it('whose first try failed may be used again for the corrected request', async () => {
    const future = { type: 'repayment', amountMinor: 10_000, businessDate: '2027-01-01' };
    const failed = await repay('loan_retry', 'k3', future);
    expect([failed.status, failed.json.issues]).toMatchObject([409, [{ code: 'date_in_future' }]]);
    const invalid = await repay('loan_retry', 'k3', { type: 'repayment', amountMinor: -1 });
    expect(invalid.status).toBe(400);
    const corrected = await repay('loan_retry', 'k3', { ...future, businessDate: '2026-03-01' });
    expect([corrected.status, corrected.replayed]).toEqual([201, false]);
    expect(await creditOf('loan_retry')).toBe(10_000);
  });

  it('is one payment however often and at once it is sent, after midnight too', async () => {
    const body = { type: 'repayment', amountMinor: 10_000 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => repay('loan_many', 'k4', body)));
    desk.clock.now = '2026-03-02';
    answers.push(await repay('loan_many', 'k4', body));
    desk.clock.now = '2026-03-01';
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await creditOf('loan_many')).toBe(10_000);
  });
});

describe('a bank file', () => {
  const send = (lines: object[]) =>
    desk.call('POST /v1/programs/{programId}/repayments', { params: { programId }, body: { lines } });
  const line = (reference: string, loanId: string, amountMinor = 5_000) => ({
    reference,
    loanId,
    businessDate: '2026-03-01',
    amountMinor,
  });

  it('is recorded line by line, and sent again changes nothing', async () => {
    const lines = [
      line('b-1', 'loan_file'),
      line('b-2', 'loan_file'),
      line('b-3', 'loan_file-2'),
      line('b-4', 'loan_nobody'),
      line('b-1', 'loan_file-2'),
      line('b-2', 'loan_file', 7_000),
    ];
    const first = await send(lines);
    expect(first.json).toMatchObject({ recorded: 3, duplicates: 0, rejected: 3 });
    const results = first.json.results as { reference: string; result: string; error?: { code: string } }[];
    expect(results.map(({ reference, result, error }) => [reference, result, error?.code])).toEqual([
      ['b-1', 'recorded', undefined],
      ['b-2', 'recorded', undefined],
      ['b-3', 'recorded', undefined],
      ['b-4', 'rejected', 'not_found'],
      ['b-1', 'rejected', 'reference_of_another_loan'],
      ['b-2', 'rejected', 'event_exists_with_different_content'],
    ]);
    expect((await send(lines)).json).toMatchObject({ recorded: 0, duplicates: 3, rejected: 3 });
    expect([await creditOf('loan_file'), await creditOf('loan_file-2')]).toEqual([10_000, 5_000]);
  });
});
