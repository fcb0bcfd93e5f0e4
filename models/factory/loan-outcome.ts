import { addDays, addMonths, type BusinessDate, daysBetween } from '../../shared/domain/calendar.ts';
import { type LoanLog, replayLoan } from '../../shared/domain/lending/loan.ts';
import { endedOn } from '../../shared/domain/lending/loan-state.ts';

/** When a loan counts as defaulted. */
export interface DefaultDefinition {
  /** More days past due than these, or a charge-off. */
  readonly daysPastDue: number;
  /** Within so many months of being paid out; what comes later is not asked about. */
  readonly horizonMonths: number;
}

/** Ninety days within a year, as Basel's definition of default has it. */
export const DEFAULT_DEFINITION: DefaultDefinition = { daysPastDue: 90, horizonMonths: 12 };

export interface LoanOutcome {
  /** The day it was known: of the default, of the last payment, or the end of the horizon. */
  readonly outcomeOn: BusinessDate;
  readonly defaulted: boolean;
}

/**
 * How a loan went, from its events up to `asOf`, the day it has aged through. Null while it is not known: not paid
 * out yet, or neither defaulted nor ended within the horizon, which has not passed. A loan cancelled is no outcome.
 */
export function loanOutcomeOf(
  log: LoanLog,
  asOf: BusinessDate,
  { daysPastDue, horizonMonths }: DefaultDefinition,
): LoanOutcome | null {
  const { disbursedOn } = replayLoan(log, asOf).state;
  if (disbursedOn === null) return null;
  const horizonOn = addMonths(disbursedOn, horizonMonths);
  const last = asOf < horizonOn ? asOf : horizonOn;
  const stateOn = (day: BusinessDate) => replayLoan(log, day).state;
  const hasDefaulted = (day: BusinessDate) => {
    const { daysPastDueMax, status } = stateOn(day);
    return daysPastDueMax > daysPastDue || status === 'charged_off';
  };
  if (hasDefaulted(last)) {
    // The most days past due never fall, nor is a charge-off undone: the first such day is found by halving.
    let [before, after] = [0, daysBetween(disbursedOn, last)];
    while (before < after) {
      const middle = (before + after) >>> 1;
      if (hasDefaulted(addDays(disbursedOn, middle))) after = middle;
      else before = middle + 1;
    }
    return { outcomeOn: addDays(disbursedOn, after), defaulted: true };
  }
  const state = stateOn(last);
  const ended = endedOn(state);
  if (state.status === 'cancelled') return null;
  if (ended !== null) return { outcomeOn: ended, defaulted: false };
  return last === horizonOn ? { outcomeOn: horizonOn, defaulted: false } : null;
}
