import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { ingestCountsStore } from '../../shared/store/ingest-counts.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { ingestRuntime } from './lambda-runtime.ts';
import { createQueueHandler } from './queue-handler.ts';

const { table, ...runtime } = ingestRuntime('ingest-queue');

export const handler = createQueueHandler({
  ...runtime,
  stations: stationStore(table),
  bundles: dayBundleStore(table),
  counts: ingestCountsStore(table),
  logFailure: (failure) =>
    console.warn(JSON.stringify({ level: 'warn', function: 'ingest-queue', ...failure })),
});
