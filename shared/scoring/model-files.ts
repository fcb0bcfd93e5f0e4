import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { parse } from '../domain/parse.ts';
import { type AnyManifest, anyManifestSchema } from './classifier-manifest.ts';
import type { FeatureListFacts } from './feature-range.ts';
import { type Manifest, type Registry, registrySchema, shapesSchema } from './manifest.ts';
import {
  SIGNATURE_FILE,
  TRUSTED_KEYS_FILE,
  type TrustedKey,
  trustedKeysSchema,
  verifyManifest,
} from './model-signature.ts';

/** A model folder as a registry or a user names it. */
export interface ModelFolder {
  /** Holds manifest.json and the files it names. */
  readonly directory: string;
  /** SHA-256 of manifest.json as the registry has it. */
  readonly manifestSha256?: string;
  /**
   * Keys of which one must have signed the manifest. Left out only for a model that this very process has had
   * trained (a backtest's folds) or that is being looked at before it is signed; nothing decides with such a one.
   */
  readonly trustedKeys?: readonly TrustedKey[];
}

/**
 * The manifest of a model folder, of any kind, its hash and signature verified before a byte of it is parsed.
 * Raises DomainError `model_rejected`.
 */
export async function readAnyManifest(folder: ModelFolder): Promise<AnyManifest> {
  const bytes = await fileOf(folder.directory, 'manifest.json', folder.manifestSha256);
  if (folder.trustedKeys !== undefined) await requireSignature(folder.directory, bytes, folder.trustedKeys);
  return jsonOf(anyManifestSchema, bytes, 'manifest');
}

/** As `readAnyManifest`, of a model that can decide. Raises `challenger_only` on one of another kind. */
export async function readManifest(folder: ModelFolder): Promise<Manifest> {
  return requireDeciding(await readAnyManifest(folder));
}

/** Raises DomainError `model_rejected`, `challenger_only`, unless the model can decide. */
export function requireDeciding(manifest: AnyManifest): Manifest {
  if (manifest.kind === 'ebm') return manifest;
  throw challengerOnly(manifest);
}

/**
 * The refusal to let a model decide. A decision needs exact reasons, a path to approval, and risk that follows
 * every feature's direction: none of them can be had of a classifier without shapes.
 */
export function challengerOnly({ modelVersion, kind }: AnyManifest): DomainError {
  const message = `${modelVersion} is an ${kind}: without shapes it may challenge, never decide`;
  return rejected('manifest.kind', 'challenger_only', message);
}

/** Raises DomainError `model_rejected`, naming the feature, when a model is of another feature list. */
export function requireFeatureList(
  manifest: Pick<AnyManifest, 'features' | 'featureListHash'>,
  featureList: FeatureListFacts,
): void {
  const names = featureList.features.map((feature) => feature.name);
  const count = Math.max(names.length, manifest.features.length);
  for (let index = 0; index < count; index += 1) {
    if (manifest.features[index] === names[index]) continue;
    throw rejected(
      `manifest.features.${index}`,
      'mismatch',
      `feature ${index} is ${manifest.features[index] ?? 'none'} in the model, ${names[index] ?? 'none'} here`,
    );
  }
  if (manifest.featureListHash !== featureList.hash) {
    throw rejected(
      'manifest.featureListHash',
      'mismatch',
      `trained on the feature list ${manifest.featureListHash}, this is ${featureList.hash}`,
    );
  }
}

/** The shapes a manifest names, as they stand in the file. Raises DomainError `model_rejected`. */
export async function readShapes(directory: string, { shapes }: Pick<Manifest, 'shapes'>) {
  return jsonOf(shapesSchema, await fileOf(directory, shapes.file, shapes.sha256), 'shapes').terms;
}

/** A registry file and the keys beside it. Raises DomainError `model_rejected` when either is not what it must be. */
export async function readRegistry(
  registryFile: string,
): Promise<{ readonly registry: Registry; readonly trustedKeys: readonly TrustedKey[] }> {
  const directory = dirname(registryFile);
  const [registryBytes, keysBytes] = await Promise.all([
    fileOf(directory, basename(registryFile)),
    fileOf(directory, TRUSTED_KEYS_FILE),
  ]);
  return {
    registry: jsonOf(registrySchema, registryBytes, 'registry'),
    trustedKeys: jsonOf(trustedKeysSchema, keysBytes, 'trustedKeys').keys,
  };
}

async function requireSignature(
  directory: string,
  manifest: Uint8Array,
  trustedKeys: readonly TrustedKey[],
): Promise<void> {
  const text = new TextDecoder('latin1').decode(await fileOf(directory, SIGNATURE_FILE));
  const verdict = verifyManifest(manifest, text, trustedKeys);
  if (verdict.kind === 'valid') return;
  const why = {
    malformed: 'is not a signature',
    unknown_key: 'is of a key that is not trusted',
    wrong: 'is not of this manifest',
  };
  throw rejected(SIGNATURE_FILE, verdict.kind, `${SIGNATURE_FILE} ${why[verdict.kind]}`);
}

/** A file's bytes, of this SHA-256 where one is given. Raises DomainError `model_rejected`. */
export async function fileOf(directory: string, file: string, sha256?: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(directory, file));
  } catch (cause) {
    throw rejected(file, 'missing', `${file} cannot be read`, cause);
  }
  if (sha256 === undefined) return bytes;
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256) throw rejected(file, 'sha256', `${file}: SHA-256 is ${actual}, not ${sha256}`);
  return bytes;
}

export function jsonOf<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array,
  root: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw rejected(root, 'not_json', `${root}: not JSON`, cause);
  }
  return parse(schema, value, { code: 'model_rejected', root });
}

export function rejected(field: string, code: string, message: string, cause?: unknown): DomainError {
  return new DomainError('model_rejected', message, { issues: [{ field, code, message }], cause });
}
