import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { dataDirectoryOf } from '../data-directory.ts';
import { startLocal } from '../start.ts';
import { decisionsTable, decisionText } from './print-demo.ts';
import { type DemoDecision, type DemoProgress, runDemo } from './run-demo.ts';

const STATIONS = 48;
const SEED = 7;

function progressPrinter(): (progress: DemoProgress) => void {
  if (!process.stdout.isTTY) {
    let said = 0;
    return ({ stations, stationsTotal, transactions }) => {
      if (stations - said < 12 && stations !== stationsTotal) return;
      if (stations === said) return;
      said = stations;
      console.log(`  ${stations} of ${stationsTotal} stations, ${transactions} transactions`);
    };
  }
  const bar = new SingleBar({
    format: '  {bar} {value}/{total} stations, {transactions} transactions',
    hideCursor: true,
  });
  let running = false;
  return ({ stations, stationsTotal, transactions }) => {
    if (!running) bar.start(stationsTotal, 0, { transactions: 0 });
    running = stations < stationsTotal;
    bar.update(stations, { transactions });
    if (!running) bar.stop();
  };
}

/** The most instructive one: declined by score with a way forward, else any that was scored. */
function exampleOf(decisions: readonly DemoDecision[]): DemoDecision | undefined {
  return (
    decisions.find(({ decision }) => decision.pathToApproval?.reachesCutOff === true) ??
    decisions.find(({ decision }) => decision.input.score !== null)
  );
}

async function main(): Promise<void> {
  const started = performance.now();
  const nowMs = Date.now();
  const dataDirectory = join(dataDirectoryOf(process.env), 'demo');
  await rm(dataDirectory, { recursive: true, force: true });
  const service = await startLocal({
    dataDirectory,
    port: 0,
    log: ({ fault }) => fault !== null && console.error(fault),
  });
  try {
    console.log(`Cunxin at ${service.url}, engine ${service.engine.name}, data in ${dataDirectory}`);
    console.log(`One county, ${STATIONS} stations, two years, reported through the API:`);
    const outcome = await runDemo({
      service,
      nowMs,
      stations: STATIONS,
      seed: SEED,
      onProgress: progressPrinter(),
    });
    console.log(`\n${outcome.decisions.length} applications decided:\n`);
    console.log(decisionsTable(outcome.decisions));
    console.log('“true PD” is what only the simulator can know: the same year lived again 200 times.\n');
    const example = exampleOf(outcome.decisions);
    if (example !== undefined) console.log(`${decisionText(example.decision)}\n`);
    const offered = outcome.decisions.find(({ decision }) => decision.offers.length > 0);
    if (offered !== undefined && offered !== example) console.log(`${decisionText(offered.decision)}\n`);
    console.log(
      [
        `${outcome.transactions} transactions, ${outcome.decisions.length} decisions, ` +
          `${((performance.now() - started) / 1_000).toFixed(1)} s`,
        `Kept in  ${dataDirectory}: the table in engine/, the signing keys in keys/`,
        `Go on    DATA_DIRECTORY=${dataDirectory} npm start`,
      ].join('\n'),
    );
  } finally {
    await service.stop();
  }
}

await main();
