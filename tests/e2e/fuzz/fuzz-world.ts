import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ApiClient, apiClient } from '../../../infra/local/demo/api-client.ts';
import { INCUBATOR, LENDER, OPERATOR, PLATFORM } from '../../../infra/local/demo/demo-county.ts';
import { runDemo } from '../../../infra/local/demo/run-demo.ts';
import type { LocalService } from '../../../infra/local/start.ts';
import { addDays, businessDateOf, DEFAULT_TIME_ZONE } from '../../../shared/domain/calendar.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { reviewIdOf } from '../../../shared/domain/review.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { lendingTerms } from '../../support/lending-samples.ts';
import { programTerms } from '../../support/program-terms.ts';

/** Ids that are there, by what they are the ids of: a fuzzer that guesses ids sees nothing but 404. */
export const fuzzWorld = z.record(z.string(), z.array(z.string()).min(1));
export type FuzzWorld = z.output<typeof fuzzWorld>;

export interface FuzzWorldOptions {
  readonly service: LocalService;
  readonly nowMs: number;
  readonly stations: number;
  readonly seed: number;
}

const PROGRAM = '/v1/programs/prg_demo';
const DISPENSABLE_PEOPLE = 40;
const receipt = z.looseObject({ loanId: z.string(), eventId: z.string() });

/**
 * A county at work, made through the API: stations with two years of history, approved, declined and referred
 * applications, offers open and accepted, loans at every step, cases under review, webhooks, imports, and people
 * whom nothing needs, to be erased.
 */
export async function makeFuzzWorld({
  service,
  nowMs,
  stations,
  seed,
}: FuzzWorldOptions): Promise<FuzzWorld> {
  const as = (tenantId: string) =>
    apiClient({ url: service.url, keys: service.keys, nowMs, tenantId, scopes: scopeNames });
  const [operator, platform, incubator, lender] = await Promise.all(
    [OPERATOR, PLATFORM, INCUBATOR, LENDER].map(as),
  );
  if (!operator || !platform || !incubator || !lender) throw new Error('no tenants');
  const today = businessDateOf(nowMs, DEFAULT_TIME_ZONE);
  const yesterday = addDays(today, -1);

  const { countyId, decisions: decided } = await runDemo({
    service,
    nowMs,
    stations,
    seed,
    onProgress: () => {},
  });
  const decisions = decided.map(({ decision }) => decision);
  const loans = await makeLoans(decisions, { incubator, lender, today });
  const reviews = await makeReviews(decisions, { lender });
  const people = await makePeople(platform);

  await operator('PUT', `/v1/counties/${countyId}`, { name: '遂昌', leadingGroupHead: 'magistrate' });
  for (const programId of ['prg_fuzz-1', 'prg_fuzz-2']) {
    await operator('PUT', `/v1/programs/${programId}`, {
      ...programTerms,
      countyId,
      lenderTenantId: LENDER,
      incubatorTenantId: INCUBATOR,
      platformTenantId: PLATFORM,
    });
    await lender('PUT', `/v1/programs/${programId}/terms/draft`, { ...lendingTerms, effectiveFrom: today });
  }

  const endpoints: string[] = [];
  for (let made = 0; made < 6; made += 1) {
    const body = { url: `http://127.0.0.1:9/${made}`, eventTypes: ['decision.made'] };
    const { endpointId } = z
      .looseObject({ endpointId: z.string() })
      .parse(await lender('POST', '/v1/webhook-endpoints', body, `webhook-${made}`));
    endpoints.push(endpointId);
  }
  const { importId } = z
    .looseObject({ importId: z.string() })
    .parse(await platform('POST', '/v1/imports', { stationId: stationOf(decisions[0]) }));

  const approved = decisions.filter(({ offers }) => offers.length > 0);
  return {
    county: [countyId],
    station: [...new Set(decisions.map(stationOf))],
    entrepreneur: [...new Set(decisions.map(({ input }) => input.application.entrepreneurId))],
    program: ['prg_demo'],
    'program to change': ['prg_fuzz-1', 'prg_fuzz-2'],
    application: decisions.map(({ input }) => input.application.applicationId),
    decision: decisions.map(({ decisionId }) => decisionId),
    // Few, so that a decision and an offer drawn apart often belong together: one is taken up, one is not.
    'decision with offers': approved.slice(1, 3).map(({ decisionId }) => decisionId),
    'decision to contest': decisions
      .filter(({ outcome }) => outcome !== 'approved')
      .map(({ decisionId }) => decisionId),
    offer: approved.slice(1, 3).flatMap(({ offers }) => offers.slice(0, 1).map(({ offerId }) => offerId)),
    ...loans,
    review: reviews,
    ...people,
    endpoint: endpoints,
    import: [importId],
    product: lendingTerms.products.map(({ product }) => product.productCode),
    day: [today, yesterday, addDays(today, -30)],
    lender: [LENDER],
  };
}

const stationOf = (decision: Decision | undefined) => decision?.input.application.stationId ?? '';

interface Desk {
  readonly incubator: ApiClient;
  readonly lender: ApiClient;
  readonly today: string;
}

/** Two approvals in three are taken up: signed, instructed, paid out, repaid in part, one closed. */
async function makeLoans(decisions: readonly Decision[], { incubator, lender, today }: Desk) {
  await lender('PUT', `${PROGRAM}/terms/draft`, { ...lendingTerms, effectiveFrom: today });
  await lender('POST', `${PROGRAM}/terms`, { version: lendingTerms.version });
  const loans: string[] = [];
  const payments: string[] = [];
  const approved = decisions.filter(({ offers }) => offers.length > 0);
  for (const [index, { decisionId, offers }] of approved.entries()) {
    if (index % 3 === 2) continue;
    const { loanId } = receipt.parse(
      await incubator(
        'POST',
        `${PROGRAM}/decisions/${decisionId}/offers/${offers[0]?.offerId}/acceptance`,
        {},
        `accept-${decisionId}`,
      ),
    );
    loans.push(loanId);
    const post = (path: string, body: object) =>
      lender('POST', `${PROGRAM}/loans/${loanId}/${path}`, body, randomUUID());
    const step = async (path: string, body: object) => receipt.parse(await post(path, body));
    if (index % 6 === 1) continue;
    await step('disbursements', { phase: 'instructed' });
    if (index % 6 === 4) continue;
    await step('disbursements', { phase: 'posted' });
    const paid = await step('repayments', { type: 'repayment', amountMinor: 50_000 });
    payments.push(paid.eventId);
    await step('changes', { type: 'fee_assessed', fee: 'collection', amountMinor: 1_000 });
    await post('contacts', { channel: 'telephone', outcome: 'reached', note: '' });
  }
  return { loan: loans, payment: payments };
}

/** Every second decline is contested; referred applications have a case already. */
async function makeReviews(
  decisions: readonly Decision[],
  { lender }: Pick<Desk, 'lender'>,
): Promise<string[]> {
  const reviews = decisions
    .filter(({ outcome }) => outcome === 'referred')
    .map(({ decisionId }) => reviewIdOf(decisionId, 'referred'));
  const declined = decisions.filter(({ outcome }) => outcome === 'declined');
  for (const [index, { decisionId }] of declined.entries()) {
    if (index % 2 === 1) continue;
    await lender('POST', `${PROGRAM}/decisions/${decisionId}/contests`, { ground: 'missing_data' });
    const reviewId = reviewIdOf(decisionId, 'contested');
    reviews.push(reviewId);
    if (index % 4 === 0) await lender('POST', `${PROGRAM}/reviews/${reviewId}/claim`, {});
  }
  return reviews;
}

/** People with details and consents, whom no application names. */
async function makePeople(platform: ApiClient) {
  const people: string[] = [];
  const consents: string[] = [];
  await platform('PUT', '/v1/stations/stn_fuzz', {
    countyId: 'cty_fuzz',
    village: '官坑',
    stage: 'partner',
    openedOn: '2024-01-01',
  });
  for (let index = 0; index < DISPENSABLE_PEOPLE; index += 1) {
    const entrepreneurId = `ent_fuzz-${index}`;
    const path = `/v1/entrepreneurs/${entrepreneurId}`;
    await platform('PUT', path, { role: 'partner', stationIds: ['stn_fuzz'], returnedToVillage: true });
    await platform('PUT', `${path}/person`, {
      name: '李明',
      phone: '13800000000',
      documentKind: 'resident_identity_card',
      documentNumber: '330000199001010000',
    });
    people.push(entrepreneurId);
  }
  for (let index = 0; index < 10; index += 1) {
    const { consentId } = z.looseObject({ consentId: z.string() }).parse(
      await platform(
        'POST',
        '/v1/entrepreneurs/ent_fuzz-0/consents',
        {
          purpose: 'credit_decision',
          recipientTenantId: LENDER,
          expiresAt: '2039-01-01T00:00:00Z',
        },
        `consent-${index}`,
      ),
    );
    consents.push(consentId);
  }
  return {
    'person to erase': people.slice(1),
    'person who consented': people.slice(0, 1),
    consent: consents,
  };
}
