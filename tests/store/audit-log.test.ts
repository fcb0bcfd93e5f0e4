import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { verifyAuditDay } from '../../shared/store/audit-chain.ts';
import { auditLog } from '../../shared/store/audit-log.ts';
import { auditSegmentKey } from '../../shared/store/table.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';
import { AUDIT_DAY, sampleEntries } from '../support/sample-audit.ts';

const options = { random: Math.random, sleep: async () => {} };

describe.each(contractEngines)('the audit log on %s', (engine) => {
  const table = useTableOn(engine);

  async function verify(tenantId: string) {
    const log = auditLog(table());
    const head = await log.readHead(tenantId, AUDIT_DAY);
    return verifyAuditDay({ tenantId, day: AUDIT_DAY, head, segments: log.segments(tenantId, AUDIT_DAY) });
  }

  it('chains what is appended, in segments an item can hold', async () => {
    const log = auditLog(table());
    const head = await log.append('ten_long', AUDIT_DAY, sampleEntries(1, 1_000), options);
    expect(head).toMatchObject({ segments: 3, entries: 1_000 });
    expect(await verify('ten_long')).toMatchObject({ verified: true, head });
    const found = [];
    for await (const { segment } of log.segments('ten_long', AUDIT_DAY))
      found.push(...(segment?.entries ?? []));
    expect(found).toEqual(sampleEntries(1, 1_000));
  });

  it('loses nothing and breaks nothing when many append at once', async () => {
    const log = auditLog(table());
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        log.append(
          'ten_many',
          AUDIT_DAY,
          sampleEntries(1, 5).map((entry) =>
            entry.kind === 'change'
              ? { ...entry, item: { pk: `ten_many#stn_${index}`, sk: 'STATION' } }
              : entry,
          ),
          options,
        ),
      ),
    );
    expect(await verify('ten_many')).toMatchObject({ verified: true, repeats: 0, head: { entries: 30 } });
  });

  it('shows a segment whose bytes were overwritten', async () => {
    const log = auditLog(table());
    await log.append('ten_spoilt', AUDIT_DAY, sampleEntries(1, 3), options);
    const { client, tableName: TableName } = table();
    await client.send(
      new PutItemCommand({
        TableName,
        Item: marshall({ ...auditSegmentKey('ten_spoilt', AUDIT_DAY, 0), body: new Uint8Array([1, 2, 3]) }),
      }),
    );
    const { verified, problems } = await verify('ten_spoilt');
    expect([verified, problems.map(({ code }) => code)]).toEqual([
      false,
      ['segment_unreadable', 'head_mismatch'],
    ]);
  });
});
