/** What the order of a day's lines is told by. */
export interface BalancedLine {
  readonly amountMinor: number;
  readonly balanceAfterMinor?: number | undefined;
}

/** Amounts may be kept more coarsely than the balances that follow from them: a link may be off by this. */
const BALANCE_TOLERANCE_MINOR = 20;

/**
 * A day's lines in the order in which their balances follow from one another, which is not always the
 * order of the file; where no line follows, the file's order. `openingMinor` null is not known.
 */
export function inBalanceOrder<Line extends BalancedLine>(
  lines: readonly Line[],
  openingMinor: number | null,
): Line[] {
  const left = [...lines];
  const ordered: Line[] = [];
  let balanceMinor = openingMinor;
  while (left.length > 0) {
    const before = balanceMinor;
    const next = left.findIndex(
      ({ amountMinor, balanceAfterMinor: after }) =>
        before !== null &&
        after !== undefined &&
        Math.abs(before + amountMinor - after) <= BALANCE_TOLERANCE_MINOR,
    );
    for (const line of left.splice(Math.max(0, next), 1)) {
      ordered.push(line);
      balanceMinor = line.balanceAfterMinor ?? null;
    }
  }
  return ordered;
}
