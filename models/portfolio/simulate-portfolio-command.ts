import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { portfolioAtRiskBps, portfolioAtRiskDays } from '../../shared/domain/lending/portfolio.ts';
import { formatMinor } from '../../shared/domain/money.ts';
import { type PortfolioReport, simulatePortfolio } from './simulate-portfolio.ts';

const USAGE = `Usage: npm run simulate-portfolio [-- --lives 12500 --seed 1 --json]

Lets loans live for three years against an in-memory store held to the table's conditions, with lost answers,
conflicts and dying workers injected by the seed, and holds the books to every account of them.
`;

const simulationArguments = z.object({
  lives: z.coerce.number().pipe(z.int().min(1).max(1_000_000)).default(12_500),
  seed: z.coerce.number().pipe(z.int().min(0).max(4_294_967_295)).default(1),
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
    options: { lives: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } },
  });
  const parsed = simulationArguments.safeParse(values);
  if (!parsed.success) {
    console.error(
      parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
    console.error(USAGE);
    process.exit(1);
  }
  const { lives, seed, json } = parsed.data;
  const bar = new SingleBar({ format: '{bar} {value}/{total} lives, {eta} s left', stream: process.stderr });
  bar.start(lives, 0);
  const startedMs = performance.now();
  const report = await simulatePortfolio({ lives, seed, onProgress: (done) => bar.update(done) });
  const seconds = (performance.now() - startedMs) / 1_000;
  bar.stop();
  if (json) console.log(JSON.stringify({ seed, lives, seconds, ...report }));
  else print(report, seconds);
  // Anything but zero is a fault of the books.
  if (Object.values(report.drift).some((value) => value !== 0)) process.exitCode = 1;
}
