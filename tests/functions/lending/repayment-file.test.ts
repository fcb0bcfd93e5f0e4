import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { REPAYMENT_LINES_MAX, repaymentFileReport } from '../../../functions/lending/repayment-file.ts';
import { useTable } from '../../support/engine.ts';
import { type DeskAnswer, lendingDesk } from '../../support/lending-desk.ts';
import { seedLoan } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const programId = 'prg_files';
const HEADER = 'reference,loanId,businessDate,amountMinor,currency';

const sendCsv = (text: string, contentType = 'text/csv; charset=utf-8') =>
  desk.call('POST /v1/programs/{programId}/repayments', { params: { programId }, body: text, contentType });
const reportOf = ({ status, json }: DeskAnswer): z.output<typeof repaymentFileReport> => {
  expect(status).toBe(200);
  return repaymentFileReport.parse(json);
};
/** Line, what became of it, and why not. */
const verdicts = (report: z.output<typeof repaymentFileReport>) =>
  report.results.map((each) =>
    each.result === 'rejected'
      ? [each.line, each.reference, each.error.field, each.error.code]
      : [each.line, each.reference, each.result],
  );
const paidOf = async (loanId: string) => {
  const { json } = await desk.call('GET /v1/programs/{programId}/loans/{loanId}', {
    params: { programId, loanId },
  });
  const { creditMinor, paidMinor } = json as { creditMinor: number; paidMinor: Record<string, number> };
  return Object.values(paidMinor).reduce((sum, minor) => sum + minor, creditMinor);
};

describe('a bank file', () => {
  beforeAll(async () => {
    await desk.openProgram(programId);
    for (const name of ['one', 'two']) {
      await seedLoan(table(), { programId, name, disbursedOn: '2026-03-01' });
    }
    desk.clock.now = '2026-04-03';
  });

  const good = [
    'B-1,loan_one,2026-04-01,100000,CNY',
    'B-2,loan_two,2026-04-01,50000,CNY',
    'B-3,loan_one,2026-04-02,25000,',
  ];

  it('in CSV is recorded line by line, and its sums are those of the file', async () => {
    const report = reportOf(await sendCsv(`\ufeff${[HEADER, ...good].join('\r\n')}\r\n`));
    expect(verdicts(report)).toEqual([
      [2, 'B-1', 'recorded'],
      [3, 'B-2', 'recorded'],
      [4, 'B-3', 'recorded'],
    ]);
    expect(report).toMatchObject({ recordedMinor: 175_000, duplicateMinor: 0, rejectedMinor: 0 });
    expect([await paidOf('loan_one'), await paidOf('loan_two')]).toEqual([125_000, 50_000]);
  });

  it('sent again changes nothing, has the same name and says so', async () => {
    const text = [HEADER, ...good].join('\n');
    const [first, again] = [await sendCsv(text), await sendCsv(text)];
    expect(again.replayed).toBe(true);
    expect(again.json).toEqual(first.json);
    expect(reportOf(again)).toMatchObject({ recorded: 0, duplicates: 3, duplicateMinor: 175_000 });
    expect(reportOf(again).fileSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(reportOf(await sendCsv(`${text}\n`)).fileSha256).not.toBe(reportOf(again).fileSha256);
    expect(await paidOf('loan_one')).toBe(125_000);
  });

  it('with lines that are wrong names field and code of each, and records the others', async () => {
    const report = reportOf(
      await sendCsv(
        [
          'amountMinor,reference,loanId,currency,businessDate',
          '100,B-10,loan_one,CNY,2026-04-02',
          '12.50,B-11,loan_one,CNY,2026-04-02',
          '0,B-12,loan_one,CNY,2026-04-02',
          '100,B-13,loan_none,CNY,2026-04-02',
          '100,B-14,loan_one,USD,2026-04-02',
          '100,B-15,loan_one,CNY,2026-02-30',
          '100,B-16,loan_one,CNY,2026-05-01',
          '100,,loan_one,CNY,2026-04-02',
          '100,B-17,loan_one',
          '100,B-2,loan_one,CNY,2026-04-02',
          '',
          '200,B-10,loan_one,CNY,2026-04-02',
          '100,B-10,loan_one,CNY,2026-04-02',
        ].join('\n'),
      ),
    );
    expect(verdicts(report)).toEqual([
      [2, 'B-10', 'recorded'],
      [3, 'B-11', 'amountMinor', 'invalid_format'],
      [4, 'B-12', 'amountMinor', 'too_small'],
      [5, 'B-13', 'loanId', 'not_found'],
      [6, 'B-14', 'currency', 'currency_differs'],
      [7, 'B-15', 'businessDate', 'invalid_format'],
      [8, 'B-16', 'businessDate', 'date_in_future'],
      [9, null, 'reference', 'invalid_type'],
      [10, null, '', 'malformed_line'],
      [11, 'B-2', 'reference', 'reference_of_another_loan'],
      [13, 'B-10', 'reference', 'event_exists_with_different_content'],
      [14, 'B-10', 'duplicate'],
    ]);
    expect(report).toMatchObject({ recorded: 1, duplicates: 1, rejected: 10 });
    expect(report).toMatchObject({ recordedMinor: 100, duplicateMinor: 100, rejectedMinor: 800 });
  });

  it('in JSON is judged by the same rules', async () => {
    const line = { reference: 'J-1', loanId: 'loan_two', businessDate: '2026-04-02', amountMinor: 300 };
    const report = reportOf(
      await desk.call('POST /v1/programs/{programId}/repayments', {
        params: { programId },
        body: { lines: [line, { ...line, reference: 'J-2', amountMinor: '300' }, 'nonsense', line] },
      }),
    );
    expect(verdicts(report)).toEqual([
      [1, 'J-1', 'recorded'],
      [2, 'J-2', 'amountMinor', 'invalid_type'],
      [3, null, '', 'invalid_type'],
      [4, 'J-1', 'duplicate'],
    ]);
  });

  it.each([
    ['no header it knows', 'reference,loanId,amountMinor\nB-1,loan_one,1', 'header'],
    ['a column it does not know', `${HEADER},memo\nB-1,loan_one,2026-04-02,1,CNY,x`, 'header'],
    ['a column twice', `${HEADER},loanId\nB-1,loan_one,2026-04-02,1,CNY,x`, 'header'],
    ['nothing but a header', HEADER, 'lines'],
    ['an open quote', `${HEADER}\n"B-1,loan_one,2026-04-02,1,CNY`, 'line 2'],
    [
      'too many lines',
      `${HEADER}\n${'B-1,loan_one,2026-04-02,1,CNY\n'.repeat(REPAYMENT_LINES_MAX + 1)}`,
      'lines',
    ],
  ])('with %s is refused whole, and nothing of it is recorded', async (_, text, field) => {
    const before = await paidOf('loan_one');
    const { status, json } = await sendCsv(text);
    expect([status, json.issues]).toMatchObject([400, [{ field }]]);
    expect(await paidOf('loan_one')).toBe(before);
  });

  it('in another encoding or of another kind is refused', async () => {
    const refused = await sendCsv(`${HEADER}\nB-\ufffd,loan_one,2026-04-02,1,CNY`);
    expect([refused.status, refused.json.issues]).toMatchObject([400, [{ code: 'malformed_text' }]]);
    expect((await sendCsv(HEADER, 'text/csv; charset=gbk')).status).toBe(415);
    expect((await sendCsv(HEADER, 'text/plain')).status).toBe(415);
  });
});
