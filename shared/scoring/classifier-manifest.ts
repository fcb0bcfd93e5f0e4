import { z } from 'zod';
import { fileName, manifestSchema, modelFacts, sha256 } from './manifest.ts';

/** A probability is held this far from 0 and 1 before its log-odds are taken: forests answer exactly 0. */
export const PROBABILITY_MARGIN = 1e-6;

/**
 * The manifest of any other classifier in ONNX (boosted trees, a scikit-learn pipeline). It has no terms and no
 * shapes: reasons are estimated by baseline substitution, and whether risk follows each feature's direction
 * cannot be shown. So it may challenge, and never decides.
 */
export const classifierManifestSchema = modelFacts
  .extend({
    kind: z.literal('onnx-classifier'),
    onnx: z.object({
      file: fileName,
      sha256,
      bytes: z.int().positive(),
      /** float32 [N, F]. */
      input: z.string().min(1),
      /** float32 [N, 2] by class, or [N, 1]. */
      output: z.string().min(1),
      /** Column of the output that is the probability of default. */
      defaultColumn: z.int().min(0).max(1),
    }),
    /** Line through the log-odds the model says; slope 1 and intercept 0 take them as they are. */
    calibration: z.object({ slope: z.number().positive(), intercept: z.number(), method: z.string() }),
    missing: z.object({
      method: z.string(),
      /** Features without which the model has no answer: an applicant who lacks one is refused. */
      required: z.array(z.string()),
    }),
    reasons: z.object({
      method: z.literal('baseline substitution'),
      description: z.string(),
      /** [F], what each feature is set to in its turn; null is missing. */
      reference: z.array(z.number().nullable()),
      /** Calibrated log-odds of default of the applicant who has every reference value. */
      referenceLogOdds: z.number(),
    }),
    golden: z.object({
      file: fileName,
      sha256,
      /** `given`: computed outside this runtime by who made the model; `runtime`: by this very ONNX. */
      source: z.enum(['given', 'runtime']),
      /** By how much a probability may differ. */
      tolerance: z.number().positive().max(1e-4),
    }),
    metrics: z.record(z.string(), z.unknown()),
    madeWith: z.string(),
  })
  .superRefine(({ features, reasons, missing }, context) => {
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (reasons.reference.length !== features.length) {
      issue(['reasons', 'reference'], `must have one value per feature, ${features.length}`);
    }
    for (const [index, name] of missing.required.entries()) {
      const place = features.indexOf(name);
      if (place < 0) issue(['missing', 'required', index], 'must be a feature');
      else if (reasons.reference[place] === null) issue(['reasons', 'reference', place], 'must not be null');
    }
  });
export type ClassifierManifest = z.output<typeof classifierManifestSchema>;

export const anyManifestSchema = z.discriminatedUnion('kind', [manifestSchema, classifierManifestSchema]);
export type AnyManifest = z.output<typeof anyManifestSchema>;

/** Vectors with the model's own answers, before calibration. */
export const classifierGoldenSchema = z.object({
  rows: z
    .array(
      z.object({
        features: z.array(z.number().nullable()),
        probability: z.number().min(0).max(1),
      }),
    )
    .min(24),
});
export type ClassifierGoldenRow = z.output<typeof classifierGoldenSchema>['rows'][number];
