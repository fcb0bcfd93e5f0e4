import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TransactWriteItem, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { listDecisions, listLenderDecisions } from '../../functions/decisions/read-decisions.ts';
import { startEngine } from '../../infra/local/engine.ts';
import { type Decision, decisionOutcomes } from '../../shared/domain/decision.ts';
import { createTable } from '../../shared/store/create-table.ts';
import type { DecisionFilter, DecisionPage } from '../../shared/store/decision-lists.ts';
import { decisionLists } from '../../shared/store/decision-lists.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { CapacityMeter, openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { seededRandom } from '../faults/seeded-random.ts';
import { sampleInput } from '../support/sample-decision.ts';
import {
  LENDER,
  OPERATOR,
  sampleApplication,
  sampleDecision,
  sampleProgram,
} from '../support/sample-lending.ts';
import type { BenchGroup } from './bench-group.ts';
import { type Contestant, measureInterleaved } from './measure-interleaved.ts';
import { against, counted, latency, type ReportedMeasurement } from './measurement.ts';

const FEW = 1_000;
const MANY = 100_000;
const PROGRAMS = 20;
const COUNTIES = 10;
const PAGE = 25;
/** The embedded engine waits for the disk once for each transaction: 4,300 items a second so, 300 one by one. */
const ITEMS_PER_TRANSACTION_MAX = 100;
const LAST_DECIDED_MS = Date.parse('2026-06-01T00:00:00Z');
const YEAR_MS = 365 * 86_400_000;
/** Cumulative, in the order of `decisionOutcomes`: most are approved, few are referred. */
const OUTCOME_SHARES = { approved: 0.55, declined: 0.95, referred: 1 };
const programOf = (index: number) => `prg_bench-${index % PROGRAMS}`;
const countyOf = (index: number) => `cty_bench-${index % COUNTIES}`;

/**
 * A lender's lists by the use cases, a page of 25, over a table on disk that holds 100,000 of its decisions, in 20
 * programs and 10 counties within a year; held against the same lists over 1,000 decisions in the same run. Read
 * units are the engine's own. `sparse` lists find few among many: referred, of the highest band.
 */
export const listsBench: BenchGroup = {
  name: 'lists',
  isOnRequest: true,
  run: async ({ effort, quick }) => {
    const directory = await mkdtemp(join(tmpdir(), 'cunxin-lists-'));
    const engine = await startEngine({ dataDirectory: directory });
    const clients: StoreTable[] = [];
    try {
      const open = async (decisions: number) => {
        const meter = new CapacityMeter();
        const table = openTable({
          endpoint: engine.endpoint,
          tableName: `lists-${decisions}`,
          onConsumed: meter.add,
        });
        clients.push(table);
        await createTable(table);
        await fill(table, decisions);
        return { decisions, meter, lists: await listsOf(table) };
      };
      const tables = { few: await open(quick ? 50 : FEW), many: await open(quick ? 200 : MANY) };
      const names = tables.many.lists.map(({ name }) => name);
      const contestants = Object.values(tables).flatMap(({ decisions, lists }) =>
        lists.map(
          ({ name, read }): Contestant<string> => ({
            name: `${name} ${decisions}`,
            run: read,
          }),
        ),
      );
      const timings = await measureInterleaved(contestants, effort);
      const results: ReportedMeasurement[] = [];
      for (const name of names) {
        const measured = async ({ decisions, meter, lists }: (typeof tables)['few']) => {
          const timing = timings[`${name} ${decisions}`];
          const list = lists.find((each) => each.name === name);
          if (timing === undefined || list === undefined) throw new RangeError(`no list ${name}`);
          meter.reset();
          await list.read();
          const title = `${name}, of ${decisions.toLocaleString('en')} decisions`;
          return {
            latency: latency(title, 'ms', timing.callMs),
            units: counted(title, 'read units', meter.readUnits),
          };
        };
        const [few, many] = [await measured(tables.few), await measured(tables.many)];
        results.push(against(few.latency), against(many.latency, few.latency));
        results.push(against(few.units), against(many.units, few.units));
      }
      return results;
    } finally {
      for (const { client } of clients) client.destroy();
      await engine.stop();
      await rm(directory, { recursive: true });
    }
  },
};

/** Decisions spread over a year, and the lists each belongs to, by the store's own items. */
async function fill(table: StoreTable, decisions: number): Promise<void> {
  for (let index = 0; index < PROGRAMS; index += 1) {
    await programStore(table).put(
      OPERATOR,
      sampleProgram({ programId: programOf(index), countyId: countyOf(index) }),
    );
  }
  const random = seededRandom(decisions);
  const { score } = sampleInput();
  if (score === null) throw new Error('the sample has no score');
  const lists = decisionLists(table);
  let waiting: TransactWriteItem[] = [];
  const flush = async () => {
    await table.client.send(new TransactWriteItemsCommand({ TransactItems: waiting }));
    waiting = [];
  };
  for (let index = 0; index < decisions; index += 1) {
    const decidedAt = new Date(LAST_DECIDED_MS - Math.floor((index * YEAR_MS) / decisions)).toISOString();
    const share = random();
    const outcome = decisionOutcomes.find((each) => share < OUTCOME_SHARES[each]) ?? 'referred';
    const made = sampleDecision(
      sampleApplication({
        applicationId: `app_${index}`,
        decisionId: `dec_${index}`,
        programId: programOf(index),
        entrepreneurId: `ent_${index}`,
        submittedAt: decidedAt,
      }),
      { outcome, limitMinor: 0 },
    );
    const listed: Decision = {
      ...made,
      input: {
        ...made.input,
        program: { ...made.input.program, countyId: countyOf(index) },
        score: { ...score, creditScore: 450 + random.below(340) },
      },
    };
    const items = lists.puts(listed);
    if (waiting.length + items.length > ITEMS_PER_TRANSACTION_MAX) await flush();
    waiting.push(...items);
  }
  await flush();
}

async function listsOf(table: StoreTable) {
  const stores = { programs: programStore(table), decisions: decisionStore(table) };
  const ofLender = (filter: DecisionFilter, countyId?: string, cursor?: string) => () =>
    listLenderDecisions({ tenantId: LENDER, countyId, filter, limit: PAGE, cursor }, stores);
  const ofProgram = (filter: DecisionFilter) => () =>
    listDecisions(
      { tenantId: LENDER, programId: programOf(3), filter, limit: PAGE, cursor: undefined },
      stores,
    );
  const halfYearAgo = new Date(LAST_DECIDED_MS - YEAR_MS / 2).toISOString();
  const monthLater = new Date(LAST_DECIDED_MS - YEAR_MS / 2 + YEAR_MS / 12).toISOString();
  // A cursor is a position: one of the middle goes on from there without the bound it was found by.
  const { cursor } = await ofLender({ to: halfYearAgo })();
  const sparse = { outcome: 'referred', scoreBand: 'A' } as const;
  const lists: { readonly name: string; readonly read: () => Promise<DecisionPage> }[] = [
    { name: 'first page', read: ofLender({}) },
    { name: 'page in the middle, by cursor', read: ofLender({}, undefined, cursor) },
    { name: 'of a program', read: ofProgram({}) },
    { name: 'of a county', read: ofLender({}, countyOf(3)) },
    { name: 'of a month', read: ofLender({ from: halfYearAgo, to: monthLater }) },
    { name: 'of an outcome', read: ofLender({ outcome: 'declined' }) },
    { name: 'of a score band', read: ofLender({ scoreBand: 'B' }) },
    { name: 'sparse', read: ofLender(sparse) },
    { name: 'sparse, of a program', read: ofProgram(sparse) },
    { name: 'sparse, of a month', read: ofLender({ ...sparse, from: halfYearAgo, to: monthLater }) },
  ];
  for (const { name, read } of lists) {
    const { entries } = await read();
    if (entries.length === 0 && name !== 'sparse, of a program' && name !== 'sparse, of a month') {
      throw new Error(`${name} finds nothing`);
    }
  }
  return lists;
}
