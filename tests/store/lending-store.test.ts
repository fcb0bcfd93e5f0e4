import { describe, expect, it } from 'vitest';
import { decisionStore } from '../../shared/store/decisions.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { inputHash } from '../../shared/store/idempotency.ts';
import { programStore } from '../../shared/store/programs.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';
import {
  INCUBATOR,
  LENDER,
  OPERATOR,
  PLATFORM,
  sampleApplication,
  sampleDecision,
  sampleProgram,
} from '../support/sample-lending.ts';

const NOW_MS = Date.parse('2026-06-01T02:00:00.000Z');
const HOUR_MS = 3_600_000;

describe.each(contractEngines)('lending store on %s', (engine) => {
  const table = useTableOn(engine);

  const requestOf = (key: string, input: unknown = {}) => ({
    tenantId: INCUBATOR,
    operation: 'submitApplication',
    key,
    inputHash: inputHash(input),
  });

  /** A program of its own for each test, so that tests share a table and nothing else. */
  async function openProgram(programId: string, capitalMinor = 50_000_000) {
    await programStore(table()).put(OPERATOR, sampleProgram({ programId, capitalMinor }));
    return { programs: programStore(table()), decisions: decisionStore(table()) };
  }

  function commitOf(
    programId: string,
    number: number,
    change: Parameters<typeof sampleDecision>[1] = {},
    key = `key-${number}`,
  ) {
    const application = sampleApplication({
      programId,
      applicationId: `app_${programId}-${number}`,
      decisionId: `dec_${programId}-${number}`,
      entrepreneurId: `ent_${programId}-${number}`,
    });
    return {
      application,
      decision: sampleDecision(application, change),
      request: requestOf(`${programId}-${key}`, application.requestedPrincipalMinor),
      nowMs: NOW_MS,
    };
  }

  it('shows a program to its parties and to nobody else', async () => {
    const { programs } = await openProgram('prg_parties');
    for (const party of [LENDER, INCUBATOR, PLATFORM, OPERATOR]) {
      expect(await programs.getGrant(party, 'prg_parties')).toEqual({
        programId: 'prg_parties',
        lenderTenantId: LENDER,
        platformTenantId: PLATFORM,
      });
    }
    expect(await programs.getGrant('ten_stranger', 'prg_parties')).toBeUndefined();
    expect(await programs.get(LENDER, 'prg_parties')).toEqual(sampleProgram({ programId: 'prg_parties' }));
  });

  it('goes on from a cursor of another filter, though it lies outside the time that is asked for', async () => {
    const { decisions } = await openProgram('prg_cursor');
    const at = (number: number) => `2026-06-0${number}T02:00:00.000Z`;
    for (const number of [1, 2, 3, 4, 5]) {
      await decisions.commit(commitOf('prg_cursor', number, { decidedAt: at(number) }));
    }
    const scope = { lender: LENDER, programId: 'prg_cursor' };
    const idsOf = async (filter: Parameters<typeof decisions.list>[1], cursor: string | undefined) => {
      const { entries } = await decisions.list(scope, filter, 10, cursor);
      return entries.map(({ decisionId }) => Number(decisionId.at(-1)));
    };
    const afterFour = (await decisions.list(scope, {}, 2, undefined)).cursor;
    expect(await idsOf({}, afterFour)).toEqual([3, 2, 1]);
    expect(await idsOf({ to: at(3) }, afterFour)).toEqual([2, 1]);
    expect(await idsOf({ to: at(5) }, afterFour)).toEqual([3, 2, 1]);
    expect(await idsOf({ from: at(5) }, afterFour)).toEqual([]);
  });

  it('refuses to hand a program to other parties', async () => {
    const { programs } = await openProgram('prg_fixed');
    const handedOver = sampleProgram({ programId: 'prg_fixed', incubatorTenantId: 'ten_other' });
    await expect(programs.put(OPERATOR, handedOver)).rejects.toMatchObject({ code: 'version_conflict' });
    expect(await programs.getGrant('ten_other', 'prg_fixed')).toBeUndefined();
  });

  it('commits application, decision, reservation and exposure together', async () => {
    const { programs, decisions } = await openProgram('prg_whole');
    const commit = commitOf('prg_whole', 1);
    expect(await decisions.commit(commit)).toEqual({ kind: 'committed' });
    expect(await decisions.get(LENDER, 'prg_whole', commit.decision.decisionId)).toEqual(commit.decision);
    expect(await decisions.getApplication(LENDER, 'prg_whole', commit.application.applicationId)).toEqual(
      commit.application,
    );
    expect(await programs.getCapital(LENDER, 'prg_whole')).toEqual({
      capitalMinor: 50_000_000,
      reservedMinor: 5_000_000,
    });
    expect(await decisions.getExposureMinor(LENDER, commit.application.entrepreneurId)).toBe(5_000_000);
    expect(await decisions.get(LENDER, 'prg_another', commit.decision.decisionId)).toBeUndefined();
  });

  it('answers a repeated request with the first decision and reserves nothing twice', async () => {
    const { programs, decisions } = await openProgram('prg_repeat');
    const first = commitOf('prg_repeat', 1, {}, 'same');
    const again = commitOf('prg_repeat', 2, {}, 'same');
    await decisions.commit(first);
    expect(await decisions.commit(again)).toEqual({
      kind: 'answered',
      decisionId: first.decision.decisionId,
    });
    expect((await programs.getCapital(LENDER, 'prg_repeat'))?.reservedMinor).toBe(5_000_000);
    expect(await decisions.get(LENDER, 'prg_repeat', again.decision.decisionId)).toBeUndefined();
  });

  it('refuses the same key with another input', async () => {
    const { decisions } = await openProgram('prg_reuse');
    const first = commitOf('prg_reuse', 1);
    await decisions.commit(first);
    const other = { ...first.request, inputHash: inputHash('another') };
    await expect(decisions.firstResultId(other, NOW_MS)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(await decisions.firstResultId(first.request, NOW_MS + 71 * HOUR_MS)).toBe(
      first.decision.decisionId,
    );
    expect(await decisions.firstResultId(first.request, NOW_MS + 73 * HOUR_MS)).toBeUndefined();
  });

  it('never oversells capital, however many ask at once', async () => {
    const { programs, decisions } = await openProgram('prg_scarce', 12_000_000);
    const results = await Promise.all(
      Array.from({ length: 8 }, async (_, number) => {
        for (let attempt = 0; attempt < 40; attempt += 1) {
          const result = await decisions.commit(commitOf('prg_scarce', number));
          if (result.kind === 'committed') return true;
          const capital = await programs.getCapital(LENDER, 'prg_scarce');
          if (capital === undefined || capital.capitalMinor - capital.reservedMinor < 5_000_000) return false;
        }
        throw new Error('no commit in forty attempts');
      }),
    );
    expect(results.filter(Boolean)).toHaveLength(2);
    expect((await programs.getCapital(LENDER, 'prg_scarce'))?.reservedMinor).toBe(10_000_000);
  });

  it('refuses a decision made on an exposure that moved meanwhile', async () => {
    const { decisions } = await openProgram('prg_moved');
    await decisions.commit(commitOf('prg_moved', 1));
    const stale = commitOf('prg_moved', 2);
    const application = { ...stale.application, entrepreneurId: 'ent_prg_moved-1' };
    const decision = { ...stale.decision, input: { ...stale.decision.input, application } };
    expect(await decisions.commit({ ...stale, application, decision })).toEqual({
      kind: 'conflict',
      sameRequest: false,
    });
    expect(await decisions.get(LENDER, 'prg_moved', stale.decision.decisionId)).toBeUndefined();
  });

  it('keeps what is promised when capital changes', async () => {
    const { programs, decisions } = await openProgram('prg_capital');
    await decisions.commit(commitOf('prg_capital', 1));
    await programs.put(OPERATOR, sampleProgram({ programId: 'prg_capital', capitalMinor: 6_000_000 }));
    expect(await programs.getCapital(LENDER, 'prg_capital')).toEqual({
      capitalMinor: 6_000_000,
      reservedMinor: 5_000_000,
    });
    await expect(
      programs.put(OPERATOR, sampleProgram({ programId: 'prg_capital', capitalMinor: 4_000_000 })),
    ).rejects.toMatchObject({ code: 'version_conflict' });
  });

  it('pages newest first, and an insert never shifts a page', async () => {
    const { decisions } = await openProgram('prg_pages');
    const decidedAt = (minute: number) => `2026-06-01T02:${String(minute).padStart(2, '0')}:00.000Z`;
    for (let number = 0; number < 5; number += 1) {
      await decisions.commit(
        commitOf('prg_pages', number, { decidedAt: decidedAt(number), outcome: 'declined', limitMinor: 0 }),
      );
    }
    const ofProgram = { lender: LENDER, programId: 'prg_pages' };
    const first = await decisions.list(ofProgram, {}, 2, undefined);
    await decisions.commit(
      commitOf('prg_pages', 9, { decidedAt: decidedAt(9), outcome: 'declined', limitMinor: 0 }),
    );
    const second = await decisions.list(ofProgram, {}, 2, first.cursor);
    const third = await decisions.list(ofProgram, {}, 2, second.cursor);
    const ids = [first, second, third].flatMap((page) => page.entries.map((entry) => entry.decisionId));
    expect(ids).toEqual([4, 3, 2, 1, 0].map((number) => `dec_prg_pages-${number}`));
    expect(third.cursor).toBeUndefined();
    await expect(decisions.list(ofProgram, {}, 2, 'bm90IGEgY3Vyc29y')).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('reads a person with their consents in one partition, and never another tenant’s', async () => {
    const people = entrepreneurStore(table());
    const person = {
      entrepreneurId: 'ent_consents',
      role: 'partner' as const,
      stationIds: ['stn_1'],
      training: [],
      returnedToVillage: true,
    };
    const given = {
      consentId: 'cns_1',
      entrepreneurId: 'ent_consents',
      purpose: 'credit_decision' as const,
      recipientTenantId: LENDER,
      grantedAt: '2026-05-01T00:00:00Z',
      expiresAt: '2027-05-01T00:00:00Z',
    };
    await people.put(PLATFORM, person);
    await people.putConsent(PLATFORM, given);
    expect(await people.get(PLATFORM, 'ent_consents')).toEqual({ entrepreneur: person, consents: [given] });
    expect(await people.get(LENDER, 'ent_consents')).toBeUndefined();
  });
});
