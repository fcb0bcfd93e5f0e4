import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from '../../shared/domain/parse.ts';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import { type LoadedModel, loadModel } from '../../shared/scoring/load-scorer.ts';
import { readShapes } from '../../shared/scoring/model-files.ts';
import {
  SIGNATURE_FILE,
  type TrustedKey,
  trustedKeysSchema,
  verifyManifest,
} from '../../shared/scoring/model-signature.ts';
import { Scorer } from '../../shared/scoring/scorer.ts';
import type { CountedShape } from './stability.ts';

export interface EvaluatedModel {
  readonly scorer: LoadedModel;
  /** None of a classifier that has no shapes. */
  readonly shapes: readonly CountedShape[];
  /** Owner of the trusted key that signed it; null when none did: it may be looked at, and never decides. */
  readonly signedBy: string | null;
}

/** A model folder to look at, signed or not. Raises DomainError `model_rejected` as `loadModel`. */
export async function loadEvaluatedModel(
  directory: string,
  featureList: FeatureListFacts,
  trustedKeys: readonly TrustedKey[],
): Promise<EvaluatedModel> {
  const scorer = await loadModel({ directory, featureList });
  const shapes = scorer instanceof Scorer ? await readShapes(directory, scorer.manifest) : [];
  return { scorer, shapes, signedBy: await signedBy(directory, trustedKeys) };
}

async function signedBy(directory: string, trustedKeys: readonly TrustedKey[]): Promise<string | null> {
  const file = join(directory, SIGNATURE_FILE);
  if (!existsSync(file)) return null;
  const [manifest, signature] = await Promise.all([
    readFile(join(directory, 'manifest.json')),
    readFile(file, 'latin1'),
  ]);
  const verdict = verifyManifest(manifest, signature, trustedKeys);
  return verdict.kind === 'valid' ? verdict.key.owner : null;
}

/** The trusted keys of a models directory; none when it has no file of them. */
export async function readTrustedKeys(file: string): Promise<readonly TrustedKey[]> {
  if (!existsSync(file)) return [];
  return parse(trustedKeysSchema, JSON.parse(await readFile(file, 'utf8')), { root: 'trusted-keys.json' })
    .keys;
}
