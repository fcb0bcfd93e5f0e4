import { DomainError } from '../../shared/domain/errors.ts';
import type { IdempotentRequest } from '../../shared/domain/idempotency.ts';
import type { LoanEvent } from '../../shared/domain/lending/loan-event.ts';
import { recommenderLimit, recommenderRecord } from '../../shared/domain/lending/recommender.ts';
import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { type Principal, requireOwn } from '../../shared/http/principal.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import { collectionStore } from '../../shared/store/collections.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { inputHash } from '../../shared/store/idempotency.ts';
import { lendingTermsStore } from '../../shared/store/lending-terms.ts';
import { loanStore } from '../../shared/store/loans.ts';
import { programBooks } from '../../shared/store/program-books.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reservationStore } from '../../shared/store/reservations.ts';
import { reviewStore } from '../../shared/store/reviews.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { acceptOffer, readOfferCalendar } from './accept-offer.ts';
import { readWorklist, recordContact } from './collections.ts';
import { commitTerms, putTermsDraft, readTerms } from './lending-terms.ts';
import { loanViewOf, stateToday } from './loan-view.ts';
import {
  findLoan,
  lenderOf,
  quotePrepayment,
  readJournalPage,
  readStatement,
  requireLender,
} from './read-loan.ts';
import { readPortfolio, readTrialBalance, readVintages, readYields } from './read-portfolio.ts';
import { eventIdOf, recordEvent, todayOf } from './record-event.ts';
import { recordRepaymentFile } from './record-repayment-file.ts';

export interface LendingDependencies extends HttpRuntime {
  readonly table: StoreTable;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

interface LoanRequest {
  readonly principal: Principal;
  readonly params: { readonly programId: string; readonly loanId: string };
  readonly headers: { readonly 'idempotency-key': string };
}

/** What a caller says of an event; the day is today unless it says otherwise. */
type SaidEvent = LoanEvent extends infer Each
  ? Each extends LoanEvent
    ? Omit<Each, 'loanId' | 'eventId' | 'businessDate'> & { readonly businessDate?: string | undefined }
    : never
  : never;

/** The life of a loan over HTTP: offers, money, reading, portfolio, collections and terms. */
export function createHandler(dependencies: LendingDependencies): HttpFunction {
  const { table, nowMs, log, limiter, random, sleep } = dependencies;
  const stores = {
    programs: programStore(table),
    decisions: decisionStore(table),
    reviews: reviewStore(table),
    reservations: reservationStore(table),
    loans: loanStore(table),
    listed: programLoans(table),
    books: programBooks(table),
    terms: lendingTermsStore(table),
    contacts: collectionStore(table),
    nowMs,
    random,
    sleep,
  };
  const today = () => todayOf(nowMs());
  const replayedHeader = (replayed: boolean) => ({ 'idempotent-replayed': String(replayed) });

  const requestOf = (operation: string, { principal, params, headers }: LoanRequest, body: unknown) =>
    ({
      tenantId: principal.tenantId,
      operation,
      key: headers['idempotency-key'],
      inputHash: inputHash({ ...params, body }),
    }) satisfies IdempotentRequest;

  /** Every route that moves a loan's money: the lender's own. */
  async function record(
    operation: string,
    request: LoanRequest,
    body: unknown,
    said: SaidEvent,
    reference?: string,
  ) {
    const { principal, params } = request;
    const lender = await requireLender({ tenantId: principal.tenantId, ...params }, stores);
    return recordOn(lender, operation, request, body, said, reference);
  }

  /** An event on a lender's loan, once for each key, answered by its receipt. */
  async function recordOn(
    lender: string,
    operation: string,
    request: LoanRequest,
    body: unknown,
    said: SaidEvent,
    reference?: string,
  ) {
    const { params } = request;
    const keyed = requestOf(operation, request, body);
    // Today is part of the event, not of the request: a repeat after midnight is still the same request.
    const recorded = await stores.loans.firstResultId(keyed, nowMs());
    const eventId = recorded ?? reference ?? eventIdOf(keyed);
    const first = await stores.loans.getEvent(lender, params.loanId, eventId);
    const businessDate = said.businessDate ?? first?.event.businessDate ?? today();
    const event = { ...said, loanId: params.loanId, eventId, businessDate } as LoanEvent;
    const { receipt, replayed } = await recordEvent(
      { lender, programId: params.programId, request: keyed, event, bankReference: reference },
      stores,
    );
    return { body: receipt, headers: replayedHeader(replayed) };
  }

  const found = async (
    principal: Principal,
    params: { readonly programId: string; readonly loanId: string },
  ) => {
    const loan = await findLoan({ tenantId: principal.tenantId, ...params }, stores);
    requireOwn(principal, loan.record.state.contract.borrowerId);
    return loan;
  };

  const handlers: HandlersFor<'lending'> = {
    getOfferCalendar: async ({ principal, params, query }) => {
      const { calendar, borrowerId } = await readOfferCalendar(
        {
          tenantId: principal.tenantId,
          ...params,
          disbursedOn: query.disbursedOn,
        },
        stores,
      );
      requireOwn(principal, borrowerId);
      return { body: calendar };
    },
    acceptOffer: async ({ principal, params, headers }) => {
      const { receipt, replayed } = await acceptOffer(
        {
          tenantId: principal.tenantId,
          ...params,
          idempotencyKey: headers['idempotency-key'],
          requireOwn: (borrower) => requireOwn(principal, borrower),
        },
        stores,
      );
      return { body: receipt, headers: replayedHeader(replayed) };
    },
    cancelLoan: async (request) => {
      const { principal, params, body } = request;
      const { lender } = await found(principal, params);
      // Whoever is not the lender asks on the borrower's behalf, as whoever accepts does.
      const isLender = principal.tenantId === lender && principal.applicantId === undefined;
      const cancelledBy = isLender ? 'lender' : 'borrower';
      return recordOn(lender, 'cancelLoan', request, body, { type: 'contract_cancelled', cancelledBy });
    },
    recordDisbursement: (request) => {
      const { phase, businessDate } = request.body;
      return record('recordDisbursement', request, request.body, {
        type: `disbursement_${phase}`,
        businessDate,
      });
    },
    recordRepayment: (request) => {
      const { reference, ...said } = request.body;
      return record('recordRepayment', request, request.body, said, reference);
    },
    reverseRepayment: (request) => {
      const { eventId: paymentEventId, ...params } = request.params;
      const said = { type: 'repayment_reversed', paymentEventId, ...request.body } as const;
      return record('reverseRepayment', { ...request, params }, { paymentEventId, ...request.body }, said);
    },
    recordRepaymentFile: async ({ principal: { tenantId }, params: { programId }, body: file }) => {
      const lender = await requireLender({ tenantId, programId }, stores);
      const report = await recordRepaymentFile({ lender, programId, file }, stores);
      // Nothing of it was new: the file, or all it holds, was sent before.
      return { body: report, headers: replayedHeader(report.duplicates === report.results.length) };
    },
    changeLoan: (request) => record('changeLoan', request, request.body, request.body),
    listLoans: async ({ principal: { tenantId }, params: { programId }, query: { limit, cursor } }) => {
      const lender = await lenderOf({ tenantId, programId }, stores);
      const page = await stores.listed.list(lender, programId, limit, cursor);
      return {
        body: { loans: page.loans, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) },
      };
    },
    getLoan: async ({ principal, params }) => ({
      body: loanViewOf((await found(principal, params)).record, today()),
    }),
    getLoanSchedule: async ({ principal, params }) => {
      const { loanId, asOf, installments, fees } = stateToday(
        (await found(principal, params)).record,
        today(),
      );
      return { body: { loanId, asOf, installments, fees } };
    },
    getLoanJournal: async ({ principal, params, query: { limit, cursor } }) => {
      const page = await readJournalPage(await found(principal, params), limit, cursor, stores);
      return {
        body: {
          entries: [...page.entries],
          ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }),
        },
      };
    },
    getLoanStatement: async ({ principal, params, query: { from, through, language } }) => ({
      body: await readStatement(await found(principal, params), { from, through }, language, today(), stores),
    }),
    getPrepaymentQuote: async ({ principal, params, query }) => ({
      body: quotePrepayment(
        await found(principal, params),
        { on: query.on, amountMinor: query.amountMinor, effect: query.effect },
        today(),
      ),
    }),
    getPortfolio: async ({ principal: { tenantId }, query: { by, programId, countyId } }) => ({
      body: await readPortfolio({ tenantId, programId, countyId, by }, stores),
    }),
    getVintages: async ({ principal: { tenantId }, query: { from, through, programId, countyId } }) => ({
      body: await readVintages({ tenantId, programId, countyId, from, through }, stores),
    }),
    getYields: async ({ principal: { tenantId }, query: { from, through, programId, countyId } }) => ({
      body: await readYields({ tenantId, programId, countyId, from, through }, stores),
    }),
    getTrialBalance: async ({ principal: { tenantId }, params: { programId, date }, query }) => {
      const lender = await lenderOf({ tenantId, programId }, stores);
      return {
        body: await readTrialBalance(
          { lender, programId, through: date, lenderTenantId: query.lenderTenantId },
          stores,
        ),
      };
    },
    getCapital: async ({ principal: { tenantId }, params: { programId } }) => {
      const lender = await lenderOf({ tenantId, programId }, stores);
      const position = await stores.programs.getCapitalPosition(lender, programId);
      if (position === undefined) throw new DomainError('corrupt_record', 'a grant names no program');
      return { body: { programId, ...position } };
    },
    getRecommender: async ({ principal: { tenantId }, params: { programId, entrepreneurId } }) => {
      const lender = await lenderOf({ tenantId, programId }, stores);
      const [vouched, inForce] = await Promise.all([
        stores.listed.vouchedFor(lender, entrepreneurId),
        stores.terms.inForce(lender, programId, today()),
      ]);
      const ofProgram = vouched.filter((loan) => loan.programId === programId);
      const fared = recommenderRecord(entrepreneurId, ofProgram);
      const policy = inForce?.recommenders;
      return { body: { ...fared, limit: policy === undefined ? null : recommenderLimit(fared, policy) } };
    },
    listCollections: async ({ principal: { tenantId }, params: { programId } }) => {
      const lender = await requireLender({ tenantId, programId }, stores);
      return { body: { loans: await readWorklist({ lender, programId }, stores) } };
    },
    recordContact: async (request) => {
      const { principal, params, body } = request;
      const lender = await requireLender({ tenantId: principal.tenantId, ...params }, stores);
      await findLoan({ tenantId: principal.tenantId, ...params }, stores);
      const keyed = requestOf('recordContact', request, body);
      const { contact, replayed } = await recordContact(
        { lender, loanId: params.loanId, request: keyed, made: body },
        stores,
      );
      return { body: contact, headers: replayedHeader(replayed) };
    },
    listContacts: async ({ principal, params }) => {
      const { tenantId } = principal;
      const lender = await requireLender({ tenantId, ...params }, stores);
      await findLoan({ tenantId, ...params }, stores);
      return { body: { contacts: await stores.contacts.list(lender, params.loanId) } };
    },
    putTermsDraft: async ({ principal: { tenantId }, params: { programId }, body }) => {
      const lender = await requireLender({ tenantId, programId }, stores);
      return { body: await putTermsDraft({ lender, draft: { programId, ...body } }, stores) };
    },
    commitTerms: async ({ principal: { tenantId }, params: { programId }, body: { version } }) => {
      const lender = await requireLender({ tenantId, programId }, stores);
      return { body: await commitTerms({ lender, programId, version }, stores) };
    },
    getTerms: async ({ principal: { tenantId }, params: { programId } }) => {
      const lender = await lenderOf({ tenantId, programId }, stores);
      return { body: await readTerms({ lender, programId }, stores) };
    },
  };
  return httpFunction({
    functionName: 'lending',
    routes: routesFor('lending'),
    handlers,
    nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}
