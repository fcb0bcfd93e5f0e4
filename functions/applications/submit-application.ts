import type { Application, ApplicationRequest } from '../../shared/domain/application.ts';
import { addDays, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import { type Consent, consentInForce } from '../../shared/domain/consent.ts';
import { decide, needsScore } from '../../shared/domain/decide.ts';
import { type Decision, type DecisionInput, decision } from '../../shared/domain/decision.ts';
import type { Entrepreneur } from '../../shared/domain/entrepreneur.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { IdempotentRequest } from '../../shared/domain/idempotency.ts';
import type { NewId } from '../../shared/domain/identifiers.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import type { CommittedProgramTerms } from '../../shared/domain/lending/program-terms.ts';
import { mayVouchForMinor } from '../../shared/domain/lending/recommender.ts';
import type { Program } from '../../shared/domain/program.ts';
import type { Station } from '../../shared/domain/station.ts';
import { averageMonthlyCashFlow } from '../../shared/features/cash-flow.ts';
import { features } from '../../shared/features/feature-list.ts';
import { HISTORY_WINDOW_DAYS, historyView } from '../../shared/features/history-view.ts';
import { featureVector, historyExtent } from '../../shared/features/point-in-time-features.ts';
import { INDICATIVE_ANNUAL_RATE_BPS } from '../../shared/features/request-facts.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { EntrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { inputHash } from '../../shared/store/idempotency.ts';
import type { LendingTermsStore } from '../../shared/store/lending-terms.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ProgramGrant, ProgramStore } from '../../shared/store/programs.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import { historyVersion } from '../../shared/store/summary-codec.ts';

export interface SubmitApplicationInput {
  /** The party of the program that submits for the applicant. */
  readonly tenantId: string;
  readonly programId: string;
  readonly idempotencyKey: string;
  readonly request: ApplicationRequest;
  /** The decline that is decided again on corrected facts. */
  readonly correctsDecisionId?: string;
}

export interface SubmitApplicationDependencies {
  readonly programs: Pick<ProgramStore, 'get' | 'getCapital' | 'getGrant'>;
  readonly stations: Pick<StationStore, 'get'>;
  readonly entrepreneurs: Pick<EntrepreneurStore, 'get'>;
  readonly bundles: Pick<DayBundleStore, 'readSummariesKnownAt'>;
  readonly terms: Pick<LendingTermsStore, 'inForce'>;
  readonly listed: Pick<ProgramLoans, 'vouchedFor'>;
  readonly decisions: Pick<DecisionStore, 'commit' | 'firstResultId' | 'get' | 'getExposureMinor'>;
  readonly scorer: Pick<Scorer, 'model' | 'scoreCard'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly newId: NewId;
  /** 0 up to 1, for jitter alone. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface SubmittedApplication {
  readonly decision: Decision;
  /** The same request was decided before; this is that decision. */
  readonly replayed: boolean;
}

/** Other approvals of the program move its capital: with jitter, eight attempts outlast dozens of them. */
const COMMIT_ATTEMPTS_MAX = 8;
const BACKOFF_MS_FIRST = 10;
const RETRY_AFTER_SECONDS = 1;

/**
 * Decide on an application, once for each idempotency key: load what the decision reads, decide, and commit
 * the decision with everything it promises. When the world moved between load and commit, decide again.
 *
 * Raises DomainError `not_found` when the tenant is no party of such a program, `idempotency_key_reused` when
 * the key stands for another request, `idempotency_in_progress` or `too_many_requests` when others kept the
 * commit from happening; nothing has happened then, and the same request may be sent again.
 */
export async function submitApplication(
  input: SubmitApplicationInput,
  dependencies: SubmitApplicationDependencies,
): Promise<SubmittedApplication> {
  const { decisions, programs, nowMs, random, sleep } = dependencies;
  const request: IdempotentRequest = {
    tenantId: input.tenantId,
    operation: input.correctsDecisionId === undefined ? 'submitApplication' : 'correctDecision',
    key: input.idempotencyKey,
    inputHash: inputHash({
      programId: input.programId,
      request: input.request,
      correctsDecisionId: input.correctsDecisionId,
    }),
  };
  const grant = await programs.getGrant(input.tenantId, input.programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');

  for (let attempt = 1; ; attempt += 1) {
    const first = await decisions.firstResultId(request, nowMs());
    if (first !== undefined) return { decision: await decided(grant, first, decisions), replayed: true };

    const submittedMs = nowMs();
    const made = await decideOnce(input, grant, submittedMs, dependencies);
    const result = await decisions.commit({
      application: made.input.application,
      decision: made,
      request,
      nowMs: submittedMs,
    });
    if (result.kind === 'committed') return { decision: made, replayed: false };
    if (result.kind === 'answered') {
      return { decision: await decided(grant, result.decisionId, decisions), replayed: true };
    }
    if (attempt === COMMIT_ATTEMPTS_MAX) {
      throw result.sameRequest
        ? new DomainError('idempotency_in_progress', 'the same request is being decided', retryAfter)
        : new DomainError(
            'too_many_requests',
            'the program is busy: send the same request again',
            retryAfter,
          );
    }
    await sleep(random() * BACKOFF_MS_FIRST * 2 ** attempt);
  }
}

const retryAfter = { retryAfterSeconds: RETRY_AFTER_SECONDS };

async function decided(
  grant: ProgramGrant,
  id: string,
  decisions: Pick<DecisionStore, 'get'>,
): Promise<Decision> {
  const stored = await decisions.get(grant.lenderTenantId, grant.programId, id);
  if (stored === undefined)
    throw new DomainError('corrupt_record', 'an idempotency record names no decision');
  return stored;
}

/** Load, score where the rules want a score, decide. */
async function decideOnce(
  { request, correctsDecisionId }: Pick<SubmitApplicationInput, 'request' | 'correctsDecisionId'>,
  grant: ProgramGrant,
  submittedMs: number,
  dependencies: SubmitApplicationDependencies,
): Promise<Decision> {
  const { scorer, newId } = dependencies;
  const unscored = await loadInput(request, grant, submittedMs, dependencies, {
    applicationId: newId('app'),
    decisionId: newId('dec'),
    ...(correctsDecisionId === undefined ? {} : { correctsDecisionId }),
  });
  const decidedAt = unscored.application.submittedAt;
  const score =
    unscored.features !== null && needsScore(unscored, decidedAt)
      ? await scorer.scoreCard(vectorOf(unscored.features))
      : null;
  // Parsed so that the stored text, the answer and a replay agree to the byte.
  return decision.parse(
    decide({ ...unscored, score }, { decidedAt, model: scorer.model, explanations: features }),
  );
}

const vectorOf = (values: readonly (number | null)[]) =>
  Float32Array.from(values, (value) => value ?? Number.NaN);

type DecisionIds = Pick<Application, 'applicationId' | 'decisionId' | 'correctsDecisionId'>;

/**
 * Everything the decision reads. The history is read last, and only when the applicant has consented to it
 * and to a machine's decision: without that, no data is read at all.
 */
async function loadInput(
  request: ApplicationRequest,
  grant: ProgramGrant,
  submittedMs: number,
  { programs, stations, entrepreneurs, bundles, decisions, terms, listed }: SubmitApplicationDependencies,
  ids: DecisionIds,
): Promise<DecisionInput> {
  const { lenderTenantId: lender, platformTenantId: platform, programId } = grant;
  const [program, capital, station, person, borrowerExposureMinor, committed] = await Promise.all([
    programs.get(lender, programId),
    programs.getCapital(lender, programId),
    stations.get(platform, request.stationId),
    entrepreneurs.get(platform, request.entrepreneurId),
    decisions.getExposureMinor(lender, request.entrepreneurId),
    terms.inForce(lender, programId, businessDateOf(submittedMs, DEFAULT_TIME_ZONE)),
  ]);
  if (program === undefined || capital === undefined) {
    throw new DomainError('corrupt_record', 'a grant names no program');
  }
  const consent = consentInForce(person?.consents ?? [], 'credit_decision', lender, submittedMs);
  const application = applicationOf(request, program, submittedMs, ids);
  const known = {
    application,
    program,
    terms: termsOf(program, committed),
    station: station ?? null,
    entrepreneur: person?.entrepreneur ?? null,
    consentId: consent?.consentId ?? null,
    reservedCapitalMinor: capital.reservedMinor,
    borrowerExposureMinor,
    recommenderLimitMinor: await recommenderLimitMinor(lender, committed, person?.entrepreneur, listed),
    score: null,
  };
  if (station === undefined || !mayReadHistory(application, consent)) {
    return { ...known, history: null, cashFlow: null, features: null };
  }
  return { ...known, ...(await readHistory(known, station, platform, submittedMs, bundles)) };
}

/** Read only where the terms bound what a partner may vouch for. */
async function recommenderLimitMinor(
  lender: string,
  committed: CommittedProgramTerms | null,
  applicant: Entrepreneur | undefined,
  listed: Pick<ProgramLoans, 'vouchedFor'>,
): Promise<number | null> {
  const recommenderId = applicant?.recommenderId;
  if (recommenderId === undefined || committed?.recommenders === undefined) return null;
  const vouched = await listed.vouchedFor(lender, recommenderId);
  return mayVouchForMinor(recommenderId, committed.programId, committed.recommenders, vouched);
}

const mayReadHistory = (application: Application, consent: Consent | undefined) =>
  application.automatedDecision === 'accepted' && consent !== undefined;

async function readHistory(
  { application, entrepreneur }: Pick<DecisionInput, 'application' | 'entrepreneur'>,
  station: Station,
  platform: string,
  asOfMs: number,
  bundles: Pick<DayBundleStore, 'readSummariesKnownAt'>,
): Promise<Pick<DecisionInput, 'history' | 'cashFlow' | 'features'>> {
  const today = businessDateOf(asOfMs, station.timeZone);
  const summaries = await bundles.readSummariesKnownAt(
    platform,
    station,
    addDays(today, -HISTORY_WINDOW_DAYS),
    addDays(today, -1),
    asOfMs,
  );
  const view = historyView(summaries, today);
  const vector = featureVector(view, {
    requestedPrincipalMinor: application.requestedPrincipalMinor,
    requestedTermMonths: application.requestedTermMonths,
    indicativeAnnualRateBps: INDICATIVE_ANNUAL_RATE_BPS,
    station,
    entrepreneur,
  });
  return {
    history: { asOf: application.submittedAt, ...historyExtent(view), version: historyVersion(summaries) },
    cashFlow: averageMonthlyCashFlow(view),
    features: Array.from(vector, (value) => (Number.isNaN(value) ? null : value)),
  };
}

function applicationOf(
  request: ApplicationRequest,
  program: Program,
  submittedMs: number,
  ids: DecisionIds,
): Application {
  return {
    ...ids,
    programId: program.programId,
    submittedAt: new Date(submittedMs).toISOString(),
    currency: program.currency,
    ...request,
  };
}
