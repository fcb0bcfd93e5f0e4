import { station } from '../../shared/domain/station.ts';
import {
  BERKA_CURRENCY,
  BERKA_TIME_ZONE,
  type BerkaAccount,
  type BerkaLoan,
  berkaRequestFacts,
  readBerkaAccounts,
  readBerkaHistories,
  readBerkaLoans,
} from './berka.ts';
import type { LoanOutcome, OutcomeDataset, StationHistory } from './outcome-dataset.ts';

/** The Berka folder as an outcome data set: an account stands for a station. */
export async function berkaDataset(folder: string): Promise<OutcomeDataset> {
  const [loans, accounts] = await Promise.all([readBerkaLoans(folder), readBerkaAccounts(folder)]);
  const accountOf = (stationId: string): BerkaAccount => {
    const account = accounts.get(stationId);
    if (account === undefined) throw new Error(`accounts.csv.gz: no account for ${stationId}`);
    return account;
  };
  async function* histories(): AsyncGenerator<StationHistory> {
    for await (const { stationId, transactions } of readBerkaHistories(folder)) {
      yield { station: stationOf(accountOf(stationId)), transactions };
    }
  }
  return {
    name: 'Berka (PKDD’99 financial data)',
    loans: loans.map((loan) => outcomeOf(loan, accountOf(loan.stationId))),
    histories,
  };
}

function stationOf({ stationId, openedOn, meta }: BerkaAccount) {
  return station.parse({
    stationId,
    countyId: `cty_berka-${meta.district}`,
    village: meta.district,
    openedOn,
    stage: 'partner',
    currency: BERKA_CURRENCY,
    timeZone: BERKA_TIME_ZONE,
  });
}

function outcomeOf(loan: BerkaLoan, account: BerkaAccount): LoanOutcome {
  return {
    loanId: loan.loanId,
    stationId: loan.stationId,
    asOf: loan.asOf,
    facts: berkaRequestFacts(loan, account),
    defaulted: loan.defaulted,
    meta: { sex: account.meta.sex, district: account.meta.district },
  };
}
