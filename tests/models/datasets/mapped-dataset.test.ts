import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { berkaDataset } from '../../../models/datasets/berka-dataset.ts';
import { csvMapping, readMapping } from '../../../models/datasets/csv-mapping.ts';
import { mappedDataset } from '../../../models/datasets/mapped-dataset.ts';
import type { OutcomeDataset, StationHistory } from '../../../models/datasets/outcome-dataset.ts';

const BERKA_MAPPING = join(import.meta.dirname, '../../../models/datasets/berka.mapping.json');
const realData = process.env.BERKA_DATA ?? join(import.meta.dirname, '../../../../shared/data/berka');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mapped-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (file: string, ...lines: string[]) => {
  const text = `${lines.join('\n')}\n`;
  writeFileSync(join(folder, file), file.endsWith('.gz') ? gzipSync(text) : text);
};

async function historiesOf(dataset: OutcomeDataset): Promise<Map<string, StationHistory>> {
  const histories = new Map<string, StationHistory>();
  for await (const history of dataset.histories()) histories.set(history.station.stationId, history);
  return histories;
}

async function expectSameDataset(data: string): Promise<number> {
  const adapter = await berkaDataset(data);
  const mapped = await mappedDataset(await readMapping(BERKA_MAPPING), data);
  expect(mapped.name).toBe(adapter.name);
  expect(mapped.loans).toEqual(adapter.loans);
  const histories = await historiesOf(mapped);
  expect(histories).toEqual(await historiesOf(adapter));
  return histories.size;
}

function putBerka(): void {
  put(
    'transactions.csv.gz',
    'transaction_id,account_id,booked_on,type,operation,amount,balance_after,purpose,partner_bank,partner_account',
    'T1,A1,1993-03-22,credit,credit in cash,1100.00,1100.00,,,',
    'T2,A1,1993-03-23,credit,collection from another bank,200.50,1300.50,,GH,P7',
    // Two lines of one day, not in the order of their balances.
    'T4,A1,1993-03-24,withdrawal,remittance to another bank,100.00,900.50,household,AB,P8',
    'T3,A1,1993-03-24,withdrawal,withdrawal in cash,300.00,1000.50,,,',
    'T5,A1,1993-03-26,withdrawal,remittance to another bank,50.00,850.50,insurrance payment,AB,P9',
    'T8,A1,1993-03-29,withdrawal,withdrawal in cash,14.60,835.90,payment for statement,,',
    'T9,A1,1993-03-30,withdrawal,withdrawal in cash,1.40,834.50,sanction interest if negative balance,,',
    'T10,A1,1993-03-31,credit,,0.20,834.70,interest credited,,',
    'T11,A2,1993-03-31,credit,credit in cash,5.00,5.00,,,',
  );
  put(
    'loans.csv.gz',
    'loan_id,account_id,granted_on,amount,duration_months,monthly_payment,status,defaulted',
    'L1,A1,1993-07-05,96396,12,8033.00,B,1',
    'L2,A2,1993-07-11,165960,36,4610.00,C,0',
  );
  put(
    'accounts.csv.gz',
    'account_id,district_id,statement_frequency,opened_on,owner_born_on,owner_sex',
    'A1,30,weekly,1993-03-22,1947-07-22,F',
    'A2,12,monthly,1993-03-01,1950-01-02,M',
  );
}

describe('the Berka mapping', () => {
  it('says of every line, loan and account what the adapter says', async () => {
    putBerka();
    expect(await expectSameDataset(folder)).toBe(2);
  });

  // The matrix is a function of what is compared here, so it is the same to the last bit.
  it.runIf(existsSync(join(realData, 'loans.csv.gz')))(
    'says so of the whole real data (set BERKA_DATA to its folder)',
    async () => {
      expect(await expectSameDataset(realData)).toBe(328);
    },
  );
});

const mapping = (change: object = {}, transactions: object = {}) =>
  csvMapping.parse({
    name: 'a bank of our own',
    idPrefix: 'own',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
    transactions: {
      file: 'lines.csv',
      account: 'acct',
      day: 'date',
      dayFormat: 'DD.MM.YYYY',
      amount: 'amount',
      kinds: [{ when: { text: ['loan interest'] }, kind: 'interest' }, { kind: 'transfer_in' }],
      ...transactions,
    },
    loans: {
      file: 'loans.csv',
      id: 'no',
      account: 'acct',
      decidedOn: 'day',
      principal: 'sum',
      termMonths: 'months',
      defaulted: { column: 'end', defaulted: ['bad'], repaid: ['good'] },
      meta: { sex: 'sex' },
    },
    ...change,
  });

const putOwn = (...lines: string[]) => {
  put('lines.csv', 'acct,date,time,amount,in,out,text,other', ...lines);
  put('loans.csv', 'no,acct,day,sum,months,end,sex', 'L-1,A1,2026-05-01,50000,12,bad,F');
};

describe('a mapping of other files', () => {
  it('reads scattered accounts, signed amounts, local times and other date forms', async () => {
    putOwn(
      'A1,02.03.2026,14:30,-12.5,,,rent,',
      'A2,02.03.2026,10:00,1,,,x,',
      'A1,01.03.2026,09:00:30,100,,,pay,Li',
    );
    const dataset = await mappedDataset(
      mapping({}, { time: 'time', counterparty: { columns: ['other'] } }),
      folder,
    );
    expect(dataset.loans).toEqual([
      {
        loanId: 'L-1',
        stationId: 'stn_own-A1',
        asOf: '2026-05-01',
        facts: {
          requestedPrincipalMinor: 5_000_000,
          requestedTermMonths: 12,
          indicativeAnnualRateBps: 800,
          station: { openedOn: null, stage: null },
          entrepreneur: null,
        },
        defaulted: true,
        meta: { sex: 'F' },
      },
    ]);
    const histories = await historiesOf(dataset);
    expect([...histories.keys()]).toEqual(['stn_own-A1']);
    const lines = histories.get('stn_own-A1')?.transactions ?? [];
    expect(lines.map(({ occurredAt, amountMinor }) => [occurredAt, amountMinor])).toEqual([
      ['2026-03-01T01:00:30Z', 10_000],
      ['2026-03-02T06:30:00Z', -1_250],
    ]);
    expect(lines[0]?.counterparty).toMatch(/^[0-9a-f]{32}$/);
    expect(lines[1]?.counterparty).toBeUndefined();
  });

  it('reads inflow and outflow columns, and commas for decimals', async () => {
    putOwn('A1,01.03.2026,,,"7,25",,,', 'A1,02.03.2026,,,,"3,5",,');
    const dataset = await mappedDataset(
      mapping({ decimalSeparator: ',' }, { amount: { inflow: 'in', outflow: 'out' } }),
      folder,
    );
    const lines = (await historiesOf(dataset)).get('stn_own-A1')?.transactions ?? [];
    expect(lines.map(({ amountMinor }) => amountMinor)).toEqual([725, -350]);
  });

  it.each([
    [
      'an amount with too many decimals',
      'A1,01.03.2026,,1.234,,,,',
      {},
      'lines.csv:2.amount',
      'invalid_amount',
    ],
    ['a thousands separator', 'A1,01.03.2026,,"1,234",,,,', {}, 'lines.csv:2.amount', 'invalid_amount'],
    ['a date of another form', 'A1,2026-03-01,,1,,,,', {}, 'lines.csv:2.date', 'invalid_day'],
    ['a day that is none', 'A1,31.02.2026,,1,,,,', {}, 'lines.csv:2.date', 'invalid_format'],
    ['a column that is not there', 'A1,01.03.2026,,1,,,,', { amount: 'sum' }, 'lines.csv:2.sum', 'no_column'],
    [
      'a sign the mapping does not list',
      'A1,01.03.2026,,1,,,both,',
      { sign: { column: 'text', inflow: ['cr'], outflow: ['dr'] } },
      'lines.csv:2.text',
      'unmapped_value',
    ],
    [
      'a row no rule of kinds fits',
      'A1,01.03.2026,,1,,,gift,',
      { kinds: [{ when: { text: ['pay'] }, kind: 'fee' }] },
      'lines.csv:2.kinds',
      'unmapped_value',
    ],
    [
      'both inflow and outflow',
      'A1,01.03.2026,,,1,2,,',
      { amount: { inflow: 'in', outflow: 'out' } },
      'lines.csv:2.in',
      'invalid_amount',
    ],
  ])('refuses %s, naming line and column', async (_what, line, change, field, code) => {
    putOwn(line);
    const dataset = await mappedDataset(mapping({}, change), folder);
    await expect(historiesOf(dataset)).rejects.toMatchObject({ issues: [{ field, code }] });
  });

  it('refuses a loan of an account the accounts file does not know, and an ending it does not list', async () => {
    putOwn('A1,01.03.2026,,1,,,,');
    put('accounts.csv', 'acct', 'A9');
    const accounts = { file: 'accounts.csv', id: 'acct' };
    await expect(mappedDataset(mapping({ accounts }), folder)).rejects.toMatchObject({
      issues: [{ field: 'loans.csv:2.acct', code: 'unknown_account' }],
    });
    put('loans.csv', 'no,acct,day,sum,months,end,sex', 'L-1,A1,2026-05-01,50000,12,running,F');
    await expect(mappedDataset(mapping(), folder)).rejects.toMatchObject({
      issues: [{ field: 'loans.csv:2.end', code: 'unmapped_value' }],
    });
  });

  it('refuses a mapping with an unknown key, naming it', async () => {
    put('own.mapping.json', JSON.stringify({ ...mapping(), columns: {} }));
    await expect(readMapping(join(folder, 'own.mapping.json'))).rejects.toMatchObject({
      issues: [{ field: 'own.mapping.json.columns', code: 'unrecognized_keys' }],
    });
  });
});
