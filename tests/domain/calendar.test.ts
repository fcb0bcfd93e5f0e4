import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { addMonths, dateOfEpochDay, endOfMonth, nextMonthEnd } from '../../shared/domain/calendar.ts';

describe('months of business dates', () => {
  it('are counted as the calendar counts them, forwards and back', () => {
    const days = fc.integer({ min: 0, max: 47_000 }).map(dateOfEpochDay);
    fc.assert(
      fc.property(days, fc.integer({ min: -130, max: 130 }), (date, months) => {
        const expected = Temporal.PlainDate.from(date).add({ months }, { overflow: 'constrain' }).toString();
        return addMonths(date, months) === expected;
      }),
      { numRuns: 3_000 },
    );
  });

  it('end on their last day, leap years included', () => {
    expect(
      ['2024-02-01', '2100-02-01', '2000-02-29', '2023-04-30', '2023-12-05'].map((date) => endOfMonth(date)),
    ).toEqual(['2024-02-29', '2100-02-28', '2000-02-29', '2023-04-30', '2023-12-31']);
    expect(['2023-12-31', '2024-01-30', '2024-01-31', '2024-02-28'].map(nextMonthEnd)).toEqual([
      '2024-01-31',
      '2024-01-31',
      '2024-02-29',
      '2024-02-29',
    ]);
  });
});
