import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchGroups } from './bench-groups.ts';
import { fullEffort, quickEffort } from './measure-interleaved.ts';
import { measurementOf, measurementTable, type ReportedMeasurement } from './measurement.ts';

const namesOf = (groups: typeof benchGroups) => groups.map(({ name }) => name).join(', ');

const usage = `npm run bench [-- GROUP… --json FILE --models DIRECTORY --quick]
  groups: ${namesOf(benchGroups)} (default: all but ${namesOf(benchGroups.filter(({ isOnRequest }) => isOnRequest))})
  --json FILE         also write [{ name, value, unit, baseline, ratio }]
  --models DIRECTORY  holds registry.json and the models it names (default: models)
  --quick             only see that it runs; the figures mean nothing`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      models: { type: 'string', default: resolve(import.meta.dirname, '../../models') },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const unknown = positionals.filter((name) => !benchGroups.some((group) => group.name === name));
  if (unknown.length > 0) throw new Error(`no group ${unknown.join(', ')}\n\n${usage}`);
  const chosen = benchGroups.filter(({ name, isOnRequest }) =>
    positionals.length === 0 ? isOnRequest !== true : positionals.includes(name),
  );

  console.error(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads, Node ${process.version}`,
  );
  const measurements: ReportedMeasurement[] = [];
  for (const group of chosen) {
    console.error(`measuring ${group.name} …`);
    const measured = await group.run({
      effort: values.quick ? quickEffort : fullEffort,
      quick: values.quick,
      modelsDirectory: resolve(values.models),
    });
    console.log(measurementTable(measured));
    measurements.push(...measured);
  }
  if (values.json === undefined) return;
  await mkdir(dirname(resolve(values.json)), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(measurements.map(measurementOf), null, 2)}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
