import type { z } from 'zod';
import { addDays, type BusinessDate } from '../../shared/domain/calendar.ts';
import { accountCodes } from '../../shared/domain/lending/chart-of-accounts.ts';
import type { LoanSnapshot } from '../../shared/domain/lending/loan-snapshot.ts';
import {
  type Portfolio,
  portfolioAtRiskBps,
  portfolioAtRiskDays,
  portfolioBy,
  portfolioOf,
  portfolioYieldBps,
  vintages,
  type YieldAccount,
} from '../../shared/domain/lending/portfolio.ts';
import type { DayMovement, programBooks } from '../../shared/store/program-books.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ListedProgramGrant, ProgramStore } from '../../shared/store/programs.ts';
import type { portfolioFigures, portfolioView, trialBalanceView, yieldView } from './portfolio-view.ts';

export interface PortfolioDependencies {
  readonly programs: Pick<ProgramStore, 'listGrants' | 'getCapitalPosition'>;
  readonly listed: Pick<ProgramLoans, 'snapshots' | 'monthEnds'>;
  readonly books: Pick<ReturnType<typeof programBooks>, 'movements'>;
}

export interface PortfolioScope {
  readonly tenantId: string;
  readonly programId: string | undefined;
  readonly countyId: string | undefined;
}

/** Programs read at once: a national lender has one in every county. */
const PROGRAMS_AT_ONCE = 16;
const BOOKS_BEGIN = '1970-01-01';

async function programsOf(
  { tenantId, programId, countyId }: PortfolioScope,
  { programs }: Pick<PortfolioDependencies, 'programs'>,
): Promise<ListedProgramGrant[]> {
  const granted = await programs.listGrants(tenantId);
  return granted.filter(
    (grant) =>
      (programId === undefined || grant.programId === programId) &&
      (countyId === undefined || grant.countyId === countyId),
  );
}

async function ofEach<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += PROGRAMS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + PROGRAMS_AT_ONCE).map(read))));
  }
  return results;
}

function figuresOf(portfolio: Portfolio): z.output<typeof portfolioFigures> {
  const { atRiskMinor, ...figures } = portfolio;
  return {
    ...figures,
    portfolioAtRisk: portfolioAtRiskDays.map((days) => ({
      daysPastDue: days,
      outstandingMinor: atRiskMinor[days],
      shareBps: portfolioAtRiskBps(portfolio, days),
    })),
  };
}

/** The portfolio of the programs a tenant is a party of, whole and by a dimension, folded from snapshots. */
export async function readPortfolio(
  scope: PortfolioScope & { readonly by: 'program' | 'county' | 'recommender' },
  dependencies: PortfolioDependencies,
): Promise<z.output<typeof portfolioView>> {
  const granted = await programsOf(scope, dependencies);
  const snapshots: LoanSnapshot[] = (
    await ofEach(granted, ({ lenderTenantId, programId }) =>
      dependencies.listed.snapshots(lenderTenantId, programId),
    )
  ).flat();
  const dimension = { program: 'programId', county: 'countyId', recommender: 'recommenderId' } as const;
  const groups = [...portfolioBy(snapshots, dimension[scope.by])].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    by: scope.by,
    whole: figuresOf(portfolioOf(snapshots)),
    groups: groups.map(([key, portfolio]) => ({ key, ...figuresOf(portfolio) })),
  };
}

/** Cohorts by month of disbursement through their month ends. */
export async function readVintages(
  scope: PortfolioScope & { readonly from: BusinessDate; readonly through: BusinessDate },
  dependencies: PortfolioDependencies,
) {
  const granted = await programsOf(scope, dependencies);
  const monthEnds = await ofEach(granted, ({ lenderTenantId, programId }) =>
    dependencies.listed.monthEnds(lenderTenantId, programId, scope.from, scope.through),
  );
  return { vintages: vintages(monthEnds.flat()) };
}

/** What each program earned in a period over its average principal outstanding. */
export async function readYields(
  scope: PortfolioScope & { readonly from: BusinessDate; readonly through: BusinessDate },
  dependencies: PortfolioDependencies,
): Promise<z.output<typeof yieldView>> {
  const granted = await programsOf(scope, dependencies);
  const yields = await ofEach(granted, async ({ lenderTenantId, programId }) => {
    const all = await dependencies.books.movements(lenderTenantId, programId, BOOKS_BEGIN, scope.through);
    const inPeriod = all.filter((movement) => movement.postedOn >= scope.from);
    const earned = (account: DayMovement['account']) =>
      inPeriod.reduce((sum, each) => (each.account === account ? sum + each.amountMinor : sum), 0);
    const income: Record<YieldAccount, number> = {
      interest_income: earned('interest_income'),
      penalty_income: earned('penalty_income'),
      fee_income: earned('fee_income'),
      waived_income: earned('waived_income'),
    };
    const averageMinor = averagePrincipalMinor(all, scope.from, scope.through);
    return {
      programId,
      incomeMinor: 0 - Object.values(income).reduce((sum, minor) => sum + minor, 0),
      waivedMinor: income.waived_income,
      suspendedMinor: 0 - earned('suspended_interest') - earned('suspended_penalty'),
      averageOutstandingMinor: averageMinor,
      yieldBps: portfolioYieldBps(income, averageMinor, scope.from, addDays(scope.through, 1)),
    };
  });
  return { from: scope.from, through: scope.through, programs: yields };
}

/** Principal outstanding at the end of each day of a period, averaged. */
function averagePrincipalMinor(
  movements: readonly DayMovement[],
  from: BusinessDate,
  through: BusinessDate,
): number {
  const byDay = Map.groupBy(
    movements.filter(({ account }) => account === 'loan_principal'),
    ({ postedOn }) => (postedOn < from ? '' : postedOn),
  );
  const moved = (day: string) => (byDay.get(day) ?? []).reduce((sum, each) => sum + each.amountMinor, 0);
  let balanceMinor = moved('');
  let sumMinor = 0;
  let days = 0;
  for (let day = from; day <= through; day = addDays(day, 1)) {
    balanceMinor += moved(day);
    sumMinor += balanceMinor;
    days += 1;
  }
  return days === 0 ? 0 : Math.round(sumMinor / days);
}

/** A program's trial balance through a day, from the books of its days; of one of its lenders when named. */
export async function readTrialBalance(
  input: {
    readonly lender: string;
    readonly programId: string;
    readonly through: BusinessDate;
    readonly lenderTenantId: string | undefined;
  },
  { books }: Pick<PortfolioDependencies, 'books'>,
): Promise<z.output<typeof trialBalanceView>> {
  const movements = await books.movements(input.lender, input.programId, BOOKS_BEGIN, input.through);
  const balances = new Map<string, number>();
  for (const { account, lenderTenantId, amountMinor } of movements) {
    if (input.lenderTenantId !== undefined && lenderTenantId !== input.lenderTenantId) continue;
    balances.set(account, (balances.get(account) ?? 0) + amountMinor);
  }
  const accounts = accountCodes
    .map((account) => ({ account, balanceMinor: balances.get(account) ?? 0 }))
    .filter(({ balanceMinor }) => balanceMinor !== 0)
    .map(({ account, balanceMinor }) => ({
      account,
      debitMinor: Math.max(0, balanceMinor),
      creditMinor: Math.max(0, -balanceMinor),
    }));
  const debitMinor = accounts.reduce((sum, each) => sum + each.debitMinor, 0);
  const creditMinor = accounts.reduce((sum, each) => sum + each.creditMinor, 0);
  return {
    programId: input.programId,
    through: input.through,
    accounts,
    debitMinor,
    creditMinor,
    differenceMinor: debitMinor - creditMinor,
  };
}
