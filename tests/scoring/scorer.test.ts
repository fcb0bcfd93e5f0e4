import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { DomainError } from '../../shared/domain/errors.ts';
import { evaluateShapes } from '../../shared/domain/shape-model.ts';
import { loadScorer } from '../../shared/scoring/load-scorer.ts';
import { goldenSchema } from '../../shared/scoring/manifest.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';
import { FEATURES, FIXTURE_DIRECTORY, fixtureFeatureList, TERMS } from './fixture-model.ts';

let scorer: Scorer;
beforeAll(async () => {
  scorer = await loadScorer({ directory: FIXTURE_DIRECTORY, featureList: fixtureFeatureList });
});
afterAll(() => scorer.release());

/** Every cut of every feature, and the float32 just under it. */
function edgesOf(feature: number): number[] {
  const cuts = scorer.model.shapes.terms.flatMap((term) => {
    const member = term.features.indexOf(feature);
    return [...(term.cuts[member] ?? [])];
  });
  return cuts.flatMap((cut) => [cut, float32Below(cut)]);
}

function float32Below(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + (value > 0 ? -1 : 1));
  return view.getFloat32(0);
}

const vector = () =>
  fc
    .tuple(
      ...fixtureFeatureList.features.map(({ minimum, maximum }, feature) =>
        fc.oneof(
          fc.double({ min: minimum, max: maximum, noNaN: true }).map(Math.fround),
          fc.constantFrom(...edgesOf(feature), minimum, maximum),
          fc.constant(Number.NaN),
        ),
      ),
    )
    .map((values) => Float32Array.from(values));

describe('one row', () => {
  it('gives the training code’s own answers on the golden vectors', async () => {
    const { rows } = goldenSchema.parse(
      JSON.parse(await readFile(join(FIXTURE_DIRECTORY, 'golden.json'), 'utf8')),
    );
    for (const row of rows) {
      const scored = await scorer.scoreOne(Float32Array.from(row.features, (value) => value ?? Number.NaN));
      expect(Math.abs(scored.probabilityOfDefault - row.probabilityOfDefault)).toBeLessThan(1e-6);
      expect(Math.abs(scored.logOdds - row.logOdds)).toBeLessThan(1e-5);
    }
  });

  it('is the plain shape functions to the bit, at random, on every bin edge and where values are missing', async () => {
    await fc.assert(
      fc.asyncProperty(vector(), async (features) => {
        const scored = await scorer.scoreOne(features);
        const shaped = evaluateShapes(scorer.model.shapes, features);
        expect([...scored.contributions]).toEqual([...shaped.contributions]);
        expect(scored.logOdds).toBe(shaped.logOdds);
        expect(scored.probabilityOfDefault).toBeCloseTo(1 / (1 + Math.exp(-shaped.logOdds)), 6);
      }),
      { numRuns: 500 },
    );
  });

  it('is of the vector as it was when asked, whatever becomes of it', async () => {
    const features = new Float32Array(FEATURES).fill(50);
    const expected = await scorer.scoreOne(features);
    const asked = scorer.scoreOne(features);
    features.fill(0);
    expect(await asked).toEqual(expected);
  });

  it('is its own when two hundred are asked at once', async () => {
    const vectors = fc.sample(vector(), { numRuns: 200, seed: 7 });
    const together = await Promise.all(vectors.map((features) => scorer.scoreOne(features)));
    for (const [index, features] of vectors.entries()) {
      const alone = evaluateShapes(scorer.model.shapes, features);
      expect([...(together[index]?.contributions ?? [])]).toEqual([...alone.contributions]);
    }
  });
});

describe('a block', () => {
  it('gives each row what it would get by itself, across the seams of blocks', async () => {
    const rows = 4_096 * 2 + 17;
    const samples = fc.sample(vector(), { numRuns: 97, seed: 11 });
    const features = new Float32Array(rows * FEATURES);
    for (let row = 0; row < rows; row += 1) features.set(samples[row % 97] ?? [], row * FEATURES);
    const alone = await Promise.all(samples.map((sample) => scorer.scoreOne(sample)));

    const block = await scorer.scoreBlock(features, rows);
    expect(block.rows).toBe(rows);
    expect(block.probabilityOfDefault).toHaveLength(rows);
    expect(block.contributions).toHaveLength(rows * TERMS);
    for (let row = 0; row < rows; row += 1) {
      const expected = alone[row % 97];
      const contributions = block.contributions.subarray(row * TERMS, (row + 1) * TERMS);
      if (
        expected === undefined ||
        Math.abs((block.probabilityOfDefault[row] ?? Number.NaN) - expected.probabilityOfDefault) > 1e-7 ||
        contributions.some((value, term) => value !== expected.contributions[term])
      ) {
        expect.fail(`row ${row} differs`);
      }
    }
  });

  it('is written over a block of the same size, and over no other', async () => {
    const features = new Float32Array(3 * FEATURES).fill(50);
    const used = await scorer.scoreBlock(new Float32Array(3 * FEATURES), 3);
    expect(await scorer.scoreBlock(features, 3, used)).toBe(used);
    expect(used).toEqual(await scorer.scoreBlock(features, 3));
    await expect(scorer.scoreBlock(features, 3, scorer.emptyBlock(2))).rejects.toThrow(
      'a block of 2 rows cannot hold 3',
    );
  });

  it('of no rows is empty', async () => {
    expect(await scorer.scoreBlock(new Float32Array(0), 0)).toMatchObject({ rows: 0 });
  });
});

describe('a vector is refused', () => {
  const good = () => new Float32Array(FEATURES).fill(50);
  const withValue = (feature: number, value: number) => {
    const features = good();
    features[feature] = value;
    return features;
  };

  test.each([
    ['when it is too short', new Float32Array(FEATURES - 1), 'features', 'wrong_length'],
    ['when it is too long', new Float32Array(FEATURES + 1), 'features', 'wrong_length'],
    ['on infinity', withValue(3, Number.POSITIVE_INFINITY), 'feature_3', 'infinite'],
    ['on negative infinity', withValue(0, Number.NEGATIVE_INFINITY), 'feature_0', 'infinite'],
    ['above the range', withValue(5, 100.0001), 'feature_5', 'out_of_range'],
    ['below the range', withValue(4, -0.0001), 'feature_4', 'out_of_range'],
  ])('%s, by the name of the feature', async (_, features, field, code) => {
    await expect(scorer.scoreOne(features)).rejects.toThrow(DomainError);
    await expect(scorer.scoreOne(features)).rejects.toMatchObject({
      code: 'invalid_feature',
      issues: [{ field, code }],
    });
  });

  it('within a block, before any row is scored, by feature and row', async () => {
    const features = new Float32Array(3 * FEATURES).fill(50);
    features[2 * FEATURES + 1] = 101;
    await expect(scorer.scoreBlock(features, 3)).rejects.toMatchObject({
      code: 'invalid_feature',
      message: 'feature_1 of row 2: 101 is outside -100 to 100',
    });
    await expect(scorer.scoreBlock(features, 2)).rejects.toMatchObject({ code: 'invalid_feature' });
  });

  it('by the first row that is wrong, whatever is wrong in later ones', async () => {
    const rows = 700;
    const features = new Float32Array(rows * FEATURES).fill(50);
    features[699 * FEATURES] = 101;
    features[600 * FEATURES + 5] = Number.POSITIVE_INFINITY;
    await expect(scorer.scoreBlock(features, rows)).rejects.toMatchObject({
      message: 'feature_5 of row 600: must not be infinite',
    });
  });

  it('but not for what is missing or on the bounds', async () => {
    await expect(scorer.scoreOne(new Float32Array(FEATURES).fill(Number.NaN))).resolves.toBeDefined();
    await expect(scorer.scoreOne(withValue(1, -100))).resolves.toBeDefined();
    await expect(scorer.scoreOne(withValue(1, 100))).resolves.toBeDefined();
  });
});
