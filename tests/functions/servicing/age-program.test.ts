import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { ageCounty } from '../../../functions/servicing/age-county.ts';
import { countiesToAge } from '../../../functions/servicing/counties.ts';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import { loanStore } from '../../../shared/store/loans.ts';
import { programBooks } from '../../../shared/store/program-books.ts';
import { programLoans } from '../../../shared/store/program-loans.ts';
import { programStore } from '../../../shared/store/programs.ts';
import { loanKey } from '../../../shared/store/table.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';
import { seedLoan, seedOffer } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const LENDER = 'ten_lender';

async function age(until: string) {
  const [county, ...others] = await countiesToAge('ten_operator', until, { programs: programStore(table()) });
  expect(others).toEqual([]);
  if (county === undefined) throw new Error('the operator has no county');
  const reports = await ageCounty(county, 'req-1', {
    table: table(),
    nowMs: () => Date.parse(`${until}T16:30:00Z`),
    random: () => 0,
    sleep: async () => {},
  });
  return Object.fromEntries(reports.map((report) => [report.programId, report]));
}

async function booksOf(programId: string, loanId: string) {
  const loans = loanStore(table());
  const stored = await loans.get(LENDER, programId, loanId);
  const journal = await loans.readJournal(LENDER, loanId);
  const log = (await loans.readEvents(LENDER, loanId)).map(({ event }) => event);
  return {
    state: stored?.record.state,
    replayed: replayLoan(log, stored?.record.state.asOf ?? '').state,
    entries: journal
      .filter(({ kind }) => kind !== 'provision')
      .map(({ sequence: _, loanId: __, ...entry }) => entry),
    balances: stored?.record.balances,
  };
}

describe('the nightly ageing', () => {
  beforeAll(async () => {
    for (const programId of ['prg_nightly', 'prg_missed']) {
      await desk.openProgram(programId);
      const name = programId.slice(4);
      await seedLoan(table(), { programId, name, disbursedOn: '2026-03-01' });
      await seedOffer(table(), { programId, name: `${name}-open` });
    }
  });

  it('missed for months ends in the same loan as every night of them, posted on the same days', async () => {
    // Only one of the programs is aged every night; the other's nights are all missed.
    const programs = programStore(table());
    const dependencies = {
      table: table(),
      nowMs: () => Date.parse('2026-03-02T00:00:00Z'),
      random: () => 0,
      sleep: async () => {},
    };
    const [county] = await countiesToAge('ten_operator', '2026-03-01', { programs });
    if (county === undefined) throw new Error('the operator has no county');
    const only = (programId: string, until: string) =>
      ageCounty(
        { ...county, until, programs: county.programs.filter((each) => each.programId === programId) },
        'req-1',
        dependencies,
      );
    for (let day = 2; day <= 31; day += 1) {
      await only('prg_nightly', `2026-03-${String(day).padStart(2, '0')}`);
    }
    for (const until of ['2026-04-01', '2026-04-02', '2026-05-20']) await only('prg_nightly', until);
    await only('prg_missed', '2026-05-20');
    const [nightly, missed] = [
      await booksOf('prg_nightly', 'loan_nightly'),
      await booksOf('prg_missed', 'loan_missed'),
    ];
    const anonymous = (books: typeof nightly) =>
      JSON.parse(JSON.stringify(books).replaceAll(/nightly|missed/g, 'x'));
    expect(anonymous(missed)).toEqual(anonymous(nightly));
    expect(missed.state).toEqual(missed.replayed);
    expect(missed.state).toMatchObject({ asOf: '2026-05-20', daysPastDueMax: 49 });
  });

  it('run twice changes nothing', async () => {
    const before = await booksOf('prg_missed', 'loan_missed');
    const report = await age('2026-05-20');
    expect(report.prg_missed).toMatchObject({ agedThrough: '2026-05-20', aged: 0, entries: 0, monthEnds: 0 });
    expect(await booksOf('prg_missed', 'loan_missed')).toEqual(before);
  });

  it('gives back what expired offers had reserved, once', async () => {
    const position = await programStore(table()).getCapitalPosition(LENDER, 'prg_missed');
    expect(position).toMatchObject({ reservedMinor: 0, outstandingMinor: 2_000_000 });
  });

  it('keeps month ends that vintages are read from, right for a loan that went on before the run', async () => {
    desk.clock.now = '2026-08-10';
    const paid = await desk.call('POST /v1/programs/{programId}/loans/{loanId}/repayments', {
      params: { programId: 'prg_missed', loanId: 'loan_missed' },
      key: 'late-1',
      body: { type: 'repayment', amountMinor: 900_000 },
    });
    expect(paid.status).toBe(201);
    const report = await age('2026-08-10');
    expect(report.prg_missed).toMatchObject({ aged: 0, monthEnds: 3 });
    const listed = programLoans(table());
    const monthEnds = await listed.monthEnds(LENDER, 'prg_missed', '2026-01-01', '2026-12-31');
    expect(monthEnds.map(({ asOf, daysPastDue }) => [asOf, daysPastDue])).toEqual([
      ['2026-03-31', 0],
      ['2026-04-30', 29],
      ['2026-05-31', 60],
      ['2026-06-30', 90],
      ['2026-07-31', 121],
    ]);
    const { json } = await desk.call('GET /v1/portfolio/vintages', {
      query: { programId: 'prg_missed', from: '2026-01-01', through: '2026-12-31' },
    });
    expect(json.vintages).toMatchObject([
      { cohort: '2026-03', monthsOnBook: 0, over30OrLostBps: 0 },
      { monthsOnBook: 1, over30OrLostBps: 0 },
      { monthsOnBook: 2, over30OrLostBps: 10_000 },
      { monthsOnBook: 3 },
      { monthsOnBook: 4, everOver30Loans: 1 },
    ]);
  });

  it('keeps books that add up to nothing and to the loan’s own balances', async () => {
    const books = programBooks(table());
    const movements = await books.movements(LENDER, 'prg_missed', '2026-01-01', '2026-12-31');
    const sums = new Map<string, number>();
    for (const { account, amountMinor } of movements) {
      sums.set(account, (sums.get(account) ?? 0) + amountMinor);
    }
    const { balances } = await booksOf('prg_missed', 'loan_missed');
    expect(new Map([...sums].filter(([, minor]) => minor !== 0))).toEqual(
      new Map(Object.entries(balances ?? {})),
    );
    expect([...sums.values()].reduce((sum, minor) => sum + minor, 0)).toBe(0);
  });
});

describe('a loan that has ended', () => {
  const programId = 'prg_ended';
  const listed = () => programLoans(table());
  const states = (loans: readonly { loanId: string; status: string }[]) =>
    loans.map(({ loanId, status }) => `${loanId} ${status}`);
  const pay = (key: string, loanId: string, body: object) =>
    desk.call('POST /v1/programs/{programId}/loans/{loanId}/repayments', {
      params: { programId, loanId },
      key,
      body,
    });

  beforeAll(async () => {
    await desk.openProgram(programId);
    for (const name of ['ended', 'ending', 'going']) {
      await seedLoan(table(), { programId, name, disbursedOn: '2026-03-01' });
    }
    desk.clock.now = '2026-03-20';
    expect((await pay('e1', 'loan_ended', { type: 'payoff', amountMinor: 3_000_000 })).status).toBe(201);
    await age('2026-05-01');
    desk.clock.now = '2026-05-10';
    expect((await pay('e2', 'loan_ending', { type: 'payoff', amountMinor: 3_000_000 })).status).toBe(201);
    await age('2026-06-30');
  });

  it('is no longer read at night, and is still in the portfolio', async () => {
    expect(states(await listed().live(LENDER, programId))).toEqual(['loan_going active']);
    expect(states(await listed().snapshots(LENDER, programId))).toEqual([
      'loan_going active',
      'loan_ended closed',
      'loan_ending closed',
    ]);
    const { json } = await desk.call('GET /v1/portfolio', { query: { programId } });
    expect(json.whole).toMatchObject({ loans: 3, activeLoans: 1, principalDisbursedMinor: 6_000_000 });
  });

  it('is counted by its vintage at every month end after', async () => {
    const { json } = await desk.call('GET /v1/portfolio/vintages', {
      query: { programId, from: '2026-01-01', through: '2026-12-31' },
    });
    expect(json.vintages).toMatchObject(
      [0, 1, 2, 3].map((monthsOnBook) => ({ monthsOnBook, loans: 3, principalDisbursedMinor: 6_000_000 })),
    );
    // Kept once: in the month it ended, and carried from there.
    const kept = await Promise.all(
      ['2026-05-01', '2026-06-01'].map((from) => listed().endedSince(LENDER, programId, from)),
    );
    expect(kept.map(states)).toEqual([['loan_ending closed'], []]);
  });

  it('is listed after the live ones, page by page, each once', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query: Record<string, string> = { limit: '1', ...(cursor === undefined ? {} : { cursor }) };
      const { json } = await desk.call('GET /v1/programs/{programId}/loans', {
        params: { programId },
        query,
      });
      seen.push(...states(json.loans as { loanId: string; status: string }[]));
      cursor = json.nextCursor as string | undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['loan_going active', 'loan_ended closed', 'loan_ending closed']);
  });

  it('lives again when the payment that ended it bounces, and ages from where it was', async () => {
    desk.clock.now = '2026-07-01';
    const receipt = await pay('e2', 'loan_ending', { type: 'payoff', amountMinor: 3_000_000 });
    const reversed = await desk.call(
      'POST /v1/programs/{programId}/loans/{loanId}/repayments/{eventId}/reversal',
      {
        params: { programId, loanId: 'loan_ending', eventId: String(receipt.json.eventId) },
        key: 'e3',
        body: {},
      },
    );
    expect(reversed.status).toBe(201);
    expect(states(await listed().live(LENDER, programId))).toEqual([
      'loan_ending active',
      'loan_going active',
    ]);
    expect(states(await listed().snapshots(LENDER, programId))).toHaveLength(3);
    const { state, replayed } = await booksOf(programId, 'loan_ending');
    expect(state).toEqual(replayed);
  });
});

describe('a program that cannot be aged', () => {
  it('fails its county, named, after the others have aged', async () => {
    await desk.openProgram('prg_aa-broken');
    await seedLoan(table(), { programId: 'prg_aa-broken', name: 'broken', disbursedOn: '2026-03-01' });
    // Listed, and gone: what nothing of ours ever writes.
    const { pk, sk } = loanKey(LENDER, 'loan_broken');
    await table().client.send(
      new DeleteItemCommand({ TableName: table().tableName, Key: { pk: { S: pk }, sk: { S: sk } } }),
    );
    await expect(age('2026-09-30')).rejects.toMatchObject({
      message: expect.stringContaining('1 of '),
      errors: [expect.objectContaining({ message: 'prg_aa-broken did not age' })],
    });
    expect(await programLoans(table()).agedThrough(LENDER, 'prg_ended')).toBe('2026-09-30');
  });
});
