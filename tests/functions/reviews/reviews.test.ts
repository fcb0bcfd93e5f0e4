import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expireReviews } from '../../../functions/deadlines/expire-reviews.ts';
import { createHandler } from '../../../functions/reviews/handler.ts';
import { routes } from '../../../functions/routes.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import { decide } from '../../../shared/domain/decide.ts';
import type { Decision, DecisionInput } from '../../../shared/domain/decision.ts';
import { decisionAfterReview, reviewIdOf } from '../../../shared/domain/review.ts';
import { routeKeyOf } from '../../../shared/http/route.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { decisionStore } from '../../../shared/store/decisions.ts';
import { inputHash } from '../../../shared/store/idempotency.ts';
import { programStore } from '../../../shared/store/programs.ts';
import { reviewStore } from '../../../shared/store/reviews.ts';
import { contractEngines, useTableOn } from '../../support/engine.ts';
import { httpEvent } from '../../support/http-event.ts';
import { memoryPersonKeys } from '../../support/memory-person-keys.ts';
import { sampleExplanations, sampleInput, sampleModel } from '../../support/sample-decision.ts';
import {
  INCUBATOR,
  LENDER,
  OPERATOR,
  PLATFORM,
  sampleApplication,
  sampleProgram,
} from '../../support/sample-lending.ts';

const T0 = Date.parse('2026-06-01T02:00:00.000Z');
const HOUR_MS = 3_600_000;
const FOUR_EYES_ABOVE = 3_000_000;

describe.each(contractEngines)('reviews on %s', (engine) => {
  const table = useTableOn(engine);
  const personKeys = memoryPersonKeys();
  let nowMs = T0;
  beforeEach(() => {
    nowMs = T0;
  });
  const program = sampleProgram({ programId: 'prg_r' });
  const policy = { ...program.policy, fourEyesAbovePrincipalMinor: FOUR_EYES_ABOVE };
  beforeAll(async () => {
    await programStore(table()).put(OPERATOR, { ...program, policy });
  });

  async function call(
    operation: Extract<(typeof routes)[number], { function: 'reviews' }>['operation'],
    ids: Record<string, string>,
    request: {
      body?: unknown;
      officer?: string;
      /** Of an applicant's own token. */
      entrepreneur?: string;
      tenant?: string;
      query?: Record<string, string>;
    } = {},
  ) {
    const route = routes.find((found) => found.operation === operation) ?? expect.fail(operation);
    const event = httpEvent({
      routeKey: routeKeyOf(route),
      tenant: request.tenant ?? LENDER,
      scopes: scopeNames,
      params: { programId: 'prg_r', ...ids },
      ...(request.query === undefined ? {} : { query: request.query }),
      ...(request.body === undefined ? {} : { body: request.body }),
      requestId: randomUUID(),
      subject: request.officer ?? 'officer-1',
      ...(request.entrepreneur === undefined ? {} : { entrepreneur: request.entrepreneur }),
    });
    const handler = createHandler({ table: table(), personKeys, nowMs: () => nowMs, log: () => {} });
    const response = await handler(event, lambdaContext('reviews', 'req-1'));
    return { status: response.statusCode, json: JSON.parse(response.body ?? 'null') };
  }

  /** A decision by the real rules on the sample applicant, committed; `input` makes it a referral or a decline. */
  async function decided(id: string, input: Partial<DecisionInput>, asked = {}): Promise<Decision> {
    const application = sampleApplication({
      programId: 'prg_r',
      applicationId: `app_${id}`,
      decisionId: `dec_${id}`,
      entrepreneurId: `ent_${id}`,
      requestedPrincipalMinor: 2_000_000,
      ...asked,
    });
    const made = decide(
      sampleInput({
        application,
        program: { ...program, policy },
        entrepreneur: { ...entrepreneur, entrepreneurId: `ent_${id}` },
        ...input,
      }),
      { decidedAt: application.submittedAt, model: sampleModel, explanations: sampleExplanations },
    );
    const request = { tenantId: INCUBATOR, operation: 'test', key: id, inputHash: inputHash(id) };
    const result = await decisionStore(table()).commit({ application, decision: made, request, nowMs: T0 });
    expect(result).toEqual({ kind: 'committed' });
    return made;
  }
  const entrepreneur = {
    role: 'partner' as const,
    stationIds: ['stn_anji-7'],
    training: [],
    returnedToVillage: true,
  };
  const refused = { automatedDecision: 'refused' as const };
  /** Automation refused: nothing read, nothing scored. */
  const referred = (id: string, asked = {}) =>
    decided(id, { history: null, cashFlow: null, features: null, score: null }, { ...refused, ...asked });
  const declined = (id: string) => decided(id, { consentId: null });

  const ofReferral = (id: string) => ({ reviewId: reviewIdOf(`dec_${id}`, 'referred') });
  const approve = {
    outcome: 'approved',
    reasonCode: 'cash_flow_verified',
    assessment: {
      monthlyInflowMinor: 6_000_000,
      monthlyOutflowMinor: 2_000_000,
      monthlyFixedOutflowMinor: 500_000,
      observedMonths: 12,
      probabilityOfDefault: 0.02,
    },
  };
  const decline = { outcome: 'declined', reasonCode: 'documents_insufficient' };
  const capital = async () => (await programStore(table()).getCapital(LENDER, 'prg_r'))?.reservedMinor ?? 0;
  const exposure = (id: string) => decisionStore(table()).getExposureMinor(LENDER, `ent_${id}`);

  it('wait in the queue of their program, the most pressing first, until they are decided', async () => {
    expect((await referred('late')).outcome).toBe('referred');
    const early = await decisionStore(table()).get(LENDER, 'prg_r', 'dec_late');
    expect(early?.automated).toBe(false);
    for (const id of ['q1', 'q2']) await referred(id);
    const first = await call('listReviews', {}, { query: { limit: '2' } });
    const second = await call('listReviews', {}, { query: { limit: '2', cursor: first.json.nextCursor } });
    const ids = [...first.json.reviews, ...second.json.reviews].map(
      (item: { reviewId: string }) => item.reviewId,
    );
    expect(ids).toEqual(['rev_late-r', 'rev_q1-r', 'rev_q2-r']);
    expect(second.json.nextCursor).toBeUndefined();
    expect(first.json.reviews[0]).toMatchObject({
      cause: 'referred',
      reasonCodes: ['automated_decision_refused'],
      openedAt: '2026-06-01T02:00:00.000Z',
      dueAt: '2026-06-06T02:00:00.000Z',
      state: 'open',
    });
    for (const id of ['late', 'q1', 'q2']) {
      await call('claimReview', ofReferral(id), { body: {} });
      expect((await call('decideReview', ofReferral(id), { body: decline })).json.state).toBe('closed');
    }
    expect((await call('listReviews', {})).json.reviews).toEqual([]);
  });

  it('exist for the lender alone, and the applicant sees none', async () => {
    await referred('private');
    for (const tenant of [INCUBATOR, PLATFORM, OPERATOR, 'ten_stranger']) {
      expect((await call('getReview', ofReferral('private'), { tenant })).status).toBe(404);
      expect((await call('decideReview', ofReferral('private'), { tenant, body: decline })).status).toBe(404);
    }
    const applicant = { tenant: PLATFORM, entrepreneur: 'ent_private' };
    expect((await call('getReview', ofReferral('private'), applicant)).status).toBe(403);
  });

  it('are claimed by one officer at a time, and the claim runs out', async () => {
    await referred('claims');
    const ids = ofReferral('claims');
    expect((await call('decideReview', ids, { body: decline })).json.code).toBe('wrong_state');
    const claimed = await call('claimReview', ids, { body: {} });
    expect(claimed.json).toMatchObject({
      state: 'claimed',
      claim: { by: 'officer-1', expiresAt: '2026-06-01T04:00:00.000Z' },
    });
    const other = await call('claimReview', ids, { body: {}, officer: 'officer-2' });
    expect([other.status, other.json.code]).toEqual([409, 'wrong_state']);
    nowMs = T0 + 2 * HOUR_MS;
    expect((await call('getReview', ids)).json.review.state).toBe('open');
    expect((await call('decideReview', ids, { body: decline })).json.code).toBe('wrong_state');
    expect((await call('claimReview', ids, { body: {}, officer: 'officer-2' })).json.claim.by).toBe(
      'officer-2',
    );
  });

  it('claimed by fifty at once are one officer’s', async () => {
    await referred('rush');
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        call('claimReview', ofReferral('rush'), { body: {}, officer: `officer-${number}` }),
      ),
    );
    expect(results.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });

  it('approved, make offers by the machine’s pricing and reserve their capital, once', async () => {
    const made = await referred('approved');
    const ids = ofReferral('approved');
    const before = await capital();
    await call('claimReview', ids, { body: {} });
    const bare = await call('decideReview', ids, { body: { ...approve, assessment: undefined } });
    expect([bare.status, bare.json.issues[0].field]).toEqual([400, 'assessment']);
    const closed = await call('decideReview', ids, { body: approve });
    const { resolution } = closed.json;
    expect(resolution).toMatchObject({
      outcome: 'approved',
      decidedBy: 'officer-1',
      confirmedBy: null,
      overrides: false,
      limitMinor: 2_000_000,
    });
    expect(resolution.pricing.loanPrimeRateBps).toBeGreaterThan(0);
    expect(resolution.offers[0]).toMatchObject({
      offerId: 'ofr_approved-r1',
      principalMinor: 2_000_000,
      termMonths: 12,
    });
    expect(await capital()).toBe(before + 2_000_000);
    expect(await exposure('approved')).toBe(2_000_000);

    // The answer lost and asked for again changes nothing; nor does another officer get to decide.
    expect((await call('decideReview', ids, { body: approve })).json).toEqual(closed.json);
    expect((await call('claimReview', ids, { body: {}, officer: 'officer-2' })).json.code).toBe(
      'wrong_state',
    );
    expect(await capital()).toBe(before + 2_000_000);

    // The machine's decision is as it was; what stands is told beside it.
    expect(await decisionStore(table()).get(LENDER, 'prg_r', made.decisionId)).toEqual(made);
    const resolutions = await reviewStore(table()).listResolutions(LENDER, made.decisionId);
    expect(decisionAfterReview(made, resolutions)).toMatchObject({
      outcome: 'approved',
      limitMinor: 2_000_000,
      input: made.input,
      offers: resolution.offers,
    });
  });

  it('above the bound of the policy need a second officer, who is not the first', async () => {
    await referred('four-eyes', { requestedPrincipalMinor: 4_000_000 });
    const ids = ofReferral('four-eyes');
    const before = await capital();
    await call('claimReview', ids, { body: {} });
    const proposed = await call('decideReview', ids, { body: approve });
    expect(proposed.json).toMatchObject({
      state: 'awaiting_second',
      proposal: { by: 'officer-1' },
      resolution: null,
    });
    expect(await capital()).toBe(before);
    expect((await call('confirmReview', ids, { body: { agrees: true } })).json.code).toBe('wrong_state');
    const back = await call('confirmReview', ids, { body: { agrees: false }, officer: 'officer-2' });
    expect(back.json).toMatchObject({ state: 'open', proposal: null });

    await call('claimReview', ids, { body: {} });
    await call('decideReview', ids, { body: approve });
    const closed = await call('confirmReview', ids, { body: { agrees: true }, officer: 'officer-2' });
    expect(closed.json.resolution).toMatchObject({
      outcome: 'approved',
      decidedBy: 'officer-1',
      confirmedBy: 'officer-2',
      limitMinor: 4_000_000,
    });
    expect(await capital()).toBe(before + 4_000_000);
  });

  it('cannot approve what the hard limits forbid, whoever decides', async () => {
    await referred('broke');
    const ids = ofReferral('broke');
    await call('claimReview', ids, { body: {} });
    const weak = { ...approve.assessment, monthlyOutflowMinor: 5_900_000 };
    const tooWeak = await call('decideReview', ids, { body: { ...approve, assessment: weak } });
    expect([tooWeak.status, tooWeak.json.code]).toEqual([409, 'wrong_state']);
    const risky = { ...approve.assessment, probabilityOfDefault: 0.9 };
    const overCap = await call('decideReview', ids, { body: { ...approve, assessment: risky } });
    expect([overCap.status, overCap.json.code]).toEqual([409, 'wrong_state']);
    const bounded = await call('decideReview', ids, { body: { ...approve, principalMaxMinor: 1_000_000 } });
    expect(bounded.json.resolution.limitMinor).toBe(1_000_000);
  });

  it('take reasons of the list only, each for its own outcome', async () => {
    await referred('reasons');
    const ids = ofReferral('reasons');
    await call('claimReview', ids, { body: {} });
    for (const reasonCode of ['because', 'review_expired', 'cash_flow_verified']) {
      const wrong = await call('decideReview', ids, { body: { outcome: 'declined', reasonCode } });
      expect([wrong.status, wrong.json.issues[0].field]).toEqual([400, 'reasonCode']);
    }
  });

  it('of a contested decline open once, and a person may override the machine, with a trace', async () => {
    const made = await declined('contested');
    expect(made.outcome).toBe('declined');
    const contest = () =>
      call(
        'contestDecision',
        { decisionId: 'dec_contested' },
        {
          tenant: PLATFORM,
          entrepreneur: 'ent_contested',
          body: { ground: 'wrong_fact' },
        },
      );
    const [one, other] = await Promise.all([contest(), contest()]);
    expect([one.status, other.status]).toEqual([201, 201]);
    expect(one.json).toEqual(other.json);
    expect(one.json).toMatchObject({ cause: 'contested', ground: 'wrong_fact', machineOutcome: 'declined' });
    const stranger = await call(
      'contestDecision',
      { decisionId: 'dec_contested' },
      {
        tenant: PLATFORM,
        entrepreneur: 'ent_other',
        body: { ground: 'wrong_fact' },
      },
    );
    expect(stranger.status).toBe(404);
    const ids = { reviewId: one.json.reviewId };
    await call('claimReview', ids, { body: {} });
    const closed = await call('decideReview', ids, { body: { ...approve, reasonCode: 'fact_corrected' } });
    expect(closed.json.resolution).toMatchObject({
      outcome: 'approved',
      overrides: true,
      decidedBy: 'officer-1',
    });
    expect((await contest()).json).toEqual(closed.json);
  });

  it('cannot be opened against an approval, or a referral that still waits', async () => {
    const approved = await decided('happy', {});
    expect(approved.outcome).toBe('approved');
    await referred('waiting');
    for (const decisionId of ['dec_happy', 'dec_waiting']) {
      const refusedContest = await call(
        'contestDecision',
        { decisionId },
        { body: { ground: 'wrong_fact' } },
      );
      expect([refusedContest.status, refusedContest.json.code]).toEqual([409, 'wrong_state']);
    }
  });

  it('hold notes that only the person’s key opens', async () => {
    await referred('noted');
    const ids = ofReferral('noted');
    const written = await call('writeNote', ids, { body: { text: '电话 139 5712 3456，欧阳' } });
    expect(written.status).toBe(201);
    const { json } = await call('getReview', ids);
    expect(json.notes).toEqual([
      { writtenAt: '2026-06-01T02:00:00.000Z', by: 'officer-1', text: '电话 139 5712 3456，欧阳' },
    ]);
    const [kept] = await reviewStore(table()).listNotes(LENDER, ids.reviewId);
    expect(Buffer.from(kept?.sealed ?? []).includes('欧阳')).toBe(false);
    await personKeys.destroy({ tenantId: PLATFORM, entrepreneurId: 'ent_noted' });
    expect((await call('getReview', ids)).json.notes[0].text).toBeNull();
    await call('writeNote', ids, { body: { text: 'again' } });
    const texts = (await call('getReview', ids)).json.notes.map((note: { text: string | null }) => note.text);
    expect(texts.sort()).toEqual(['again', null]);
  });

  describe('at their deadline', () => {
    const expire = () =>
      expireReviews(OPERATOR, {
        programs: programStore(table()),
        decisions: decisionStore(table()),
        reviews: reviewStore(table()),
        nowMs: () => nowMs,
      });

    it('cannot be decided any more, and are closed by whoever looks', async () => {
      await referred('overdue');
      const ids = ofReferral('overdue');
      nowMs = T0 + 5 * 24 * HOUR_MS - 1;
      await call('claimReview', ids, { body: {} });
      nowMs += 1;
      expect((await call('decideReview', ids, { body: approve })).json.code).toBe('wrong_state');
      expect((await call('getReview', ids)).json.review).toMatchObject({
        state: 'closed',
        resolution: { outcome: 'declined', reasonCode: 'review_expired', decidedBy: null },
      });
    });

    it('all reach an end by the job, which may run any number of times', async () => {
      for (const id of ['end-1', 'end-2', 'end-3']) await referred(id);
      nowMs = T0 + 5 * 24 * HOUR_MS;
      const first = await expire();
      expect(first.expired).toBeGreaterThanOrEqual(3);
      expect(await expire()).toEqual({ programs: 1, expired: 0, raced: 0 });
      expect((await call('listReviews', {})).json.reviews).toEqual([]);
      const [resolution] = await reviewStore(table()).listResolutions(LENDER, 'dec_end-2');
      expect(resolution?.reasonCode).toBe('review_expired');
    });
  });
});
