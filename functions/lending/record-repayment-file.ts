import type { z } from 'zod';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type RecordEventDependencies, recordEvent } from './record-event.ts';
import type {
  RepaymentFile,
  RepaymentFileLine,
  RepaymentFileResult,
  repaymentFileReport,
} from './repayment-file.ts';

interface OfProgram {
  readonly lender: string;
  readonly programId: string;
}

interface JudgedLine {
  readonly result: RepaymentFileResult;
  readonly amountMinor: number;
}

/** Loans of one file that are written at once: more would only meet in the program's books. */
const LOANS_AT_ONCE = 4;

/**
 * Record the lines of a bank file, each by itself: recorded, a duplicate of what was recorded before, or rejected
 * with its field and reason. A line's reference is its idempotency key for good, so a file sent again, whole, in part
 * or mended, changes nothing that stands. Lines of one loan keep their order.
 */
export async function recordRepaymentFile(
  { lender, programId, file }: OfProgram & { readonly file: RepaymentFile },
  dependencies: RecordEventDependencies,
): Promise<z.output<typeof repaymentFileReport>> {
  const judged: JudgedLine[] = [];
  const numbered = file.lines.map((line, index) => ({ ...line, index }));
  const waiting = [...Map.groupBy(numbered, ({ said }) => textOf(said, 'loanId')).values()];
  const work = async () => {
    for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
      for (const { number, said, index } of lines) {
        judged[index] = await recordLine({ lender, programId }, file, number, said, dependencies);
      }
    }
  };
  await Promise.all(Array.from({ length: LOANS_AT_ONCE }, work));
  const of = (result: RepaymentFileResult['result']) =>
    judged.filter((line) => line.result.result === result);
  const sumOf = (lines: readonly JudgedLine[]) => lines.reduce((sum, line) => sum + line.amountMinor, 0);
  const [recorded, duplicates, rejected] = [of('recorded'), of('duplicate'), of('rejected')];
  return {
    fileSha256: file.fileSha256,
    recorded: recorded.length,
    duplicates: duplicates.length,
    rejected: rejected.length,
    recordedMinor: sumOf(recorded),
    duplicateMinor: sumOf(duplicates),
    rejectedMinor: sumOf(rejected),
    results: judged.map(({ result }) => result),
  };
}

async function recordLine(
  { lender, programId }: OfProgram,
  { schema }: RepaymentFile,
  line: number,
  said: unknown,
  dependencies: RecordEventDependencies,
): Promise<JudgedLine> {
  const of = { line, reference: textOf(said, 'reference') };
  try {
    if (said === null) {
      throw fieldError('invalid_request', '', 'malformed_line', 'has more or fewer cells than the header');
    }
    const read = parse(schema, said);
    const { reference, loanId, businessDate, amountMinor } = read;
    await requireCurrency({ lender, programId }, read, dependencies);
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
    return { result: { ...of, result: replayed ? 'duplicate' : 'recorded', receipt }, amountMinor };
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'corrupt_record') throw error;
    const [issue] = error.issues;
    return {
      result: {
        ...of,
        result: 'rejected',
        error: {
          code: issue?.code ?? error.code,
          field: issue?.field ?? 'loanId',
          message: issue?.message ?? error.message,
        },
      },
      amountMinor: schema.pick({ amountMinor: true }).strip().safeParse(said).data?.amountMinor ?? 0,
    };
  }
}

async function requireCurrency(
  { lender, programId }: OfProgram,
  { loanId, currency }: RepaymentFileLine,
  { loans }: RecordEventDependencies,
): Promise<void> {
  if (currency === undefined) return;
  const own = (await loans.get(lender, programId, loanId))?.record.state.contract.currency;
  if (own === undefined || own === currency) return;
  throw fieldError('invalid_request', 'currency', 'currency_differs', `the loan is in ${own}`);
}

function textOf(said: unknown, name: 'reference' | 'loanId'): string | null {
  if (typeof said !== 'object' || said === null || !(name in said)) return null;
  const value: unknown = Object.entries(said).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value.slice(0, 100) : null;
}
