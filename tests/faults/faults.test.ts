import { describe, expect, inject, it } from 'vitest';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { useTable } from '../support/engine.ts';
import { auditHistory } from './audit-history.ts';
import { killedImportRun } from './killed-import-run.ts';
import { lossyClientRun } from './lossy-client-run.ts';
import { messagesRun } from './messages-run.ts';
import { PLATFORM, sampleHistory } from './sample-history.ts';
import { seededRandom } from './seeded-random.ts';
import { submissionsRun } from './submissions-run.ts';

// The long version, with fresh seeds and fifty kills, is `npm run faults`.
describe('a client that loses 15 % of requests and of answers, is throttled and meets conflicts', () => {
  const table = useTable();

  it('loses nothing that was acknowledged and counts nothing twice', async () => {
    const result = await lossyClientRun({ table: table(), endpoint: inject('engineEndpoint') }, 4_711, 150);
    expect(result.held).toBeGreaterThan(140);
    expect(result.partsMax).toBeGreaterThan(1);
    for (const fault of [result.requestLost, result.answerLost, result.throttled])
      expect(fault).toBeGreaterThan(0);
  });
});

describe('messages delivered up to three times and shuffled, their consumers killed', () => {
  const table = useTable();

  it('are all held once, and poison is whole in the dead letters', async () => {
    const result = await messagesRun(table(), 4_711, 300);
    expect(result.kills).toBeGreaterThan(0);
    expect(result.deliveries).toBeGreaterThan(result.messages);
  });
});

describe('an import killed by SIGKILL', () => {
  it('comes to the same state when it is started again', async () => {
    const result = await killedImportRun({ seed: 4_711, rounds: 1, killsPerRound: 2, transactions: 6_000 });
    expect(result.kills + result.finishedBeforeKill).toBe(2);
  });
});

describe('an application submitted fifty times at once under one key', () => {
  it('has one effect, round after round', async () => {
    const result = await submissionsRun({ rounds: 2 });
    expect(result).toMatchObject({ submitted: 100, applications: 2, approved: 2 });
  });
});

describe('the audit', () => {
  const table = useTable();

  it('sees what is missing, altered or never sent', async () => {
    const reports = sampleHistory(seededRandom(1), 20);
    await expect(auditHistory(table(), reports, new Set(['stn_a t-0']))).rejects.toThrow('is missing');
    const bundles = dayBundleStore(table());
    const row = {
      transactionId: 't-0',
      kind: 'fee' as const,
      occurredAtMs: Date.parse('2026-03-02T02:00:00Z'),
      amountMinor: 5,
      counterparty: null,
      balanceAfterMinor: null,
      channel: 'app' as const,
      reverses: null,
      recordedAtMs: 1,
    };
    const bundle = { day: '2026-03-02', currency: 'CNY', rows: [row] };
    const summary = {
      day: '2026-03-02',
      transactionCount: 1,
      reversedCount: 0,
      kinds: {},
      firstMinuteOfDay: 1,
      lastMinuteOfDay: 1,
      closingBalanceMinor: null,
      lowestBalanceMinor: null,
      customers: { hashCeiling: 2 ** 32, customers: [] },
    };
    await bundles.write(PLATFORM, 'stn_b', bundle, summary, 0);
    await expect(auditHistory(table(), reports, new Set())).rejects.toThrow('the summary is not');
  });
});
