import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import { loadModel } from '../../shared/scoring/load-scorer.ts';
import { SIGNATURE_FILE, signManifest } from '../../shared/scoring/model-signature.ts';
import { writeWhole } from './write-whole.ts';

/**
 * Sign a model folder's manifest, which names the SHA-256 of every other file. First the model must load:
 * nobody signs what would be refused. Raises DomainError `model_rejected` as `loadModel`.
 */
export async function signModel(
  directory: string,
  key: KeyObject,
  featureList: FeatureListFacts,
): Promise<{ readonly modelVersion: string; readonly signatureFile: string }> {
  const model = await loadModel({ directory, featureList });
  const { modelVersion } = model.manifest;
  await model.release();
  const signatureFile = join(directory, SIGNATURE_FILE);
  await writeWhole(signatureFile, signManifest(await readFile(join(directory, 'manifest.json')), key));
  return { modelVersion, signatureFile };
}
