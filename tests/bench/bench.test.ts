import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { benchGroups } from './bench-groups.ts';
import { measureInterleaved, quartiles, quickEffort } from './measure-interleaved.ts';
import { against, counted, measurementOf, throughput } from './measurement.ts';

const measurements = z.array(
  z.strictObject({
    name: z.string().min(1),
    value: z.number().positive(),
    unit: z.string().min(1),
    baseline: z.string().nullable(),
    ratio: z.number().positive().nullable(),
  }),
);

const modelsDirectory = resolve(import.meta.dirname, '../../models');
const zeroable = new Set(['decisions approved of those metered']);

describe('a benchmark', () => {
  it.each(benchGroups)('measures $name, each ratio beside a baseline of the same run', async (group) => {
    const measured = await group.run({ effort: quickEffort, quick: true, modelsDirectory });
    const lines = measurements.parse(measured.filter(({ name }) => !zeroable.has(name)).map(measurementOf));
    expect(lines.length).toBeGreaterThan(1);
    const keys = lines.map(({ name, unit }) => `${name} in ${unit}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { name, baseline, ratio, unit } of lines) {
      expect(baseline === null, name).toBe(ratio === null);
      if (baseline !== null) expect(keys, name).toContain(`${baseline} in ${unit}`);
    }
  });

  it('writes its measurements as JSON and refuses a group that it does not have', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cunxin-bench-json-'));
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [join(import.meta.dirname, 'bench-command.ts'), ...args]);
    try {
      const file = join(directory, 'made', 'bench.json');
      const { stdout } = await run('features', '--quick', '--json', file);
      const written = measurements.parse(JSON.parse(await readFile(file, 'utf8')));
      expect(written.length).toBeGreaterThan(0);
      for (const { name } of written) expect(stdout).toContain(name);
      await expect(run('fetures', '--quick')).rejects.toThrow('no group fetures');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('measuring', () => {
  it('takes contestants in turn, the order turned round every round', async () => {
    const order: string[] = [];
    const contestant = (name: string) => ({ name, run: () => order.push(name) });
    await measureInterleaved([contestant('a'), contestant('b')], { rounds: 4, roundMs: 0, warmUpMs: 0 });
    expect(order.join('')).toBe('ababbaabba');
  });

  it('waits for a promise before the next run begins', async () => {
    let running = 0;
    let most = 0;
    const run = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setImmediate(done));
      running -= 1;
    };
    await measureInterleaved([{ name: 'waits', run }], quickEffort);
    expect(most).toBe(1);
  });

  it('finds quartiles between neighbours', () => {
    expect(quartiles([5, 1, 4, 2, 3])).toEqual({ low: 2, median: 3, high: 4 });
    expect(quartiles([4, 3, 2, 1]).median).toBe(2.5);
    expect(() => quartiles([])).toThrow('no samples');
  });

  it('turns time into work per second, slow rounds at the low end', () => {
    expect(throughput('rows', 'rows/s', { low: 1, median: 2, high: 4 }, 10)).toEqual({
      name: 'rows',
      unit: 'rows/s',
      value: 5_000,
      spread: [2_500, 10_000],
    });
  });

  it('counts how many times better, whichever way is better', () => {
    const ratio = (unit: string, value: number, baseline: number) =>
      against(counted('a', unit, value), counted('b', unit, baseline)).ratio;
    expect(ratio('rows/s', 8, 2)).toBe(4);
    expect(ratio('µs', 8, 2)).toBe(0.25);
    expect(ratio('write units per 1,000 transactions', 100, 2_000)).toBe(20);
    expect(() => against(counted('a', 'ms', 1), counted('b', 'µs', 1))).toThrow('a in ms against µs');
  });
});
