import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { actAs } from '../../shared/store/acting.ts';
import { CapacityMeter } from '../../shared/store/dynamo.ts';
import { type BudgetOwner, rateBudgetStore } from '../../shared/store/rate-budgets.ts';
import { TenancyViolation } from '../../shared/store/tenancy.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';
import { memoryRateBudgets } from '../support/memory-rate-budgets.ts';

const NOW_US = Date.parse('2026-03-01T00:00:00Z') * 1_000;
/** Ten tokens a second, at most eight kept. */
const shape = { periodUs: 100_000, depth: 8 };

describe.each(contractEngines)('rate budgets on %s', (engine) => {
  const meter = new CapacityMeter();
  const table = useTableOn(engine, { onConsumed: meter.add });
  afterEach(() => meter.reset());
  const owner = (subject: string): BudgetOwner => ({ tenantId: 'ten_a', subject, rateClass: 'read' });

  it('give what is wanted, then what there is, then nothing, and fill up with time', async () => {
    const budgets = rateBudgetStore(table());
    const rows: readonly [atMs: number, wanted: number, granted: number][] = [
      [0, 5, 5],
      [0, 5, 3],
      [0, 1, 0],
      [99, 1, 0],
      [100, 4, 1],
      [350, 4, 2],
      [5_000, 20, 8],
      [5_000, 1, 0],
    ];
    for (const [atMs, wanted, granted] of rows) {
      const lease = await budgets.lease(owner('rows'), shape, wanted, NOW_US + atMs * 1_000);
      expect([atMs, lease.granted]).toEqual([atMs, granted]);
    }
  });

  it('cost one write unit a lease when the caller knows what they said last', async () => {
    const budgets = rateBudgetStore(table());
    const first = await budgets.lease(owner('cost'), shape, 3, NOW_US);
    await budgets.lease(owner('cost'), shape, 3, NOW_US, first.spentUntilUs);
    expect([meter.calls, meter.writeUnits, meter.readUnits]).toEqual([2, 2, 0]);
  });

  it('agree with a bucket in memory, whatever is asked and whatever was seen', async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 700 }),
      wanted: fc.integer({ min: 1, max: 12 }),
      knows: fc.boolean(),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        run += 1;
        const [stored, memory] = [rateBudgetStore(table()), memoryRateBudgets()];
        let nowUs = NOW_US;
        let seen = 0;
        for (const { afterMs, wanted, knows } of steps) {
          nowUs += afterMs * 1_000;
          const lease = await stored.lease(owner(`run-${run}`), shape, wanted, nowUs, knows ? seen : 0);
          expect(lease).toEqual(await memory.lease(owner('it'), shape, wanted, nowUs));
          seen = lease.spentUntilUs;
        }
      }),
      { numRuns: 15 },
    );
  });

  it('give twenty processes at once no more than there is', async () => {
    const leases = await Promise.all(
      Array.from({ length: 20 }, () => rateBudgetStore(table()).lease(owner('crowd'), shape, 1, NOW_US)),
    );
    const granted = leases.reduce((sum, lease) => sum + lease.granted, 0);
    expect(granted).toBeLessThanOrEqual(shape.depth);
    expect(granted).toBeGreaterThan(0);
  });

  it('are kept under the tenant, without the name of the person, and leave once full again', async () => {
    await rateBudgetStore(table()).lease(owner('li.mei'), shape, 3, NOW_US);
    const { Items = [] } = await table().client.send(new ScanCommand({ TableName: table().tableName }));
    const texts = Items.map((item) => JSON.stringify(item));
    expect(texts.filter((text) => text.includes('li.mei'))).toEqual([]);
    const keys = Items.map((item) => String(unmarshall(item).pk));
    for (const pk of keys) expect(pk).toMatch(/^ten_a#RATE#[\w-]{22}$/);
    const [{ pk, sk } = expect.fail('no item')] = Items;
    const { Item } = await table().client.send(
      new GetItemCommand({
        TableName: table().tableName,
        Key: { pk: pk ?? expect.fail(), sk: sk ?? expect.fail() },
      }),
    );
    const { spentUntilUs, expiresAtSeconds } = unmarshall(Item ?? expect.fail());
    expect(Number(expiresAtSeconds)).toBeGreaterThan(Number(spentUntilUs) / 1_000_000);
  });

  it('of another tenant cannot be taken from', async () => {
    const actor = { tenantId: 'ten_b', subject: 'b', operation: 'limitRequests', requestId: 'req-1' };
    const stolen = actAs(actor, () => rateBudgetStore(table()).lease(owner('mine'), shape, 1, NOW_US));
    await expect(stolen).rejects.toBeInstanceOf(TenancyViolation);
  });
});
