import { DomainError } from '../../shared/domain/errors.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { LoanStore } from '../../shared/store/loans.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import { type DefaultDefinition, type LoanOutcome, loanOutcomeOf } from './loan-outcome.ts';

export interface LoanBook {
  readonly programs: Pick<ProgramStore, 'listGrants'>;
  readonly programLoans: Pick<ProgramLoans, 'snapshots'>;
  readonly loans: Pick<LoanStore, 'get' | 'readHistory'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'getApplication'>;
}

/** A loan of the book as a row of an outcomes file. */
export interface LoanBookRow {
  readonly loanId: string;
  readonly programId: string;
  readonly stationId: string;
  readonly entrepreneurId: string;
  readonly decidedAt: string;
  readonly requestedPrincipalMinor: number;
  readonly requestedTermMonths: number;
  /** Null while it is not known. */
  readonly outcome: LoanOutcome | null;
}

/**
 * The loans a lender paid out, program by program, each with the decision behind it and how it went. Raises
 * DomainError `corrupt_record` when a loan has no decision.
 */
export async function* loanBookOutcomes(
  lender: string,
  { programs, programLoans, loans, decisions }: LoanBook,
  definition: DefaultDefinition,
): AsyncGenerator<LoanBookRow> {
  for (const { lenderTenantId, programId } of await programs.listGrants(lender)) {
    if (lenderTenantId !== lender) continue;
    for (const { loanId, disbursedOn, status } of await programLoans.snapshots(lender, programId)) {
      if (disbursedOn === null || status === 'cancelled') continue;
      const stored = await loans.get(lender, programId, loanId);
      if (stored === undefined) continue;
      const { contract, asOf } = stored.record.state;
      const application = await decisions.getApplication(lender, programId, contract.applicationId);
      const decision = application && (await decisions.get(lender, programId, application.decisionId));
      if (application === undefined || decision === undefined) {
        throw new DomainError('corrupt_record', `${loanId}: no decision of ${contract.applicationId}`);
      }
      const { log } = await loans.readHistory(lender, stored);
      yield {
        loanId,
        programId,
        stationId: application.stationId,
        entrepreneurId: application.entrepreneurId,
        decidedAt: decision.decidedAt,
        requestedPrincipalMinor: application.requestedPrincipalMinor,
        requestedTermMonths: application.requestedTermMonths,
        outcome: loanOutcomeOf(log, asOf, definition),
      };
    }
  }
}

const columns = [
  ...['id', 'station_id', 'entrepreneur_id', 'decided_at', 'requested_principal_minor'],
  ...['requested_term_months', 'outcome_on', 'defaulted', 'meta_program'],
];

/** The lines of an outcomes file, as `readOutcomes` reads them: ids, days and numbers, none of which needs quotes. */
export async function* outcomeLines(rows: AsyncIterable<LoanBookRow>): AsyncGenerator<string> {
  yield columns.join(',');
  for await (const row of rows) {
    const { outcome } = row;
    yield [
      row.loanId,
      row.stationId,
      row.entrepreneurId,
      row.decidedAt,
      row.requestedPrincipalMinor,
      row.requestedTermMonths,
      outcome?.outcomeOn ?? '',
      outcome === null ? '' : Number(outcome.defaulted),
      row.programId,
    ].join(',');
  }
}
