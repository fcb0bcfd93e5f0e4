import { describe, expect, it } from 'vitest';
import { emptyBundle, mergeIntoBundle, reportedRow } from '../../shared/domain/day-bundle.ts';
import { CUSTOMERS_PER_DAY_MAX, customerHash } from '../../shared/domain/day-summary.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { SAMPLE_DAY, sampleTransaction } from '../support/sample-transactions.ts';

function summaryOf(...reported: Partial<Transaction>[]) {
  const rows = reported.map((change, index) =>
    reportedRow(sampleTransaction({ transactionId: `t-${index}`, ...change })),
  );
  const { bundle } = mergeIntoBundle(emptyBundle(SAMPLE_DAY, 'CNY'), rows, 1);
  return summarizeDay(bundle, 'Asia/Shanghai');
}

describe('the summary of a day', () => {
  it('adds up kinds, minutes, balances and customers', () => {
    const summary = summaryOf(
      { occurredAt: '2026-03-02T09:10:00Z', amountMinor: 700, counterparty: 'v1', balanceAfterMinor: 900 },
      { occurredAt: '2026-03-01T23:05:00Z', amountMinor: 500, counterparty: 'v1', balanceAfterMinor: 200 },
      {
        occurredAt: '2026-03-02T01:00:00Z',
        kind: 'stock_purchase',
        amountMinor: -300,
        balanceAfterMinor: -50,
      },
      { occurredAt: '2026-03-02T03:00:00Z', kind: 'fee', amountMinor: -20, counterparty: 'bank' },
    );
    expect(summary).toEqual({
      day: '2026-03-02',
      transactionCount: 4,
      reversedCount: 0,
      kinds: {
        parcel: { count: 2, inflowMinor: 1_200, outflowMinor: 0 },
        stock_purchase: { count: 1, inflowMinor: 0, outflowMinor: 300 },
        fee: { count: 1, inflowMinor: 0, outflowMinor: 20 },
      },
      firstMinuteOfDay: 7 * 60 + 5,
      lastMinuteOfDay: 17 * 60 + 10,
      closingBalanceMinor: 900,
      lowestBalanceMinor: -50,
      customers: {
        hashCeiling: 2 ** 32,
        customers: [
          { hash: customerHash('v1'), count: 2, turnoverMinor: 1_200 },
          { hash: customerHash('bank'), count: 1, turnoverMinor: 20 },
        ].sort((a, b) => a.hash - b.hash),
      },
    });
  });

  it('counts neither a reversed transaction nor its reversal, in any field', () => {
    const kept = { occurredAt: '2026-03-02T02:00:00Z', amountMinor: 100 };
    const wrong = {
      occurredAt: '2026-03-02T08:00:00Z',
      amountMinor: 9_999,
      counterparty: 'v7',
      balanceAfterMinor: 1,
    };
    const undo = { ...wrong, amountMinor: -9_999, reverses: 't-1' };
    expect(summaryOf(kept, wrong, undo)).toEqual({ ...summaryOf(kept), reversedCount: 1 });
  });

  it('lets a reversal wait for its transaction without effect', () => {
    const waiting = { amountMinor: -1_200, reverses: 'later' };
    expect(summaryOf(waiting)).toEqual(summaryOf());
    expect(summaryOf(waiting, { transactionId: 'later' })).toEqual({ ...summaryOf(), reversedCount: 1 });
  });

  it('closes a tie in time with the balance of the greatest transaction id', () => {
    const [low, high] = [
      { transactionId: 'a', balanceAfterMinor: 1 },
      { transactionId: 'b', balanceAfterMinor: 2 },
    ];
    expect(summaryOf(high, low).closingBalanceMinor).toBe(2);
    expect(summaryOf(low, high).closingBalanceMinor).toBe(2);
  });

  it('samples the customers of a busy day by hash, each of them exactly', () => {
    const busy = Array.from({ length: 400 }, (_, index) => ({
      counterparty: `v${index % 200}`,
      amountMinor: 10,
    }));
    const { hashCeiling, customers } = summaryOf(...busy).customers;
    expect(customers).toHaveLength(CUSTOMERS_PER_DAY_MAX);
    expect(
      customers.every(
        ({ hash, count, turnoverMinor }) => hash < hashCeiling && count === 2 && turnoverMinor === 20,
      ),
    ).toBe(true);
    const below = Array.from({ length: 200 }, (_, index) => customerHash(`v${index}`)).filter(
      (hash) => hash < hashCeiling,
    );
    expect(below).toHaveLength(CUSTOMERS_PER_DAY_MAX);
  });
});
