import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { portfolioAtRiskBps, portfolioAtRiskDays } from '../../shared/domain/lending/portfolio.ts';
import { formatMinor } from '../../shared/domain/money.ts';
import { simulateOnEngine } from './simulate-on-engine.ts';
import { type PortfolioReport, simulatePortfolio } from './simulate-portfolio.ts';

const USAGE = `Usage: npm run simulate-portfolio [-- --lives 12500 --seed 1 --json]
       npm run simulate-portfolio -- --engine [--lives 300 --seed 1 --kills 3]

Lets loans live for three years with lost answers, conflicts and dying workers injected by the seed, and holds the
books to every account of them: replays, the bank, the days' books, the capital. The store is in memory, held to the
table's conditions; with --engine it is the real one on the embedded engine, several lives at once, and the engine is
killed by SIGKILL now and then, in the middle of what it is doing.
`;

const LIVES_DEFAULT = 12_500;
/** Three years of a loan are some fifty transactions. */
const LIVES_ON_ENGINE_DEFAULT = 300;
const LIVES_AT_ONCE_ON_ENGINE = 8;

const simulationArguments = z.object({
  lives: z.coerce.number().pipe(z.int().min(1).max(1_000_000)).optional(),
  seed: z.coerce.number().pipe(z.int().min(0).max(4_294_967_295)).default(1),
  engine: z.boolean().default(false),
  kills: z.coerce.number().pipe(z.int().min(0).max(100)).default(3),
  json: z.boolean().default(false),
});

function print(report: PortfolioReport, seconds: number): void {
  const { counts, injected, portfolio, drift } = report;
  const line = (name: string, value: string | number) => console.log(`${name.padEnd(34)} ${value}`);
  for (const [name, count] of Object.entries(counts)) line(name, count);
  for (const [name, count] of Object.entries(injected)) line(`injected ${name}`, count);
  line('journal entries', report.entries);
  line('disbursed', formatMinor(portfolio.principalDisbursedMinor));
  line('outstanding', formatMinor(portfolio.principalOutstandingMinor));
  for (const days of portfolioAtRiskDays) {
    line(`PAR ${days}`, `${(portfolioAtRiskBps(portfolio, days) / 100).toFixed(2)} %`);
  }
  line('provisions', formatMinor(portfolio.provisionMinor));
  for (const [name, value] of Object.entries(drift)) line(`drift ${name}`, value);
  line('seconds', seconds.toFixed(1));
  line('loans per second', ((counts.approved - counts.expired) / seconds).toFixed(0));
  line('steps per second', (counts.steps / seconds).toFixed(0));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      lives: { type: 'string' },
      seed: { type: 'string' },
      engine: { type: 'boolean' },
      kills: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const parsed = simulationArguments.safeParse(values);
  if (!parsed.success) {
    console.error(
      parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
    console.error(USAGE);
    process.exit(1);
  }
  const { seed, engine, kills, json } = parsed.data;
  const lives = parsed.data.lives ?? (engine ? LIVES_ON_ENGINE_DEFAULT : LIVES_DEFAULT);
  const bar = new SingleBar({ format: '{bar} {value}/{total} lives, {eta} s left', stream: process.stderr });
  bar.start(lives, 0);
  const simulation = { lives, seed, onProgress: (done: number) => bar.update(done) };
  const startedMs = performance.now();
  const report = engine
    ? await simulateOnEngine({ ...simulation, atOnce: LIVES_AT_ONCE_ON_ENGINE, kills })
    : await simulatePortfolio(simulation);
  const seconds = (performance.now() - startedMs) / 1_000;
  bar.stop();
  if (json) console.log(JSON.stringify({ seed, lives, seconds, ...report }));
  else print(report, seconds);
  // Anything but zero is a fault of the books.
  if (Object.values(report.drift).some((value) => value !== 0)) process.exitCode = 1;
}
