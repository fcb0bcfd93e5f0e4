import { describe, expect, inject, it } from 'vitest';
import { useTable } from '../support/engine.ts';
import { webhooksRun } from './webhooks-run.ts';

// The long version, with a fresh seed and twenty kills, is `npm run faults -- --only webhooks`.
describe('what tells of loans and cases, killed by SIGKILL while their receiver fails, stalls and repeats', () => {
  const table = useTable();

  it('tells every event once in the log and at least once to the webhook, in order, and audits it all', async () => {
    const endpoint = inject('engineEndpoint');
    const result = await webhooksRun({ table: table(), endpoint, seed: 4_711, kills: 4 });
    expect(result.events).toBeGreaterThan(30);
    expect(result.requests).toBeGreaterThan(result.events);
    expect(result.repeats).toBeGreaterThan(0);
  }, 60_000);
});
