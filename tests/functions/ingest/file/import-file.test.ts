import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImportFileInput, importFile } from '../../../../functions/ingest/file/import-file.ts';
import { defaultFileBounds } from '../../../../functions/ingest/file/import-stopped.ts';
import { importMapping, minorUnits } from '../../../../functions/ingest/file/record-mapping.ts';
import {
  escapedCell,
  REJECT_MEMBER,
  unescapedCell,
} from '../../../../functions/ingest/file/rejects-format.ts';
import { dayBundleStore } from '../../../../shared/store/day-bundles.ts';
import { useTable } from '../../../support/engine.ts';
import { SAMPLE_NOW_MS, sampleStation, sampleTransaction } from '../../../support/sample-transactions.ts';

const table = useTable();

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

function importer(tenantId: string) {
  const bundles = dayBundleStore(table());
  const send = async (
    file: string | Uint8Array,
    input: Partial<ImportFileInput> = {},
    change: Partial<Parameters<typeof importFile>[1]> = {},
  ) => {
    let rejects = '';
    const bytes = typeof file === 'string' ? Buffer.from(file) : file;
    const result = await importFile(
      { tenantId, bytes: inPieces(bytes, 7), ...input },
      {
        stations: { get: async (_, id) => (id === sampleStation.stationId ? sampleStation : undefined) },
        bundles,
        nowMs: () => SAMPLE_NOW_MS,
        random: () => 0,
        sleep: async () => {},
        writeRejects: async (text) => {
          rejects += text;
        },
        ...change,
      },
    );
    return { ...result, rejects };
  };
  return {
    send,
    rows: async () =>
      (await bundles.readBundles(tenantId, sampleStation.stationId, '2024-01-01', '2026-12-31')).flatMap(
        ({ bundle }) => bundle.rows,
      ),
  };
}

const { stationId } = sampleStation;
const line = (change: object = {}) => JSON.stringify({ stationId, ...sampleTransaction(), ...change });
const HEADER = 'stationId,transactionId,kind,occurredAt,amountMinor,currency,counterparty';
const row = (id: string, amount = '100', more = '') =>
  `${stationId},${id},parcel,2026-03-02T02:30:00Z,${amount},CNY,${more}`;

describe('a file of transactions', () => {
  it.each([
    ['NDJSON', `${line()}\n\n${line({ transactionId: 't-2' })}`],
    [
      'NDJSON with a byte order mark and Windows line ends',
      `\uFEFF${line()}\r\n${line({ transactionId: 't-2' })}\r\n`,
    ],
    ['CSV', `${HEADER}\n${row('t-1')}\n${row('t-2', '7', 'v1')}\n`],
    [
      'CSV with quotes and Windows line ends',
      `"${HEADER.replaceAll(',', '","')}"\r\n${row('t-1')}\r\n${row('t-2')}`,
    ],
    ['gzip', gzipSync(`${line()}\n${line({ transactionId: 't-2' })}`)],
  ])('is taken in as %s', async (format, file) => {
    const { send, rows } = importer(`ten_${format.replaceAll(/\W/g, '-')}`);
    expect(await send(file)).toMatchObject({
      records: 2,
      accepted: 2,
      duplicates: 0,
      rejected: 0,
      stopped: null,
    });
    expect((await rows()).map(({ transactionId }) => transactionId)).toEqual(['t-1', 't-2']);
    expect(await send(file)).toMatchObject({ accepted: 0, duplicates: 2 });
  });

  it('rejects each record by itself, with its line, column and code', async () => {
    const { send } = importer('ten_each');
    const { rejects, ...result } = await send(
      [
        HEADER,
        row('t-1'),
        row('t-2', '1.5'),
        `${row('t-3')},one,too,many`,
        row('t-4').replace(stationId, 'stn_nowhere'),
        row('t-5').replace('CNY', 'EUR'),
        row('t-1', '999'),
        `${row('t-6', '100', '"two\nlines"')}`,
        row('t-7', '=1+1'),
      ].join('\n'),
    );
    expect(result).toMatchObject({ records: 8, accepted: 1, rejected: 7, stopped: null });
    expect(result.rejectedByCode).toEqual({
      malformed_line: 1,
      unknown_station: 1,
      invalid_transaction: 3,
      currency_mismatch: 1,
      conflicting_transaction: 1,
    });
    const found = rejects
      .split('\n')
      .slice(1)
      .flatMap((text) => /,(\d+),([^,]*),([a-z_]+),/.exec(text)?.slice(1).join(' ') ?? []);
    expect(found.sort()).toEqual([
      '10 amountMinor invalid_transaction',
      '3 amountMinor invalid_transaction',
      '4  malformed_line',
      '5 stationId unknown_station',
      '6 currency currency_mismatch',
      '7 transactionId conflicting_transaction',
      '8 counterparty invalid_transaction',
    ]);
    expect(rejects).toContain(",'=1+1,");
  });

  it('has a rejects report that can be mended and sent again', async () => {
    for (const [tenant, file, mend] of [
      [
        'ten_mend-csv',
        `${HEADER}\n${row('t-1', '12')}\n${row('t-2', '=12')}\n${row("'t-3", '8')}\n`,
        (report: string) => report.replace("'=12", '12').replace("''t-3", 't-3'),
      ],
      [
        'ten_mend-json',
        `${line()}\n${line({ transactionId: 't-2', amountMinor: '12' })}\n${line({ transactionId: '=t-3' })}\n`,
        (report: string) => report.replace('"12"', '12').replace('=t-3', 't-3'),
      ],
    ] as const) {
      const { send, rows } = importer(tenant);
      const first = await send(file);
      expect(first).toMatchObject({ accepted: 1, rejected: 2 });
      expect(await send(first.rejects)).toMatchObject({ accepted: 0, rejected: 2 });
      expect(await send(mend(first.rejects))).toMatchObject({ accepted: 2, rejected: 0 });
      expect(await rows()).toHaveLength(3);
    }
  });

  it('gives a record without an id one of its content: equal records are one transaction', async () => {
    const { send, rows } = importer('ten_content');
    const file = [HEADER.replace('transactionId,', ''), row('x'), row('x'), row('x', '101')]
      .join('\n')
      .replaceAll(',x,', ',');
    expect(await send(file)).toMatchObject({ accepted: 2, duplicates: 1, rejected: 0 });
    expect(await send(file)).toMatchObject({ accepted: 0, duplicates: 3, rejected: 0 });
    for (const { transactionId } of await rows()) expect(transactionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  });

  it('reads foreign columns by a mapping', async () => {
    const { send, rows } = importer('ten_mapped');
    const mapping = importMapping.parse({
      stationId: { column: 'Shop', prefix: 'stn_' },
      transactionId: { column: 'No' },
      kind: { positive: 'produce_sale', negative: 'refund' },
      occurredAt: { column: 'When', timeZone: 'Asia/Shanghai' },
      amountMinor: { column: 'Price', times: 'Pieces', fractionDigits: 2 },
      currency: { value: 'CNY' },
      counterparty: { column: 'Customer', prefix: 'c-' },
      channel: { column: 'Via', values: { WeChat: 'app' } },
    });
    const file = [
      'Shop,No,When,Price,Pieces,Customer,Via',
      'lijia,1,2026-03-02 08:26:00,2.55,6,李 1,WeChat',
      'lijia,2,2026-03-02 09:26,0.015,-3,,WeChat',
      'lijia,3,yesterday,1,1,,WeChat',
    ].join('\n');
    const { rejects, ...result } = await send(file, { mapping });
    expect(result).toMatchObject({ accepted: 2, rejected: 1 });
    expect(rejects).toContain(',4,When,invalid_transaction,');
    expect(await rows()).toMatchObject([
      { transactionId: '1', kind: 'produce_sale', amountMinor: 1_530, counterparty: 'c-1', channel: 'app' },
      { transactionId: '2', kind: 'refund', amountMinor: -5, counterparty: null },
    ]);
    expect((await rows()).map(({ occurredAtMs }) => new Date(occurredAtMs).toISOString())).toEqual([
      '2026-03-02T00:26:00.000Z',
      '2026-03-02T01:26:00.000Z',
    ]);
  });

  it('comes to the same state after a crash at any write and a second run', async () => {
    const file = Array.from({ length: 60 }, (_, index) =>
      line({
        transactionId: `t-${index}`,
        occurredAt: `2026-03-0${1 + (index % 5)}T03:00:00Z`,
        amountMinor: index,
      }),
    ).join('\n');
    const clean = importer('ten_uncrashed');
    await clean.send(file);
    for (const crashAt of [1, 3, 5]) {
      const { send, rows } = importer(`ten_crashed-${crashAt}`);
      const store = dayBundleStore(table());
      let writes = 0;
      await expect(
        send(
          file,
          {},
          {
            bundles: {
              ...store,
              writeParts: async (...write) => {
                const written = await store.writeParts(...write);
                writes += 1;
                if (writes >= crashAt) throw new Error('crashed');
                return written;
              },
            },
          },
        ),
      ).rejects.toThrow('crashed');
      const again = await send(file);
      expect(again.accepted + again.duplicates).toBe(60);
      expect(again.duplicates).toBeGreaterThan(0);
      expect(await rows()).toEqual(await clean.rows());
    }
  });
});

describe('a file that is no file of transactions', () => {
  const latin1 = Buffer.from(
    `${line()}\n${line({ transactionId: 't-2', counterparty: 'caf\u00e9' })}\n`,
    'latin1',
  );
  const utf16 = Buffer.from(`\uFEFF${line()}\n`, 'utf16le');

  it.each([
    ['in another encoding', latin1, 'not_utf8', 2],
    ['in UTF-16', utf16, 'not_utf8', 1],
    [
      'that ends within a character',
      Buffer.concat([Buffer.from(`${line()}\n`), Buffer.from([0xe6, 0x9d])]),
      'not_utf8',
      2,
    ],
    ['with a NUL', `${line()}\n${line()}\n\u0000`, 'nul_character', 3],
    ['cut off in its compression', gzipSync(line().repeat(50)).subarray(0, 100), 'corrupt_gzip', 1],
    ['with a header that names a column twice', 'a,b,a\n1,2,3\n', 'malformed_header', 1],
    ['that is empty', '', 'malformed_header', 1],
    ['with a quote left open', `${HEADER}\n${row('t-1')}\n"${'x'.repeat(70_000)}`, 'malformed_csv', 3],
  ])('%s stops there, and says where', async (_, file, code, at) => {
    const { send } = importer('ten_stopped');
    expect((await send(file)).stopped).toMatchObject({ code, line: at });
  });

  it.each([
    ['NDJSON', `${line()}\n${line({ transactionId: 't-2' })}\n`, '{"transactionId":"t-3\u0000"}'],
    ['CSV', `${HEADER}\n${row('t-1')}\n${row('t-2')}\n`, row('t-3\u0000')],
  ])('keeps all that stands before the place it stops at, of %s', async (name, before, bad) => {
    for (const size of [1, 50, 100_000]) {
      const { send, rows } = importer(`ten_before-${name}-${size}`);
      const bytes = inPieces(Buffer.from(before + bad), size);
      expect(await send('', { bytes })).toMatchObject({ accepted: 2, stopped: { code: 'nul_character' } });
      expect(await rows()).toHaveLength(2);
    }
  });

  it('never takes half a record for a whole one', async () => {
    const whole = gzipSync(`${HEADER}\n${row('t-1', '100')}\n${row('t-2', '12345')}`);
    for (const cut of [8, 9, 10, 12]) {
      const { send, rows } = importer(`ten_half-${cut}`);
      expect((await send(whole.subarray(0, whole.length - cut))).stopped).toMatchObject({
        code: 'corrupt_gzip',
      });
      for (const { transactionId } of await rows()) expect(transactionId).toBe('t-1');
    }
  });

  it('keeps what stands before the place it stops at', async () => {
    const { send, rows } = importer('ten_before');
    expect(await send(latin1)).toMatchObject({ stopped: { code: 'not_utf8' } });
    expect(
      await send(Buffer.from(latin1).fill(0x65, latin1.indexOf(0xe9), latin1.indexOf(0xe9) + 1)),
    ).toMatchObject({
      stopped: null,
      records: 2,
    });
    expect(await rows()).toHaveLength(2);
  });

  it.each([
    ['blank lines', `${line()}\n`, '\n'],
    ['one line', `${line()}\n`, 'x'],
    ['blank CSV', `${HEADER}\n${row('t-1')}\n`, '\n'],
  ])('meets a zip bomb of %s before it has gone off', async (name, beginning, filling) => {
    const { send, rows } = importer(`ten_bomb-${name.replaceAll(' ', '-')}`);
    const bomb = gzipSync(Buffer.concat([Buffer.from(beginning), Buffer.alloc(64 * 2 ** 20, filling)]));
    const result = await send(bomb, { bytes: inPieces(bomb, 4_096) });
    expect(result.stopped).toMatchObject({ code: 'expands_too_much' });
    expect(await rows()).toHaveLength(1);
  });

  it('does not wait for the end of a file of blanks', async () => {
    const { send } = importer('ten_blank');
    const blanks = gzipSync(Buffer.alloc(64 * 2 ** 20, ' '));
    expect((await send(blanks, { bytes: inPieces(blanks, 4_096) })).stopped).toMatchObject({
      code: 'malformed_header',
    });
  });

  it('stops at its bound of text, however it came', async () => {
    const { send } = importer('ten_large');
    const bounds = { ...defaultFileBounds, textBytesMax: 10_000 };
    expect((await send(`${line()}\n`.repeat(200), { bounds })).stopped).toMatchObject({
      code: 'file_too_large',
    });
  });

  it('passes over a line of any length in constant memory and goes on behind it', async () => {
    async function* endless() {
      yield Buffer.from(`${line()}\n{"transactionId":"`);
      const block = Buffer.alloc(2 ** 20, 'x');
      for (let mebibytes = 0; mebibytes < 96; mebibytes += 1) yield block;
      yield Buffer.from(`"}\n${line({ transactionId: 't-2' })}`);
    }
    const { send, rows } = importer('ten_endless');
    const before = process.memoryUsage().rss;
    const result = await send('', { bytes: endless() });
    expect(result).toMatchObject({ accepted: 2, rejectedByCode: { line_too_long: 1 }, stopped: null });
    expect(result.rejects.length).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * 2 ** 20);
    expect(await rows()).toHaveLength(2);
  });
});

describe('what the rejects report writes', () => {
  it('never begins a cell like a formula, and gives back exactly what was there', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom('=1+1', '+1', '-5', '-5+cmd|x', '@a', "'", "''=", '\tx', "'-5"),
        ),
        (cell) => {
          const written = escapedCell(cell);
          expect(/^[=+\-@\t\r\n|%]/.test(written) && !/^[+-]?\d+([.,]\d+)*$/.test(written)).toBe(false);
          expect(unescapedCell(written)).toBe(cell);
        },
      ),
    );
  });

  it('keeps a line that is no JSON as text', async () => {
    const { send } = importer('ten_text');
    const { rejects } = await send(`${line()}\n[1,2]\nnot json {\n`);
    const [first, second] = rejects.trim().split('\n');
    expect(JSON.parse(first ?? '')[REJECT_MEMBER]).toMatchObject({
      line: 2,
      code: 'malformed_line',
      text: '[1,2]',
    });
    expect(JSON.parse(second ?? '')[REJECT_MEMBER]).toMatchObject({ line: 3, text: 'not json {' });
  });
});

describe('an amount in minor units', () => {
  it.each([
    ['2.55', '6', 2, 1_530],
    ['0.001', '5', 2, 1],
    ['0.001', '-5', 2, -1],
    ['0.001', '4', 2, 0],
    ['-11062.06', '1', 2, -1_106_206],
    ['1.005', undefined, 2, 101],
    ['90071992547.41', undefined, 2, 9_007_199_254_741],
    ['12', undefined, 0, 12],
    ['1,5', undefined, 2, '1,5'],
    ['', undefined, 2, ''],
    ['1e3', undefined, 2, '1e3'],
    ['1', 'many', 2, 'many'],
  ])('of %j times %j with %d digits is %j', (value, factor, digits, expected) => {
    expect(minorUnits(value, factor, digits)).toBe(expected);
  });
});
