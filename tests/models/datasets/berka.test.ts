import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BerkaHistory,
  berkaRequestFacts,
  readBerkaAccounts,
  readBerkaHistories,
  readBerkaLoans,
} from '../../../models/datasets/berka.ts';
import { stationId } from '../../../shared/domain/identifiers.ts';

const TRANSACTION_HEADER =
  'transaction_id,account_id,booked_on,type,operation,amount,balance_after,purpose,partner_bank,partner_account';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berka-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const put = (file: string, ...lines: string[]) =>
  writeFileSync(join(folder, file), gzipSync(`${lines.join('\n')}\n`));

async function histories(): Promise<BerkaHistory[]> {
  const read: BerkaHistory[] = [];
  for await (const history of readBerkaHistories(folder)) read.push(history);
  return read;
}

describe('Berka transactions', () => {
  it('become the lines of a plain bank account', async () => {
    put(
      'transactions.csv.gz',
      TRANSACTION_HEADER,
      'T1,A1,1993-03-22,credit,credit in cash,1100.00,1100.00,,,',
      'T2,A1,1993-03-23,credit,collection from another bank,200.50,1300.50,,GH,P7',
      'T3,A1,1993-03-24,withdrawal,withdrawal in cash,300.00,1000.50,,,',
      'T4,A1,1993-03-25,withdrawal,remittance to another bank,100.00,900.50,household,AB,P8',
      'T5,A1,1993-03-26,withdrawal,remittance to another bank,50.00,850.50,insurrance payment,AB,P9',
      'T6,A1,1993-03-27,withdrawal,remittance to another bank,50.50,800.00,,AB,P1',
      'T7,A1,1993-03-28,withdrawal,credit card withdrawal,900.00,-100.00,,,',
      'T8,A1,1993-03-29,withdrawal,withdrawal in cash,14.60,-114.60,payment for statement,,',
      'T9,A1,1993-03-30,withdrawal,withdrawal in cash,1.40,-116.00,sanction interest if negative balance,,',
      'T10,A1,1993-03-31,credit,,0.20,-115.80,interest credited,,',
    );
    const [history] = await histories();
    const lines = history?.transactions.map((line) =>
      [
        line.transactionId,
        line.kind,
        line.amountMinor,
        line.balanceAfterMinor,
        line.counterparty ?? '-',
        line.currency,
        line.occurredAt,
      ].join(' '),
    );
    expect(lines).toEqual([
      'T1 transfer_in 110000 110000 - CZK 1993-03-22T00:00:00Z',
      'T2 transfer_in 20050 130050 GH-P7 CZK 1993-03-23T00:00:00Z',
      'T3 transfer_out -30000 100050 - CZK 1993-03-24T00:00:00Z',
      'T4 operating_expense -10000 90050 AB-P8 CZK 1993-03-25T00:00:00Z',
      'T5 operating_expense -5000 85050 AB-P9 CZK 1993-03-26T00:00:00Z',
      'T6 transfer_out -5050 80000 AB-P1 CZK 1993-03-27T00:00:00Z',
      'T7 transfer_out -90000 -10000 - CZK 1993-03-28T00:00:00Z',
      'T8 fee -1460 -11460 - CZK 1993-03-29T00:00:00Z',
      'T9 interest -140 -11600 - CZK 1993-03-30T00:00:00Z',
      'T10 interest 20 -11580 - CZK 1993-03-31T00:00:00Z',
    ]);
  });

  it('stand within a day as their balances follow, so that the last one closes the day', async () => {
    put(
      'transactions.csv.gz',
      TRANSACTION_HEADER,
      'T1,A1,1993-03-30,credit,credit in cash,17210.00,17210.00,,,',
      'T3,A1,1993-03-31,credit,,50.90,17309.50,interest credited,,',
      'T2,A1,1993-03-31,credit,,48.60,17258.60,interest credited,,',
    );
    const [history] = await histories();
    expect(history?.transactions.map((line) => `${line.transactionId} ${line.occurredAt}`)).toEqual([
      'T1 1993-03-30T00:00:00Z',
      'T2 1993-03-31T00:00:00Z',
      'T3 1993-03-31T00:00:01Z',
    ]);
  });

  it('come one account at a time', async () => {
    put(
      'transactions.csv.gz',
      TRANSACTION_HEADER,
      'T1,A1,1993-03-22,credit,credit in cash,1.00,1.00,,,',
      'T2,A1,1993-03-23,credit,credit in cash,1.00,2.00,,,',
      'T3,A2,1993-03-22,credit,credit in cash,1.00,1.00,,,',
    );
    expect((await histories()).map((history) => [history.stationId, history.transactions.length])).toEqual([
      ['stn_berka-A1', 2],
      ['stn_berka-A2', 1],
    ]);
    expect(stationId.parse('stn_berka-A1')).toBe('stn_berka-A1');
  });

  it.each([
    [
      'an amount without cents',
      'T2,A1,1993-03-23,credit,credit in cash,1,2.00,,,',
      'transactions.csv.gz:3.amount',
    ],
    [
      'a date that is none',
      'T2,A1,1993-02-30,credit,credit in cash,1.00,2.00,,,',
      'transactions.csv.gz:3.booked_on',
    ],
    ['an unknown purpose', 'T2,A1,1993-03-23,credit,,1.00,2.00,gift,,', 'transactions.csv.gz:3.purpose'],
    [
      'an id that comes twice',
      'T1,A1,1993-03-23,credit,credit in cash,1.00,2.00,,,',
      'transactions.csv.gz:transaction_id',
    ],
  ])('are refused with file, line and field for %s', async (_what, line, field) => {
    put(
      'transactions.csv.gz',
      TRANSACTION_HEADER,
      'T1,A1,1993-03-22,credit,credit in cash,1.00,1.00,,,',
      line,
    );
    await expect(histories()).rejects.toMatchObject({ code: 'invalid_request', issues: [{ field }] });
  });

  it('are refused when an account is scattered, when the file is cut short or missing', async () => {
    await expect(histories()).rejects.toMatchObject({
      issues: [{ field: 'transactions.csv.gz', code: 'not_found' }],
    });
    const text = [
      TRANSACTION_HEADER,
      'T1,A1,1993-03-22,credit,credit in cash,1.00,1.00,,,',
      'T2,A2,1993-03-22,credit,credit in cash,1.00,1.00,,,',
      'T3,A1,1993-03-23,credit,credit in cash,1.00,2.00,,,',
    ];
    put('transactions.csv.gz', ...text);
    await expect(histories()).rejects.toMatchObject({
      issues: [{ field: 'transactions.csv.gz:account_id' }],
    });
    writeFileSync(join(folder, 'transactions.csv.gz'), gzipSync(text.join('\n')).subarray(0, -20));
    await expect(histories()).rejects.toThrow();
  });
});

describe('Berka loans and accounts', () => {
  it('say what was asked, when, and how it ended', async () => {
    put(
      'loans.csv.gz',
      'loan_id,account_id,granted_on,amount,duration_months,monthly_payment,status,defaulted',
      'L1,A1,1993-07-05,96396,12,8033.00,B,1',
      'L2,A2,1993-07-11,165960,36,4610.00,A,0',
    );
    put(
      'accounts.csv.gz',
      'account_id,district_id,statement_frequency,opened_on,owner_born_on,owner_sex',
      'A1,30,weekly,1993-03-22,1947-07-22,F',
    );
    const [loan, other] = await readBerkaLoans(folder);
    expect(loan).toEqual({
      loanId: 'L1',
      stationId: 'stn_berka-A1',
      asOf: '1993-07-05',
      principalMinor: 9_639_600,
      termMonths: 12,
      monthlyPaymentMinor: 803_300,
      defaulted: true,
    });
    expect(other?.defaulted).toBe(false);
    const account = (await readBerkaAccounts(folder)).get('stn_berka-A1');
    expect(account?.meta).toEqual({ sex: 'F', district: '30', bornOn: '1947-07-22' });
    if (loan === undefined || account === undefined) throw new Error('no loan or account');
    expect(berkaRequestFacts(loan, account)).toEqual({
      requestedPrincipalMinor: 9_639_600,
      requestedTermMonths: 12,
      indicativeAnnualRateBps: 0,
      station: { openedOn: '1993-03-22', stage: null },
      entrepreneur: null,
    });
  });
});

const realData = process.env.BERKA_DATA ?? join(import.meta.dirname, '../../../../shared/data/berka');

describe.skipIf(!existsSync(join(realData, 'loans.csv.gz')))(
  `the whole Berka data (set BERKA_DATA to its folder; looked in ${realData})`,
  () => {
    it('is 328 loans, 46 of them defaulted, and 24,494 transactions, all before their loan', async () => {
      const loans = await readBerkaLoans(realData);
      expect([loans.length, loans.filter((loan) => loan.defaulted).length]).toEqual([328, 46]);
      const accounts = await readBerkaAccounts(realData);
      const asOf = new Map(loans.map((loan) => [loan.stationId, loan.asOf]));
      let transactions = 0;
      for await (const history of readBerkaHistories(realData)) {
        transactions += history.transactions.length;
        expect(accounts.has(history.stationId)).toBe(true);
        expect(
          history.transactions.every((line) => line.occurredAt < (asOf.get(history.stationId) ?? '')),
        ).toBe(true);
      }
      expect(transactions).toBe(24_494);
    });
  },
);
