import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { parse } from '../../shared/domain/parse.ts';
import { simulateCounty } from './simulate-county.ts';

const usage = `npx node models/simulator/export-transactions-cli.ts --stations N --seed S --out FILE.ndjson[.gz]
  [--start 2022-01-01] [--days 730] [--stations-per-county 40]
Writes one transaction a line, with its stationId, station by station.`;

const options = z.strictObject({
  stations: z.coerce.number().int().min(1).max(10_000_000),
  seed: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  out: z.string().min(1),
  start: businessDate.default('2022-01-01'),
  days: z.coerce.number().int().min(1).max(5_000).default(730),
  stationsPerCounty: z.coerce.number().int().min(1).max(10_000).default(40),
});
type Options = z.output<typeof options>;

const CHUNK_CHARACTERS = 256 * 1_024;

function* chunks({ stations, seed, start, days, stationsPerCounty }: Options, counts: { rows: number }) {
  let chunk = '';
  for (let countyIndex = 0; countyIndex * stationsPerCounty < stations; countyIndex += 1) {
    const here = Math.min(stationsPerCounty, stations - countyIndex * stationsPerCounty);
    for (const simulated of simulateCounty({ seed, countyIndex, stations: here, startDay: start, days })) {
      const { stationId } = simulated.station;
      for (const transaction of simulated.transactions()) {
        chunk += `${JSON.stringify({ stationId, ...transaction })}\n`;
        counts.rows += 1;
        if (chunk.length >= CHUNK_CHARACTERS) {
          yield chunk;
          chunk = '';
        }
      }
    }
  }
  if (chunk !== '') yield chunk;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stations: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      start: { type: 'string' },
      days: { type: 'string' },
      'stations-per-county': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return;
  }
  const { 'stations-per-county': stationsPerCounty, help: _, ...rest } = values;
  const chosen = parse(options, stationsPerCounty === undefined ? rest : { ...rest, stationsPerCounty });
  const counts = { rows: 0 };
  const source = Readable.from(chunks(chosen, counts));
  const file = createWriteStream(chosen.out);
  if (chosen.out.endsWith('.gz')) await pipeline(source, createGzip({ level: 6 }), file);
  else await pipeline(source, file);
  console.log(`${counts.rows} transactions of ${chosen.stations} stations written to ${chosen.out}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
