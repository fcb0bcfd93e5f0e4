import type { z } from 'zod';
import type { BusinessDate } from '../../shared/domain/calendar.ts';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import type { JournalEntry } from '../../shared/domain/lending/ledger.ts';
import { continueLoan, replayLoan } from '../../shared/domain/lending/loan.ts';
import {
  interestOutstandingMinor,
  type LoanState,
  payoffMinor,
} from '../../shared/domain/lending/loan-state.ts';
import { loanStatement } from '../../shared/domain/lending/loan-statement.ts';
import type { LoanStore, StoredLoan } from '../../shared/store/loans.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import type { prepaymentQuote, statement } from './loan-documents.ts';
import { stateToday } from './loan-view.ts';
import { refusal } from './record-event.ts';

export interface ReadLoanDependencies {
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly loans: Pick<LoanStore, 'get' | 'readEvents' | 'readJournal'>;
}

export interface LoanOfProgram {
  readonly tenantId: string;
  readonly programId: string;
  readonly loanId: string;
}

/** The lender of a program the tenant is a party of; DomainError `not_found` otherwise. */
export async function lenderOf(
  { tenantId, programId }: Pick<LoanOfProgram, 'tenantId' | 'programId'>,
  { programs }: Pick<ReadLoanDependencies, 'programs'>,
): Promise<string> {
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  return grant.lenderTenantId;
}

/** Raises `forbidden` when the tenant is another party of the program: its money is the lender's. */
export async function requireLender(
  input: Pick<LoanOfProgram, 'tenantId' | 'programId'>,
  dependencies: Pick<ReadLoanDependencies, 'programs'>,
): Promise<string> {
  const lender = await lenderOf(input, dependencies);
  if (lender !== input.tenantId) throw new DomainError('forbidden', 'only the program’s lender may do this');
  return lender;
}

export interface FoundLoan extends StoredLoan {
  readonly lender: string;
}

/** A loan of a program the tenant is a party of; DomainError `not_found` otherwise. */
export async function findLoan(input: LoanOfProgram, dependencies: ReadLoanDependencies): Promise<FoundLoan> {
  const lender = await lenderOf(input, dependencies);
  const found = await dependencies.loans.get(lender, input.programId, input.loanId);
  if (found === undefined) throw new DomainError('not_found', 'no such loan');
  return { lender, ...found };
}

/** A page of a loan's journal, oldest first; the cursor is the last sequence of the page before. */
export async function readJournalPage(
  { lender, record }: FoundLoan,
  limit: number,
  cursor: string | undefined,
  { loans }: ReadLoanDependencies,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly cursor: string | undefined }> {
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) {
    throw fieldError(
      'invalid_request',
      'query.cursor',
      'invalid_cursor',
      'cursor: pass the cursor of the page before, as it was given',
    );
  }
  const journal = await loans.readJournal(lender, record.state.loanId);
  const rest = journal.filter((entry) => entry.sequence > Number(cursor ?? 0));
  const entries = rest.slice(0, limit);
  return {
    entries,
    cursor: rest.length > limit ? String(entries.at(-1)?.sequence) : undefined,
  };
}

const statementTitles = {
  zh: { title: '贷款对账单', opening: '期初余额', closing: '期末余额' },
  en: { title: 'Loan statement', opening: 'Opening balance', closing: 'Closing balance' },
} as const;

/** A borrower's statement between two days in their language, interest to the last day included. */
export async function readStatement(
  { lender, record }: FoundLoan,
  period: { readonly from: BusinessDate | undefined; readonly through: BusinessDate | undefined },
  language: 'zh' | 'en',
  today: BusinessDate,
  { loans }: ReadLoanDependencies,
): Promise<z.output<typeof statement>> {
  const { acceptedOn } = record.state;
  const through = period.through === undefined || period.through > today ? today : period.through;
  const from = period.from === undefined || period.from < acceptedOn ? acceptedOn : period.from;
  if (through < from) {
    throw fieldError('invalid_request', 'query.through', 'before_from', 'through: must not be before from');
  }
  const log = (await loans.readEvents(lender, record.state.loanId)).map(({ event }) => event);
  const { movements } = replayLoan(log, through);
  const all = loanStatement(movements, acceptedOn, through);
  const openingMinor = all.findLast((line) => line.businessDate < from)?.balanceMinor ?? 0;
  return {
    loanId: record.state.loanId,
    applicationId: record.state.contract.applicationId,
    language,
    ...statementTitles[language],
    from,
    through,
    currency: record.state.contract.currency,
    openingMinor,
    lines: all
      .filter((line) => line.businessDate >= from)
      .map(({ sentences, ...line }) => ({ ...line, text: sentences[language] })),
    closingMinor: all.at(-1)?.balanceMinor ?? 0,
  };
}

export interface QuoteInput {
  readonly on: BusinessDate | undefined;
  /** Null asks only what closes the loan. */
  readonly amountMinor: number | undefined;
  readonly effect: 'reduce_installment' | 'shorten_term';
}

const interestToComeMinor = (state: LoanState) =>
  interestOutstandingMinor(state) +
  state.installments
    .filter((item) => !item.billed)
    .reduce((sum, item) => sum + item.interestMinor - item.interestPaidMinor, 0);

/** What closes a loan on a day, and what a payment ahead of schedule would change. Changes nothing itself. */
export function quotePrepayment(
  { record }: FoundLoan,
  { on, amountMinor, effect }: QuoteInput,
  today: BusinessDate,
): z.output<typeof prepaymentQuote> {
  const day = on ?? today;
  if (day < today) throw refusalOfDate(today);
  const state = stateToday(record, day);
  const wholeInterestMinor = interestToComeMinor(state);
  const quote = {
    loanId: state.loanId,
    applicationId: state.contract.applicationId,
    on: day,
    payoffMinor: payoffMinor(state),
    principalOutstandingMinor: state.principalOutstandingMinor,
    interestMinor: interestOutstandingMinor(state),
    penaltyMinor: state.penaltyMinor,
    creditMinor: state.creditMinor,
  };
  if (amountMinor === undefined) return { ...quote, after: null };
  const event = {
    type: 'prepayment' as const,
    loanId: state.loanId,
    eventId: 'quote',
    businessDate: day,
    amountMinor,
    effect,
  };
  const tried = continueLoan(state, event, day);
  if (tried.result !== 'applied') throw refusal(tried.result);
  const after = tried.replay.state;
  return {
    ...quote,
    after: {
      amountMinor,
      effect,
      status: after.status,
      principalOutstandingMinor: after.principalOutstandingMinor,
      interestSavedMinor:
        wholeInterestMinor -
        interestToComeMinor(after) -
        (after.paidMinor.interest - state.paidMinor.interest),
      installments: after.installments.filter((item) => !item.billed),
    },
  };
}

const refusalOfDate = (today: BusinessDate) =>
  fieldError('invalid_request', 'query.on', 'date_in_past', `on: must not be before ${today}`);
