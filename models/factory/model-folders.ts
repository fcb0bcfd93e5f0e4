import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import { TRUSTED_KEYS_FILE } from '../../shared/scoring/model-signature.ts';

export const modelsDirectory = resolve(import.meta.dirname, '..');
export const registryFile = join(modelsDirectory, 'registry.json');
export const trustedKeysFile = join(modelsDirectory, TRUSTED_KEYS_FILE);

/** What this code computes: every model here must have been trained on exactly that. */
export const ourFeatureList: FeatureListFacts = { hash: featureListHash, features };

/** A model folder as a user names it: a path, or a version under models/pd. */
export function modelFolderOf(name: string): string {
  const isPath = name.includes('/') || existsSync(join(name, 'manifest.json'));
  return isPath ? resolve(name) : join(modelsDirectory, 'pd', name);
}
