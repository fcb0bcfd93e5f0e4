import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CapacityMeter, openTable } from '../../shared/store/dynamo.ts';
import { ingestMetricLine } from './ingest-metrics.ts';

/** What every Lambda of ingest runs on: the metered table, and a line of metrics for each call. */
export function ingestRuntime(functionName: string) {
  const { TABLE_NAME } = z.object({ TABLE_NAME: z.string().min(1) }).parse(process.env);
  const capacity = new CapacityMeter();
  return {
    table: openTable({ tableName: TABLE_NAME, onConsumed: capacity.add }),
    nowMs: Date.now,
    random: Math.random,
    sleep: (ms: number) => sleep(ms),
    meter: {
      writeUnits: () => capacity.writeUnits,
      log: (record: Parameters<typeof ingestMetricLine>[0]) =>
        console.log(ingestMetricLine(record, functionName, Date.now())),
    },
  };
}
