import { dirname, join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { DecidingModel } from '../domain/decide.ts';
import { evaluateShapes, type Shape, type ShapeModel, shapeModelOf } from '../domain/shape-model.ts';
import type { ClassifierScorer } from './classifier-scorer.ts';
import { type FeatureListFacts, FeatureRanges } from './feature-range.ts';
import { loadClassifier } from './load-classifier.ts';
import { type GoldenRow, goldenSchema, type Manifest, type RegisteredModel } from './manifest.ts';
import {
  fileOf,
  jsonOf,
  type ModelFolder,
  readAnyManifest,
  readRegistry,
  readShapes,
  rejected,
  requireDeciding,
  requireFeatureList,
} from './model-files.ts';
import type { TrustedKey } from './model-signature.ts';
import { createSession } from './onnx-session.ts';
import { CONTRIBUTIONS_NAME, INPUT_NAME, PD_NAME, Scorer, type UncertaintySession } from './scorer.ts';

export const PD_TOLERANCE = 1e-6;
export const CONTRIBUTION_TOLERANCE = 1e-5;

export interface LoadScorerOptions extends ModelFolder {
  /** What this code computes; the model must have been trained on exactly that. */
  readonly featureList: FeatureListFacts;
}

/** A model in memory, of a kind that may decide or of one that may only challenge. */
export type LoadedModel = Scorer | ClassifierScorer;

/**
 * Load a model of any kind, as strictly as `loadScorer`. Raises DomainError `model_rejected` as that and
 * `loadClassifier` do.
 */
export async function loadModel(options: LoadScorerOptions): Promise<LoadedModel> {
  const manifest = await readAnyManifest(options);
  if (manifest.kind === 'ebm') return scorerOf(manifest, options);
  return loadClassifier(options.directory, manifest, options.featureList);
}

/**
 * Load a model that can decide and hold it to its manifest before it scores anyone: the manifest's signature and SHA-256 of
 * every file (before a byte is parsed, let alone given to the runtime), the feature list's hash and order, the
 * terms of the shapes and of the ONNX, and the training code's own answers (golden.json) by ONNX and by shapes,
 * PD to 1e-6 and contributions to 1e-5. The session is warm when this resolves.
 *
 * Raises DomainError `model_rejected`, whose issue names the file and field that did not match; `manifest.kind`,
 * `challenger_only` for a model that may only challenge.
 */
export async function loadScorer(options: LoadScorerOptions): Promise<Scorer> {
  return scorerOf(requireDeciding(await readAnyManifest(options)), options);
}

async function scorerOf(manifest: Manifest, { directory, featureList }: LoadScorerOptions): Promise<Scorer> {
  requireFeatureList(manifest, featureList);

  const [onnxBytes, terms, goldenBytes] = await Promise.all([
    fileOf(directory, manifest.onnx.file, manifest.onnx.sha256),
    readShapes(directory, manifest),
    fileOf(directory, manifest.golden.file, manifest.golden.sha256),
  ]);
  const shapes = requireShapes(manifest, terms);
  const golden = jsonOf(goldenSchema, goldenBytes, 'golden').rows;

  const session = await sessionOf(manifest, onnxBytes);
  const uncertainty = await uncertaintyOf(directory, manifest);
  const scorer = new Scorer(
    session,
    manifest,
    decidingModelOf(manifest, shapes),
    new FeatureRanges(featureList.features),
    uncertainty,
  );
  try {
    for (const [index, row] of golden.entries()) await requireGolden(scorer, row, index);
  } catch (error) {
    await scorer.release();
    throw error;
  }
  return scorer;
}

/** The champion a registry file names, its signature verified. Raises DomainError `model_rejected` as `loadScorer`. */
export async function loadChampion(registryFile: string, featureList: FeatureListFacts): Promise<Scorer> {
  const { registry, trustedKeys } = await readRegistry(registryFile);
  const options = registeredOptions(registryFile, registry.champion, featureList, trustedKeys);
  return ofVersion(await loadScorer(options), registry.champion, 'champion');
}

/** The challengers a registry file names, each as strictly as the champion. */
export async function loadChallengers(
  registryFile: string,
  featureList: FeatureListFacts,
): Promise<LoadedModel[]> {
  const { registry, trustedKeys } = await readRegistry(registryFile);
  const scorers: LoadedModel[] = [];
  try {
    for (const [index, model] of registry.challengers.entries()) {
      const options = registeredOptions(registryFile, model, featureList, trustedKeys);
      scorers.push(await ofVersion(await loadModel(options), model, `challengers.${index}`));
    }
  } catch (error) {
    for (const scorer of scorers) await scorer.release();
    throw error;
  }
  return scorers;
}

/**
 * The model of a version that decides, decided before or could, as strictly as the champion; undefined when the
 * registry knows no such version.
 */
export async function loadVersion(
  registryFile: string,
  modelVersion: string,
  featureList: FeatureListFacts,
): Promise<Scorer | undefined> {
  const { registry, trustedKeys } = await readRegistry(registryFile);
  const { champion, retired, challengers } = registry;
  const found = [champion, ...retired, ...challengers].find((model) => model.modelVersion === modelVersion);
  if (found === undefined) return undefined;
  const options = registeredOptions(registryFile, found, featureList, trustedKeys);
  return ofVersion(await loadScorer(options), found, modelVersion);
}

function registeredOptions(
  registryFile: string,
  { path, sha256 }: RegisteredModel,
  featureList: FeatureListFacts,
  trustedKeys: readonly TrustedKey[],
): LoadScorerOptions {
  const directory = join(dirname(registryFile), path);
  return { directory, featureList, manifestSha256: sha256, trustedKeys };
}

async function ofVersion<Model extends LoadedModel>(
  loaded: Model,
  { modelVersion }: RegisteredModel,
  field: string,
): Promise<Model> {
  if (loaded.manifest.modelVersion === modelVersion) return loaded;
  await loaded.release();
  throw rejected(
    `registry.${field}.modelVersion`,
    'mismatch',
    `registry names ${modelVersion}, the manifest ${loaded.manifest.modelVersion}`,
  );
}

function decidingModelOf(manifest: Manifest, shapes: ShapeModel): DecidingModel {
  return {
    modelVersion: manifest.modelVersion,
    modelSha256: manifest.onnx.sha256,
    featureListHash: manifest.featureListHash,
    features: manifest.features,
    terms: manifest.terms,
    intercept: manifest.intercept,
    scoreScale: manifest.scoreScale,
    referenceContributions: manifest.referenceContributions,
    shapes,
  };
}

function requireShapes(manifest: Manifest, shapes: readonly Shape[]): ShapeModel {
  if (shapes.length !== manifest.terms.length) {
    throw rejected('shapes.terms', 'mismatch', `${shapes.length} shapes for ${manifest.terms.length} terms`);
  }
  for (const [index, shape] of shapes.entries()) {
    if (shape.features.join() !== manifest.terms[index]?.features.join()) {
      throw rejected(`shapes.terms.${index}.features`, 'mismatch', `shape ${index} is of other features`);
    }
  }
  try {
    return shapeModelOf(manifest.intercept, shapes);
  } catch (cause) {
    throw rejected('shapes.terms', 'mismatch', cause instanceof Error ? cause.message : 'malformed', cause);
  }
}

interface TensorShape {
  readonly tensor: string;
  readonly side: 'inputMetadata' | 'outputMetadata';
  /** Of [N, width]. */
  readonly width: number;
}

async function sessionOf(manifest: Manifest, bytes: Uint8Array): Promise<InferenceSession> {
  return openSession(manifest.onnx.file, bytes, [
    { tensor: INPUT_NAME, side: 'inputMetadata', width: manifest.features.length },
    { tensor: PD_NAME, side: 'outputMetadata', width: 1 },
    { tensor: CONTRIBUTIONS_NAME, side: 'outputMetadata', width: manifest.terms.length },
  ]);
}

/** Undefined where the manifest names no such model. */
async function uncertaintyOf(
  directory: string,
  { uncertainty, features }: Manifest,
): Promise<UncertaintySession | undefined> {
  if (uncertainty === undefined) return undefined;
  const { file, sha256, output } = uncertainty;
  const session = await openSession(file, await fileOf(directory, file, sha256), [
    { tensor: INPUT_NAME, side: 'inputMetadata', width: features.length },
    { tensor: output, side: 'outputMetadata', width: 1 },
  ]);
  return { session, output };
}

async function openSession(
  file: string,
  bytes: Uint8Array,
  tensors: readonly TensorShape[],
): Promise<InferenceSession> {
  const session = await createSession(file, bytes);
  for (const { tensor, side, width } of tensors) {
    const metadata = session[side].find((candidate) => candidate.name === tensor);
    if (
      metadata?.isTensor &&
      metadata.type === 'float32' &&
      metadata.shape.length === 2 &&
      metadata.shape[1] === width
    ) {
      continue;
    }
    await session.release();
    throw rejected(`${file}.${tensor}`, 'mismatch', `${file}: ${tensor} must be float32 [N, ${width}]`);
  }
  return session;
}

async function requireGolden(scorer: Scorer, row: GoldenRow, index: number): Promise<void> {
  const { model } = scorer;
  const at = `golden.rows.${index}`;
  if (row.features.length !== model.features.length || row.contributions.length !== model.terms.length) {
    throw rejected(at, 'wrong_length', `${at}: wrong number of features or contributions`);
  }
  const features = Float32Array.from(row.features, (value) => value ?? Number.NaN);
  const shaped = evaluateShapes(model.shapes, features);
  const scored = await scorer.run(features);
  const pdError = Math.abs(scored.probabilityOfDefault - row.probabilityOfDefault);
  if (!(pdError <= PD_TOLERANCE)) {
    throw rejected(`${at}.probabilityOfDefault`, 'parity', `${at}: PD is ${pdError} off`);
  }
  for (const [term, expected] of row.contributions.entries()) {
    const onnxError = Math.abs((scored.contributions[term] ?? Number.NaN) - expected);
    const shapeError = Math.abs((shaped.contributions[term] ?? Number.NaN) - expected);
    if (onnxError <= CONTRIBUTION_TOLERANCE && shapeError <= CONTRIBUTION_TOLERANCE) continue;
    throw rejected(
      `${at}.contributions.${term}`,
      'parity',
      `${at}: ${model.terms[term]?.name ?? term} is ${onnxError} off by ONNX, ${shapeError} by shapes`,
    );
  }
  if (!(Math.abs(scored.logOdds - row.logOdds) <= CONTRIBUTION_TOLERANCE)) {
    throw rejected(
      `${at}.logOdds`,
      'parity',
      `${at}: contributions and intercept do not add up to the log-odds`,
    );
  }
}
