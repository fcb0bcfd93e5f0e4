import { addMonths, type BusinessDate } from '../calendar.ts';
import { type AssetClass, classByDaysPastDue, expectedLossFromBps, worseAssetClass } from './asset-class.ts';
import { daysPastDue, type LoanState, oldestUnpaidInstallment } from './loan-state.ts';

export const OBSERVATION_MONTHS_MIN = 12;
const CURE_MONTHS_MIN = 6;
const CURE_PERIODS_MIN = 2;

/**
 * True when a non-performing loan may be upgraded (art. 14): arrears all paid, then on time for two periods
 * and six months, whichever is longer.
 */
export function isCured(state: LoanState): boolean {
  const { arrearsClearedOn: clearedOn } = state;
  if (clearedOn === null || oldestUnpaidInstallment(state) !== undefined) return false;
  const periods = state.installments.filter(
    (item) =>
      item.billed && item.supersededOn === null && item.salesThrough === null && item.dueOn > clearedOn,
  ).length;
  return periods >= CURE_PERIODS_MIN && addMonths(clearedOn, CURE_MONTHS_MIN) <= state.asOf;
}

/** The restructuring in whose observation period the loan stands, if any. Chapter 3 of the Measures. */
export function observedRestructure(state: LoanState) {
  return state.restructures.findLast(
    (mark) => mark.reason === 'financial_difficulty' && state.asOf < mark.observedUntil,
  );
}

/**
 * The class of a loan on its date. `expectedLossBps`: the lender's own expected loss of an impaired loan as a
 * share of its balance, where assessed.
 */
export function assetClassOf(state: LoanState, expectedLossBps = 0): AssetClass {
  if (state.status === 'charged_off') return 'loss';
  if (state.status !== 'active') return 'normal';
  let assetClass = classByDaysPastDue(daysPastDue(state));
  if (observedRestructure(state) !== undefined) assetClass = worseAssetClass(assetClass, 'special_mention');
  if (state.nonPerformingSince !== null && !isCured(state))
    assetClass = worseAssetClass(assetClass, 'substandard');
  if (expectedLossBps >= expectedLossFromBps.loss) return 'loss';
  if (expectedLossBps >= expectedLossFromBps.doubtful) return worseAssetClass(assetClass, 'doubtful');
  return assetClass;
}

/** Two due dates and a year from the first new one, whichever is later. */
export function observationEnd(
  firstDueOn: BusinessDate,
  secondDueOn: BusinessDate | undefined,
): BusinessDate {
  const yearOn = addMonths(firstDueOn, OBSERVATION_MONTHS_MIN);
  return secondDueOn !== undefined && secondDueOn > yearOn ? secondDueOn : yearOn;
}
