import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { goldenSchema } from '../../shared/scoring/manifest.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';

const modelsDirectory = new URL('../../models/', import.meta.url).pathname;
const featureList = { hash: featureListHash, features };

describe('the shipped champion', () => {
  let scorer: Scorer;
  beforeAll(async () => {
    scorer = await loadChampion(join(modelsDirectory, 'registry.json'), featureList);
  });
  afterAll(() => scorer.release());

  it('tells how sure it is of each score', async () => {
    const folder = join(modelsDirectory, 'pd', scorer.manifest.modelVersion);
    const { rows } = goldenSchema.parse(JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8')));
    for (const row of rows) {
      const card = await scorer.scoreCard(Float32Array.from(row.features, (value) => value ?? Number.NaN));
      expect(card.standardErrorLogOdds).toBeGreaterThan(0);
      expect(card.standardErrorLogOdds).toBeLessThan(5);
    }
  });

  it('is refused when the model of its uncertainty was changed', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'cunxin-models-'));
    try {
      await cp(modelsDirectory, copy, {
        recursive: true,
        filter: (source) =>
          !/\/(training|simulator|datasets|backtest|factory|evaluation|monitoring)(\/|$)/.test(source),
      });
      const file = join(copy, 'pd', scorer.manifest.modelVersion, 'uncertainty.onnx');
      const bytes = await readFile(file);
      bytes.writeUInt8(bytes.readUInt8(1_000) ^ 1, 1_000);
      await writeFile(file, bytes);
      await expect(loadChampion(join(copy, 'registry.json'), featureList)).rejects.toMatchObject({
        code: 'model_rejected',
        issues: [{ field: 'uncertainty.onnx', code: 'sha256' }],
      });
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
});
