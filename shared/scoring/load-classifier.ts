import { type ClassifierManifest, classifierGoldenSchema } from './classifier-manifest.ts';
import { ClassifierScorer, calibrated, probabilityOf } from './classifier-scorer.ts';
import { ClassifierSession } from './classifier-session.ts';
import { type FeatureListFacts, FeatureRanges } from './feature-range.ts';
import { fileOf, jsonOf, rejected, requireFeatureList } from './model-files.ts';

/**
 * Load a classifier whose manifest is verified and hold it to that: the SHA-256 of its files before a byte
 * reaches the runtime, the feature list, its tensors, its golden answers, and the log-odds its reasons start from.
 * Raises DomainError `model_rejected`, whose issue names the file and field that did not match.
 */
export async function loadClassifier(
  directory: string,
  manifest: ClassifierManifest,
  featureList: FeatureListFacts,
): Promise<ClassifierScorer> {
  requireFeatureList(manifest, featureList);
  const { onnx, golden } = manifest;
  const [onnxBytes, goldenBytes] = await Promise.all([
    fileOf(directory, onnx.file, onnx.sha256),
    fileOf(directory, golden.file, golden.sha256),
  ]);
  const { rows } = jsonOf(classifierGoldenSchema, goldenBytes, 'golden');
  const session = await ClassifierSession.open(onnx.file, onnxBytes, manifest.features.length, onnx);
  try {
    await requireGolden(session, manifest, rows);
    await requireReference(session, manifest);
  } catch (error) {
    await session.release();
    throw error;
  }
  return new ClassifierScorer(session, manifest, new FeatureRanges(featureList.features));
}

async function requireGolden(
  session: ClassifierSession,
  { features, golden: { tolerance } }: ClassifierManifest,
  rows: readonly { readonly features: readonly (number | null)[]; readonly probability: number }[],
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    if (row.features.length === features.length) continue;
    const at = `golden.rows.${index}.features`;
    throw rejected(at, 'wrong_length', `${at}: ${row.features.length} features of ${features.length}`);
  }
  const said = await session.probabilities(
    Float32Array.from(rows.flatMap((row) => row.features.map((value) => value ?? Number.NaN))),
    rows.length,
  );
  for (const [index, { probability }] of rows.entries()) {
    const error = Math.abs((said[index] ?? Number.NaN) - probability);
    if (error <= tolerance) continue;
    const at = `golden.rows.${index}.probability`;
    throw rejected(at, 'parity', `${at}: the model says ${said[index]}, ${error} from ${probability}`);
  }
}

async function requireReference(session: ClassifierSession, manifest: ClassifierManifest): Promise<void> {
  const { reference, referenceLogOdds } = manifest.reasons;
  const vector = Float32Array.from(reference, (value) => value ?? Number.NaN);
  const [said = Number.NaN] = await session.probabilities(vector, 1);
  const error = Math.abs(
    probabilityOf(calibrated(manifest.calibration, said)) - probabilityOf(referenceLogOdds),
  );
  if (error <= manifest.golden.tolerance * Math.max(1, manifest.calibration.slope)) return;
  const field = 'manifest.reasons.referenceLogOdds';
  throw rejected(field, 'parity', `${field}: the model's PD of the reference values is ${error} off`);
}
