import type { Route } from '../../functions/routes.ts';
import { lendingSamples } from './lending-samples.ts';
import { programTerms } from './program-terms.ts';
import type { RouteSample } from './route-sample.ts';

const station = { countyId: 'cty_1', village: '李家村', openedOn: '2024-05-01', stage: 'partner' };

/** As derived from its idempotency key. */
const webhookParams = { endpointId: 'whk_c7b8dc6e8bf4186c2211efd1f16596f5' };

/**
 * One sample for every operation: a route that is added without one does not compile, so none escapes the
 * authorization tests. Applied in this order, the writes set up the world the reads find.
 */
export const routeSamples: Readonly<Record<Route['operation'], RouteSample>> = {
  putCounty: {
    owner: 'ten_operator',
    params: { countyId: 'cty_1' },
    body: { name: '遂昌', leadingGroupHead: 'magistrate' },
  },
  putStation: { owner: 'ten_platform', params: { stationId: 'stn_1' }, body: station },
  putEntrepreneur: {
    owner: 'ten_platform',
    params: { entrepreneurId: 'ent_1' },
    body: { role: 'partner', stationIds: ['stn_1'], returnedToVillage: true },
  },
  recordConsent: {
    owner: 'ten_platform',
    params: { entrepreneurId: 'ent_1' },
    headers: { 'idempotency-key': 'consent-1' },
    body: { purpose: 'credit_decision', recipientTenantId: 'ten_lender', expiresAt: '2027-03-01T00:00:00Z' },
  },
  reportTransactions: {
    owner: 'ten_platform',
    params: { stationId: 'stn_1' },
    body: {
      transactions: [
        {
          transactionId: 't1',
          kind: 'parcel',
          occurredAt: '2026-02-20T08:00:00Z',
          amountMinor: 250,
          currency: 'CNY',
        },
      ],
    },
  },
  putProgram: { owner: 'ten_operator', params: { programId: 'prg_1' }, body: programTerms },
  // Automation refused: the decision goes to a person and no model is asked.
  submitApplication: {
    owner: 'ten_incubator',
    params: { programId: 'prg_1' },
    headers: { 'idempotency-key': 'application-1' },
    body: {
      stationId: 'stn_1',
      entrepreneurId: 'ent_1',
      requestedPrincipalMinor: 2_000_000,
      requestedTermMonths: 12,
      purpose: 'stock',
      automatedDecision: 'refused',
    },
  },
  ...lendingSamples,
  listReviews: { owner: 'ten_lender', params: { programId: 'prg_1' } },
  claimReview: {
    owner: 'ten_lender',
    params: { programId: 'prg_1', reviewId: 'rev_1-r' },
    body: {},
    thenRefused: 'wrong_state',
  },
  writeNote: {
    owner: 'ten_lender',
    params: { programId: 'prg_1', reviewId: 'rev_1-r' },
    body: { text: '已电话核实' },
  },
  decideReview: {
    owner: 'ten_lender',
    params: { programId: 'prg_1', reviewId: 'rev_1-r' },
    body: { outcome: 'declined', reasonCode: 'documents_insufficient' },
  },
  confirmReview: {
    owner: 'ten_lender',
    params: { programId: 'prg_1', reviewId: 'rev_1-r' },
    body: { agrees: true },
    thenRefused: 'wrong_state',
  },
  getReview: { owner: 'ten_lender', params: { programId: 'prg_1', reviewId: 'rev_1-r' } },
  contestDecision: {
    owner: 'ten_lender',
    params: { programId: 'prg_1', decisionId: 'dec_1' },
    body: { ground: 'missing_data' },
  },
  // Contested by now: the one recourse is taken.
  correctDecision: {
    owner: 'ten_incubator',
    params: { programId: 'prg_1', decisionId: 'dec_1' },
    headers: { 'idempotency-key': 'correction-1' },
    body: { corrected: ['history'] },
    thenRefused: 'wrong_state',
  },
  putPerson: {
    owner: 'ten_platform',
    params: { entrepreneurId: 'ent_1' },
    body: {
      name: '李明',
      phone: '13800000000',
      documentKind: 'resident_identity_card',
      documentNumber: '330000199001010000',
    },
  },
  getPerson: { owner: 'ten_platform', params: { entrepreneurId: 'ent_1' } },
  exportPerson: { owner: 'ten_platform', params: { entrepreneurId: 'ent_1' } },
  getCounty: { owner: 'ten_operator', params: { countyId: 'cty_1' } },
  getStation: { owner: 'ten_platform', params: { stationId: 'stn_1' } },
  getEntrepreneur: { owner: 'ten_platform', params: { entrepreneurId: 'ent_1' } },
  listConsents: { owner: 'ten_platform', params: { entrepreneurId: 'ent_1' } },
  withdrawConsent: {
    owner: 'ten_platform',
    params: { entrepreneurId: 'ent_1', consentId: 'cns_fdf1db387f25bb45477e71fb236edfb8' },
    body: {},
  },
  // After every read of the person.
  erasePerson: {
    owner: 'ten_platform',
    params: { entrepreneurId: 'ent_1' },
    body: { reason: 'asked_by_person' },
  },
  listTransactions: {
    owner: 'ten_platform',
    params: { stationId: 'stn_1' },
    query: { day: '2026-02-20' },
  },
  getDataQuality: { owner: 'ten_platform', params: { stationId: 'stn_1' } },
  createImport: { owner: 'ten_platform', params: {}, body: { stationId: 'stn_1' } },
  getImport: { owner: 'ten_platform', params: { importId: 'imp_1' } },
  getProgram: { owner: 'ten_lender', params: { programId: 'prg_1' } },
  getApplication: { owner: 'ten_lender', params: { programId: 'prg_1', applicationId: 'app_1' } },
  listDecisions: { owner: 'ten_lender', params: { programId: 'prg_1' } },
  listLenderDecisions: { owner: 'ten_lender', params: {} },
  exportDecisions: { owner: 'ten_lender', params: { date: '2026-03-01' } },
  explainDecision: { owner: 'ten_lender', params: { programId: 'prg_1', decisionId: 'dec_1' } },
  getDecision: { owner: 'ten_lender', params: { programId: 'prg_1', decisionId: 'dec_1' } },
  verifyAudit: { owner: 'ten_lender', params: { date: '2026-03-01' } },
  listAuditEntries: { owner: 'ten_lender', params: { date: '2026-03-01' } },
  createWebhookEndpoint: {
    owner: 'ten_lender',
    params: {},
    headers: { 'idempotency-key': 'webhook-1' },
    body: { url: 'https://lender.example/events', eventTypes: ['decision.made'] },
  },
  listWebhookEndpoints: { owner: 'ten_lender', params: {} },
  getWebhookEndpoint: { owner: 'ten_lender', params: webhookParams },
  rotateWebhookSecret: {
    owner: 'ten_lender',
    params: webhookParams,
    headers: { 'idempotency-key': 'rotation-1' },
    body: {},
  },
  listDeadLetters: { owner: 'ten_lender', params: webhookParams },
  redriveDeadLetters: { owner: 'ten_lender', params: webhookParams, body: {} },
  listEvents: { owner: 'ten_lender', params: {} },
  removeWebhookEndpoint: { owner: 'ten_lender', params: webhookParams },
};
