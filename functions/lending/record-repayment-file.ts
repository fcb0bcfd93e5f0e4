import type { z } from 'zod';
import { DomainError } from '../../shared/domain/errors.ts';
import { type RecordEventDependencies, recordEvent } from './record-event.ts';
import type { repaymentFileLine, repaymentFileResult } from './repayment-file.ts';

type Line = z.output<typeof repaymentFileLine>;
type LineResult = z.output<typeof repaymentFileResult>;

/** Loans of one file that are written at once: more would only meet in the program's books. */
const LOANS_AT_ONCE = 4;

/**
 * Record the lines of a bank file, each by itself: recorded, a duplicate of what was recorded before, or rejected
 * with its reason. A file sent again, whole or in part, changes nothing. Lines of one loan keep their order.
 */
export async function recordRepaymentFile(
  input: { readonly lender: string; readonly programId: string; readonly lines: readonly Line[] },
  dependencies: RecordEventDependencies,
): Promise<LineResult[]> {
  const results: LineResult[] = [];
  const numbered = input.lines.map((line, index) => ({ line, index }));
  const waiting = [...Map.groupBy(numbered, ({ line }) => line.loanId).values()];
  const work = async () => {
    for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
      for (const { line, index } of lines) results[index] = await recordLine(input, line, dependencies);
    }
  };
  await Promise.all(Array.from({ length: LOANS_AT_ONCE }, work));
  return results;
}

async function recordLine(
  { lender, programId }: { readonly lender: string; readonly programId: string },
  { reference, loanId, businessDate, amountMinor }: Line,
  dependencies: RecordEventDependencies,
): Promise<LineResult> {
  try {
    const { receipt, replayed } = await recordEvent(
      {
        lender,
        programId,
        request: null,
        event: { type: 'repayment', loanId, eventId: reference, businessDate, amountMinor },
        bankReference: reference,
      },
      dependencies,
    );
    return { reference, result: replayed ? 'duplicate' : 'recorded', receipt };
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'corrupt_record') throw error;
    const [issue] = error.issues;
    return {
      reference,
      result: 'rejected',
      error: { code: issue?.code ?? error.code, field: issue?.field ?? 'loanId', message: error.message },
    };
  }
}
