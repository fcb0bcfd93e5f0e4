import type { BusinessDate } from '../../shared/domain/calendar.ts';
import type { Station } from '../../shared/domain/station.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import type { RequestFacts } from '../../shared/features/request-facts.ts';

/** A loan of the past and how it went. */
export interface LoanOutcome {
  readonly loanId: string;
  readonly stationId: string;
  /** The day of the decision: only what came before is history. */
  readonly asOf: BusinessDate;
  readonly facts: RequestFacts;
  readonly defaulted: boolean;
  /** For reports by group; never features. */
  readonly meta: Readonly<Record<string, string>>;
}

/** One station, or one account standing for one, with all its transactions. */
export interface StationHistory {
  readonly station: Station;
  /** Ascending by business day. */
  readonly transactions: readonly Transaction[];
}

/** Histories and outcomes from outside, in our own schema. */
export interface OutcomeDataset {
  readonly name: string;
  readonly loans: readonly LoanOutcome[];
  readonly histories: () => AsyncIterable<StationHistory>;
}
