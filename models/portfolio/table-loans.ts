import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from '../../shared/domain/decision.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import type { Program } from '../../shared/domain/program.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { loanStore } from '../../shared/store/loans.ts';
import { programBooks } from '../../shared/store/program-books.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reservationStore } from '../../shared/store/reservations.ts';
import { sampleProgram } from '../simulator/sample-program.ts';
import { LENDER, PROGRAM } from './simulate-life.ts';
import {
  type Approval,
  faultyCommit,
  type KeptLoan,
  LostAnswer,
  type SimulatedStore,
  type StoreFaults,
} from './simulated-store.ts';

const OPERATOR = 'ten_operator';
const LOANS_AT_ONCE = 16;
/** An engine that died takes some tenths of a second to come back. */
const NO_ANSWER_WAIT_MS = 20;

function simulatedProgram(capitalMinor: number): Program {
  const sample = sampleProgram({
    programId: PROGRAM,
    countyId: 'cty_simulated',
    lenderTenantId: LENDER,
    incubatorTenantId: 'ten_incubator',
    platformTenantId: 'ten_platform',
    capitalMinor,
    opensOn: '2020-01-01',
    closesOn: '2039-12-31',
  });
  // What a simulated life borrows is bounded by its capital alone.
  const bounds = { maximumPrincipalMinor: 100_000_000, singleBorrowerLimitMinor: 100_000_000 };
  return { ...sample, policy: { ...sample.policy, ...bounds, termMonths: [6, 12] } };
}

/** An approval as the store sees one: what it promises is real, what it was decided from is not. */
function decisionOf({ id, contract, approvedAtMs }: Approval, of: Program): Decision {
  const decidedAt = new Date(approvedAtMs).toISOString();
  const { applicationId, borrowerId, principalMinor, termMonths, stationId = `stn_${id}` } = contract;
  return {
    decisionId: `dec_${id}`,
    lenderTenantId: LENDER,
    decidedAt,
    outcome: 'approved',
    automated: true,
    policyVersion: of.policy.policyVersion,
    termsVersion: '1',
    featureListHash: null,
    input: {
      application: {
        applicationId,
        decisionId: `dec_${id}`,
        programId: PROGRAM,
        stationId,
        entrepreneurId: borrowerId,
        submittedAt: decidedAt,
        currency: contract.currency,
        requestedPrincipalMinor: principalMinor,
        requestedTermMonths: termMonths,
        purpose: 'stock',
        automatedDecision: 'accepted',
      },
      program: of,
      terms: termsOf(of, null),
      station: null,
      entrepreneur: null,
      consentId: null,
      history: null,
      cashFlow: null,
      features: null,
      score: null,
      reservedCapitalMinor: 0,
      borrowerExposureMinor: 0,
      recommenderLimitMinor: null,
    },
    rules: [],
    reasons: [],
    pathToApproval: null,
    affordability: null,
    pricing: null,
    offers: [],
    limitMinor: principalMinor,
  };
}

/** A call whose answer did not come, whatever stopped it: the engine may have died, before or after its effect. */
async function answerOf<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof LostAnswer) throw error;
    if (error instanceof DomainError && error.code !== 'too_many_requests') throw error;
    await sleep(NO_ANSWER_WAIT_MS);
    throw new LostAnswer('no answer', { cause: error });
  }
}

/**
 * The loan store itself, on a table, with the same faults between it and its caller; a real approval reserves the
 * capital of each loan. Opens the simulation's program.
 */
export async function tableLoans(
  table: StoreTable,
  capitalMinor: number,
  faults: StoreFaults,
): Promise<SimulatedStore> {
  const loans = loanStore(table);
  const programs = programStore(table);
  const decisions = decisionStore(table);
  const reservations = reservationStore(table);
  const of = simulatedProgram(capitalMinor);
  await programs.put(OPERATOR, of);
  const injected = { lostBefore: 0, lostAfter: 0, conflicts: 0 };

  async function keptLoan(loanId: string): Promise<KeptLoan> {
    const [stored, events, journal] = await Promise.all([
      loans.get(LENDER, PROGRAM, loanId),
      loans.readEvents(LENDER, loanId),
      loans.readJournal(LENDER, loanId),
    ]);
    if (stored === undefined) throw new Error(`${loanId} is listed and is not`);
    return { stored, events, journal };
  }

  return {
    injected,
    get: (...given) => answerOf(() => loans.get(...given)),
    getEvent: (...given) => answerOf(() => loans.getEvent(...given)),
    getReference: (...given) => answerOf(() => loans.getReference(...given)),
    readHistory: (...given) => answerOf(() => loans.readHistory(...given)),
    firstResultId: (...given) => answerOf(() => loans.firstResultId(...given)),
    commit: faultyCommit((step) => answerOf(() => loans.commit(step)), faults, injected),

    promise: (approval) =>
      answerOf(async () => {
        const decision = decisionOf(approval, of);
        const result = await decisions.commit({
          application: decision.input.application,
          decision,
          request: {
            tenantId: 'ten_incubator',
            operation: 'submitApplication',
            key: `approve-${approval.id}`,
            inputHash: `${approval.id}`,
          },
          nowMs: approval.approvedAtMs,
        });
        if (result.kind !== 'conflict') return true;
        const capital = await programs.getCapital(LENDER, PROGRAM);
        const availableMinor = (capital?.capitalMinor ?? 0) - (capital?.reservedMinor ?? 0);
        if (availableMinor >= decision.limitMinor) throw new LostAnswer('conflict');
        return false;
      }),

    held: (approval) => answerOf(() => reservations.get(LENDER, PROGRAM, decisionOf(approval, of))),

    release: (approval) =>
      answerOf(async () => {
        const held = await reservations.get(LENDER, PROGRAM, decisionOf(approval, of));
        // As the sweep does when its day has passed; a repeat finds it released.
        const onMs = approval.approvedAtMs + 31 * 86_400_000;
        if (held?.status === 'open') await reservations.release(LENDER, PROGRAM, held, onMs);
      }),

    async accounts() {
      const listed = await programLoans(table).snapshots(LENDER, PROGRAM);
      const kept: KeptLoan[] = [];
      for (let start = 0; start < listed.length; start += LOANS_AT_ONCE) {
        const some = listed.slice(start, start + LOANS_AT_ONCE);
        kept.push(...(await Promise.all(some.map(({ loanId }) => keptLoan(loanId)))));
      }
      const through = '2099-12-31';
      const movements = await programBooks(table).movements(LENDER, PROGRAM, '2000-01-01', through);
      const booksMinor = new Map<string, number>();
      for (const { account, amountMinor } of movements) {
        booksMinor.set(account, (booksMinor.get(account) ?? 0) + amountMinor);
      }
      const capital = await programs.getCapitalPosition(LENDER, PROGRAM);
      if (capital === undefined) throw new Error('the program is gone');
      return { loans: kept, booksMinor, capital };
    },
  };
}
