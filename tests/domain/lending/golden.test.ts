import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { annualPercentageRate } from '../../../shared/domain/annual-percentage-rate.ts';
import { addMonths } from '../../../shared/domain/calendar.ts';
import {
  classByDaysPastDue,
  delinquencyBucket,
  provisionMinor,
} from '../../../shared/domain/lending/asset-class.ts';
import { dayCounts, interestDays } from '../../../shared/domain/lending/day-count.ts';
import { lendingLawViolations } from '../../../shared/domain/lending/lending-law.ts';
import { isAtRisk } from '../../../shared/domain/lending/portfolio.ts';
import { nominalAnnualRate, repaymentSchedule } from '../../../shared/domain/lending/repayment-schedule.ts';
import { goldenTable } from './golden-table.ts';
import { productOf } from './loan-support.ts';

const integer = z.coerce.number().int();
const yes = z.enum(['yes', 'no']).transform((answer) => answer === 'yes');

describe('golden tables', () => {
  const scheduleRow = z.object({
    case: z.string(),
    disbursedOn: z.string(),
    principalMinor: integer,
    annualRateBps: integer,
    termMonths: integer,
    dayCount: z.enum(dayCounts),
    method: z.enum(['equal_installments', 'equal_principal', 'bullet', 'seasonal', 'sales_linked']),
    principalGraceMonths: integer,
    interestEveryMonths: integer,
    months: z.string(),
    fixedChargeBps: integer,
    monthlyFloorBps: integer,
    number: integer,
    dueOn: z.string(),
    installmentPrincipalMinor: integer,
    installmentInterestMinor: integer,
    balanceMinor: integer,
  });
  const byCase = Map.groupBy(goldenTable('schedules.csv', scheduleRow), (row) => row.case);

  it.each([...byCase])('schedule: %s', (_, rows) => {
    const [first] = rows;
    if (first === undefined) throw new Error('a case without rows');
    const parameters = {
      equal_installments: { principalGraceMonths: first.principalGraceMonths },
      equal_principal: { principalGraceMonths: first.principalGraceMonths },
      bullet: { interestEveryMonths: first.interestEveryMonths },
      seasonal: { months: first.months.split('|').map(Number) },
      sales_linked: {
        inflowShareBps: 1_000,
        fixedChargeBps: first.fixedChargeBps,
        monthlyFloorBps: first.monthlyFloorBps,
      },
    };
    const { principalMinor, annualRateBps, termMonths, dayCount, method } = first;
    const product = productOf({ method, ...parameters[method] }, { dayCount });
    const schedule = repaymentSchedule(
      { product, principalMinor, annualRateBps, termMonths },
      first.disbursedOn,
    );
    expect(
      schedule.map((item) => [
        item.number,
        item.dueOn,
        item.principalMinor,
        item.interestMinor,
        item.balanceMinor,
      ]),
    ).toEqual(
      rows.map((row) => [
        row.number,
        row.dueOn,
        row.installmentPrincipalMinor,
        row.installmentInterestMinor,
        row.balanceMinor,
      ]),
    );
  });

  const rateRow = z.object({
    source: z.string(),
    advancedMinor: integer,
    advancedOn: z.string(),
    /** `times*amount@first date`, monthly, joined by a bar. */
    payments: z.string(),
    unitPeriodsPerYear: integer,
    publishedPercent: z.coerce.number(),
    decimals: integer,
  });

  it.each(
    goldenTable('annual-percentage-rates.csv', rateRow),
  )('APR of $source is $publishedPercent %', (row) => {
    const payments = row.payments.split('|').flatMap((run) => {
      const [, times = '', amount = '', from = ''] = /^(\d+)\*(\d+)@(.+)$/.exec(run) ?? [];
      return Array.from({ length: Number(times) }, (_, month) => ({
        on: addMonths(from, month),
        amountMinor: -Number(amount),
      }));
    });
    const effective = annualPercentageRate([
      { on: row.advancedOn, amountMinor: row.advancedMinor },
      ...payments,
    ]);
    const stated = 100 * nominalAnnualRate(effective, row.unitPeriodsPerYear);
    expect(stated.toFixed(row.decimals)).toBe(row.publishedPercent.toFixed(row.decimals));
  });

  const classRow = z.object({
    daysPastDue: integer,
    assetClass: z.string(),
    bucket: z.string(),
    provisionOfMillion: integer,
    atRisk1: yes,
    atRisk30: yes,
    atRisk90: yes,
  });

  it.each(goldenTable('asset-classes.csv', classRow))('$daysPastDue days past due is $assetClass', (row) => {
    const assetClass = classByDaysPastDue(row.daysPastDue);
    expect({
      daysPastDue: row.daysPastDue,
      assetClass,
      bucket: delinquencyBucket(row.daysPastDue),
      provisionOfMillion: provisionMinor(1_000_000, assetClass),
      atRisk1: isAtRisk(row.daysPastDue, 1),
      atRisk30: isAtRisk(row.daysPastDue, 30),
      atRisk90: isAtRisk(row.daysPastDue, 90),
    }).toEqual(row);
  });

  const dayCountRow = z.object({
    dayCount: z.enum(dayCounts),
    from: z.string(),
    to: z.string(),
    days: integer,
  });

  it.each(goldenTable('day-counts.csv', dayCountRow))('$dayCount from $from to $to is $days days', (row) => {
    expect(interestDays(row.dayCount, row.from, row.to)).toBe(row.days);
  });

  const lawRow = z.object({
    on: z.string(),
    method: z.enum(['equal_installments', 'bullet', 'seasonal']),
    termMonths: integer,
    annualRateBps: integer,
    penaltySpreadBps: integer,
    aprBps: integer,
    violations: z.string(),
  });

  it.each(
    goldenTable('lending-law.csv', lawRow),
  )('$method over $termMonths months at $annualRateBps bps on $on breaks: $violations', (row) => {
    const repayment =
      row.method === 'seasonal' ? { method: row.method, months: [9] } : { method: row.method };
    const product = productOf(repayment, { penaltySpreadBps: row.penaltySpreadBps });
    const { annualRateBps, termMonths, aprBps } = row;
    const violations = lendingLawViolations({ product, annualRateBps, termMonths, aprBps }, row.on);
    expect(violations.map((violation) => violation.rule).join('|')).toBe(row.violations);
  });
});
