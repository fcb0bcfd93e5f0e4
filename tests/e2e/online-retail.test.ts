import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importFile } from '../../functions/ingest/file/import-file.ts';
import { importMapping } from '../../functions/ingest/file/record-mapping.ts';
import { station } from '../../shared/domain/station.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { useTable } from '../support/engine.ts';
import { stationOf, totalsOfFile, totalsOfTable } from './online-retail-totals.ts';

const file = new URL('../../../shared/data/online-retail/online_retail.csv.gz', import.meta.url);
const isHere = existsSync(file);
if (!isHere)
  console.warn('Online Retail is not on this machine: its test does not run (npm run verify:import)');

/** The whole file takes a minute and a half: `npm run verify:import`. */
const ROWS = 12_000;
const PLATFORM = 'ten_retail';

const mappingFile = (name: string) =>
  readFile(new URL(`../../infra/local/import-mappings/${name}.json`, import.meta.url), 'utf8').then(
    JSON.parse,
  );

async function* firstRows() {
  let rows = 0;
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) {
    if (rows > ROWS) break;
    rows += 1;
    yield Buffer.from(`${line}\n`);
  }
}

describe.runIf(isHere)('the first weeks of Online Retail', () => {
  const table = useTable();

  it('add up to the penny, country by country, and once however often they are sent', async () => {
    const expected = await totalsOfFile(file.pathname, ROWS);
    const mapping = importMapping.parse(await mappingFile('online-retail'));
    const properties = await mappingFile('online-retail-stations');
    const stations = stationStore(table());
    const send = () =>
      importFile(
        { tenantId: PLATFORM, bytes: firstRows(), mapping },
        {
          stations,
          bundles: dayBundleStore(table()),
          nowMs: () => Date.parse('2011-12-10T00:00:00Z'),
          random: () => 0.5,
          sleep: async () => {},
          writeRejects: async () => {},
          newStation: async (stationId) => {
            const added = station.parse({ ...properties, stationId, village: stationId.slice(4) });
            await stations.put(PLATFORM, added);
            return added;
          },
        },
      );
    expect(expected.rows).toBe(ROWS);
    expect(await send()).toMatchObject({
      records: ROWS,
      accepted: ROWS - expected.duplicates,
      duplicates: expected.duplicates,
      rejected: 0,
    });
    const held = await heldNow();
    for (const [country, { versions: _, ...totals }] of held) {
      expect([country, totals]).toEqual([country, expected.byCountry.get(country)]);
    }
    expect(await send()).toMatchObject({ accepted: 0, duplicates: ROWS });
    expect(await heldNow()).toEqual(held);

    async function heldNow() {
      const countries = [...expected.byCountry.keys()];
      expect(new Set(countries.map(stationOf)).size).toBe(countries.length);
      return Promise.all(
        countries.map(async (country) => [country, await totalsOfTable(table(), PLATFORM, country)] as const),
      );
    }
  });
});
