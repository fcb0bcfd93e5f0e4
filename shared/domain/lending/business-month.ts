import type { BusinessDate } from '../calendar.ts';

/**
 * Months by arithmetic: a replay asks for hundreds of due dates and month ends, which a calendar library makes
 * its slowest part. Held equal to calendar.ts's `addMonths` by a property.
 */
function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** The same day so many months later, or the last day of a shorter month. */
export function monthsAfter(date: BusinessDate, months: number): BusinessDate {
  const index = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  const year = Math.floor(index / 12);
  const month = (index % 12) + 1;
  const day = Math.min(Number(date.slice(8, 10)), daysInMonth(year, month));
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** The last day of the month that holds a date. */
export function endOfMonth(date: BusinessDate): BusinessDate {
  return `${date.slice(0, 8)}${daysInMonth(Number(date.slice(0, 4)), Number(date.slice(5, 7)))}`;
}

/** The first month end after a date. */
export function nextMonthEnd(after: BusinessDate): BusinessDate {
  const end = endOfMonth(after);
  return end > after ? end : endOfMonth(`${monthsAfter(after, 1).slice(0, 8)}01`);
}
