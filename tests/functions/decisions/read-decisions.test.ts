import { beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../../functions/decisions/handler.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import type { Decision, DecisionOutcome } from '../../../shared/domain/decision.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { decisionStore } from '../../../shared/store/decisions.ts';
import type { ConsumedUnits } from '../../../shared/store/dynamo.ts';
import { inputHash } from '../../../shared/store/idempotency.ts';
import { programStore } from '../../../shared/store/programs.ts';
import { useTable } from '../../support/engine.ts';
import { httpEvent, type TestRequest } from '../../support/http-event.ts';
import { sampleInput } from '../../support/sample-decision.ts';
import {
  LENDER,
  OPERATOR,
  sampleApplication,
  sampleDecision,
  sampleProgram,
} from '../../support/sample-lending.ts';

const consumed: ConsumedUnits[] = [];
const table = useTable({ onConsumed: (units) => consumed.push(units) });

async function call(routeKey: string, request: Omit<TestRequest, 'routeKey'> = {}) {
  const handler = createHandler({ table: table(), nowMs: () => 0, log: () => {} });
  const event = httpEvent({ routeKey, tenant: LENDER, scopes: scopeNames, ...request });
  const response = await handler(event, lambdaContext('decisions', 'req-1'));
  return { status: response.statusCode, headers: response.headers ?? {}, text: response.body ?? '' };
}

const OF_PROGRAM = 'GET /v1/programs/{programId}/decisions';
const OF_LENDER = 'GET /v1/decisions';
const ONE = 'GET /v1/programs/{programId}/decisions/{decisionId}';
const EXPORT = 'GET /v1/decisions/days/{date}';

interface Made {
  readonly programId: string;
  readonly countyId: string;
  readonly outcome: DecisionOutcome;
  readonly creditScore: number | null;
  readonly decidedAt: string;
}

async function make(
  id: string,
  { programId, countyId, outcome, creditScore, decidedAt }: Made,
): Promise<Decision> {
  const application = sampleApplication({
    programId,
    applicationId: `app_${id}`,
    decisionId: `dec_${id}`,
    entrepreneurId: `ent_${id}`,
    submittedAt: decidedAt,
  });
  const sample = sampleDecision(application, { outcome, limitMinor: 0 });
  const { score } = sampleInput();
  const decision: Decision = {
    ...sample,
    input: {
      ...sample.input,
      program: sampleProgram({ programId, countyId }),
      score: score === null || creditScore === null ? null : { ...score, creditScore },
    },
  };
  const request = { tenantId: LENDER, operation: 'test', key: id, inputHash: inputHash(id) };
  const committed = await decisionStore(table()).commit({ application, decision, request, nowMs: 0 });
  expect(committed).toEqual({ kind: 'committed' });
  return decision;
}

/** Outcomes and scores in turn, so that every cell has some; one a minute from midnight in Shanghai, and two counties. */
const outcomes = ['approved', 'declined', 'referred'] as const;
const creditScores = [780, 720, 660, 610, 500, null] as const;
const MIDNIGHT_MS = Date.parse('2026-06-01T16:00:00.000Z');
const made: Decision[] = [];

beforeAll(async () => {
  for (const [programId, countyId] of [
    ['prg_a', 'cty_a'],
    ['prg_b', 'cty_b'],
  ] as const) {
    await programStore(table()).put(OPERATOR, sampleProgram({ programId, countyId }));
  }
  for (let index = 0; index < 72; index += 1) {
    const [programId, countyId] = index % 2 === 0 ? ['prg_a', 'cty_a'] : ['prg_b', 'cty_b'];
    made.push(
      await make(`n-${String(index).padStart(2, '0')}`, {
        programId,
        countyId,
        outcome: outcomes[Math.floor(index / 2) % 3] ?? 'declined',
        creditScore: creditScores[Math.floor(index / 6) % 6] ?? null,
        decidedAt: new Date(MIDNIGHT_MS + (index - 12) * 60_000).toISOString(),
      }),
    );
  }
});

/** All pages of a list, with the cursor of each passed to the next. */
async function listAll(routeKey: string, params: Record<string, string>, query: Record<string, string>) {
  const ids: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 200; pages += 1) {
    const { status, text } = await call(routeKey, {
      ...(Object.keys(params).length === 0 ? {} : { params }),
      query: { ...query, ...(cursor === undefined ? {} : { cursor }) },
    });
    expect(status).toBe(200);
    const page = JSON.parse(text);
    ids.push(...page.decisions.map((entry: { decisionId: string }) => entry.decisionId));
    cursor = page.nextCursor;
    if (cursor === undefined) return ids;
  }
  throw new Error('the list does not end');
}

const expected = (belongs: (decision: Decision) => boolean) =>
  made
    .filter(belongs)
    .map((decision) => decision.decisionId)
    .reverse();
const scoreOf = (decision: Decision) => decision.input.score?.creditScore ?? null;

describe('a list of decisions', () => {
  const cases: [
    string,
    string,
    Record<string, string>,
    Record<string, string>,
    (decision: Decision) => boolean,
  ][] = [
    ['a lender’s', OF_LENDER, {}, {}, () => true],
    ['a program’s', OF_PROGRAM, { programId: 'prg_a' }, {}, (d) => d.input.application.programId === 'prg_a'],
    ['a county’s', OF_LENDER, {}, { countyId: 'cty_b' }, (d) => d.input.program.countyId === 'cty_b'],
    ['approved', OF_LENDER, {}, { outcome: 'approved' }, (d) => d.outcome === 'approved'],
    ['of band B', OF_LENDER, {}, { scoreBand: 'B' }, (d) => scoreOf(d) === 720],
    [
      'of band E in a county',
      OF_LENDER,
      {},
      { scoreBand: 'E', countyId: 'cty_a' },
      (d) => scoreOf(d) === 500 && d.input.program.countyId === 'cty_a',
    ],
    [
      'unscored and declined in a program',
      OF_PROGRAM,
      { programId: 'prg_a' },
      { scoreBand: 'unscored', outcome: 'declined' },
      (d) => scoreOf(d) === null && d.outcome === 'declined' && d.input.application.programId === 'prg_a',
    ],
    [
      'from an instant to another',
      OF_LENDER,
      {},
      { from: '2026-06-01T16:00:00Z', to: '2026-06-01T16:05:00Z' },
      (d) => d.decidedAt >= '2026-06-01T16:00' && d.decidedAt < '2026-06-01T16:05',
    ],
    [
      'referred since an instant',
      OF_LENDER,
      {},
      { outcome: 'referred', from: '2026-06-01T16:30:00Z' },
      (d) => d.outcome === 'referred' && d.decidedAt >= '2026-06-01T16:30',
    ],
    [
      'of a range that is empty',
      OF_LENDER,
      {},
      { from: '2026-06-02T00:00:00Z', to: '2026-06-01T00:00:00Z' },
      () => false,
    ],
  ];

  it.each(cases)('%s is complete, newest first, each once', async (_name, route, params, query, belongs) => {
    for (const limit of ['1', '7', '100']) {
      expect(await listAll(route, params, { ...query, limit })).toEqual(expected(belongs));
    }
  });

  it('keeps its place when decisions are inserted between pages', async () => {
    const first = JSON.parse((await call(OF_LENDER, { query: { outcome: 'declined', limit: '5' } })).text);
    const insert = { programId: 'prg_a', countyId: 'cty_a', outcome: 'declined', creditScore: 720 } as const;
    await make('late', { ...insert, decidedAt: '2026-06-03T00:00:00.000Z' });
    const rest = await listAll(OF_LENDER, {}, { outcome: 'declined', limit: '5', cursor: first.nextCursor });
    const ids = first.decisions.map((entry: { decisionId: string }) => entry.decisionId);
    expect([...ids, ...rest]).toEqual(expected((decision) => decision.outcome === 'declined'));
  });

  it('shows the fields asked for, and refuses one it does not have', async () => {
    const { text } = await call(OF_LENDER, {
      query: { fields: 'outcome,countyId', limit: '1', to: '2026-06-02T00:00:00Z' },
    });
    expect(JSON.parse(text).decisions).toEqual([
      { decisionId: 'dec_n-71', outcome: 'referred', countyId: 'cty_b' },
    ]);
    const wrong = await call(OF_LENDER, { query: { fields: 'outcome,name' } });
    expect([wrong.status, JSON.parse(wrong.text).issues[0].field]).toEqual([400, 'query.fields']);
    const noCursor = await call(OF_LENDER, { query: { cursor: 'bm90IGEgY3Vyc29y' } });
    expect([noCursor.status, JSON.parse(noCursor.text).issues[0].code]).toEqual([400, 'invalid_cursor']);
  });

  it('costs read units by its page, filtered or not, and not by what is in the table', async () => {
    const units = async (query: Record<string, string>) => {
      consumed.length = 0;
      await call(OF_LENDER, { query });
      const queries = consumed.filter(({ operation }) => operation === 'Query');
      return {
        queries: queries.length,
        readUnits: queries.reduce((sum, { readUnits }) => sum + readUnits, 0),
      };
    };
    // One query each; 25 entries of about half a kilobyte, eventually consistent, are under two units.
    for (const query of [{}, { countyId: 'cty_a' }, { outcome: 'approved', scoreBand: 'A' }]) {
      const { queries, readUnits } = await units({ ...query, limit: '25' });
      expect(queries).toBe(1);
      expect(readUnits).toBeLessThanOrEqual(4);
    }
    // A half-given filter merges cells: half a unit for each at the least.
    const merged = await units({ outcome: 'approved', limit: '25' });
    expect(merged.readUnits).toBeLessThanOrEqual(6);
    const before = await units({ outcome: 'declined', scoreBand: 'C', limit: '2' });
    const insert = { programId: 'prg_b', countyId: 'cty_b', creditScore: 720 } as const;
    for (let index = 0; index < 30; index += 1) {
      await make(`more-${index}`, {
        ...insert,
        outcome: 'declined',
        decidedAt: `2026-07-01T00:${10 + index}:00.000Z`,
      });
    }
    expect(await units({ outcome: 'declined', scoreBand: 'C', limit: '2' })).toEqual(before);
  });
});

describe('a conditional request', () => {
  const params = { programId: 'prg_a', decisionId: 'dec_n-00' };

  it('for a decision is answered 304 for good: a decision never changes', async () => {
    const first = await call(ONE, { params });
    expect([first.status, first.headers['cache-control']]).toEqual([200, 'private, no-cache']);
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await call(ONE, { params, headers: { 'if-none-match': given } });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await call(ONE, { params, headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('for a list is answered anew once there is another decision', async () => {
    const query = { countyId: 'cty_a', from: '2026-08-01T00:00:00Z' };
    const etag = String((await call(OF_LENDER, { query })).headers.etag);
    const ask = async () => (await call(OF_LENDER, { query, headers: { 'if-none-match': etag } })).status;
    expect(await ask()).toBe(304);
    await make('august', {
      programId: 'prg_a',
      countyId: 'cty_a',
      outcome: 'referred',
      creditScore: null,
      decidedAt: '2026-08-02T00:00:00.000Z',
    });
    expect(await ask()).toBe(200);
  });

  it('never tells a stranger that something is unchanged', async () => {
    const asked = await call(ONE, { tenant: 'ten_stranger', params, headers: { 'if-none-match': '*' } });
    expect(asked.status).toBe(404);
  });
});

describe('the export of a day', () => {
  it('is whole decisions of the business date, one a line, page by page', async () => {
    const lines: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages < 20; pages += 1) {
      const page = await call(EXPORT, {
        params: { date: '2026-06-02' },
        query: { limit: '25', ...(cursor === undefined ? {} : { cursor }) },
      });
      expect([page.status, page.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
      expect(page.text.endsWith('\n')).toBe(true);
      lines.push(...page.text.trimEnd().split('\n'));
      const next = page.headers['next-cursor'];
      if (next === undefined) break;
      cursor = String(next);
    }
    // Midnight in Shanghai is 16:00 UTC: the twelve of the minutes before are the day before.
    const day = made.filter(
      (decision) => decision.decidedAt >= '2026-06-01T16:00' && decision.decidedAt < '2026-06-02T16:00',
    );
    expect(day).toHaveLength(60);
    expect(lines.map((line) => JSON.parse(line))).toEqual([...day].reverse());
  });

  it('of a day without decisions is empty, and of no day is refused', async () => {
    const empty = await call(EXPORT, { params: { date: '2020-01-01' } });
    expect([empty.status, empty.text]).toEqual([200, '']);
    expect((await call(EXPORT, { params: { date: '2026-02-30' } })).status).toBe(400);
  });
});
