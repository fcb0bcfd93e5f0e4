import { z } from 'zod';
import { RandomStream } from '../../models/simulator/random-stream.ts';
import type { Manifest } from '../../shared/scoring/manifest.ts';

const SEED = 65_536;

const featureDistributions = z.record(
  z.string(),
  z.object({
    missingRate: z.number().min(0).max(1),
    /** Empty for a feature that was never known. */
    deciles: z.array(z.number()),
  }),
);

/**
 * Rows [rows, F] that look like the population the model was fitted on: each feature drawn from the deciles
 * its manifest records, as often missing as it was there. A tree's time depends on the way a row takes through
 * it, so rows of one constant, or of uniform noise beyond the cuts, would time something else.
 */
export function referenceRows(manifest: Manifest, rows: number): Float32Array {
  const distributions = featureDistributions.parse(manifest.referencePopulation.features);
  const random = new RandomStream([SEED]);
  const width = manifest.features.length;
  const matrix = new Float32Array(rows * width).fill(Number.NaN);
  for (const [column, name] of manifest.features.entries()) {
    const distribution = distributions[name];
    if (distribution === undefined) throw new Error(`the manifest knows no distribution of ${name}`);
    const { missingRate, deciles } = distribution;
    if (deciles.length === 0) continue;
    for (let row = 0; row < rows; row += 1) {
      if (random.uniform() < missingRate) continue;
      const place = random.uniform() * (deciles.length - 1);
      const below = deciles[Math.floor(place)] ?? 0;
      const above = deciles[Math.ceil(place)] ?? below;
      matrix[row * width + column] = below + (above - below) * (place - Math.floor(place));
    }
  }
  return matrix;
}
