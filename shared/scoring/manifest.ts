import { z } from 'zod';
import { businessDate } from '../domain/calendar.ts';

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');
const featureIndex = z.int().min(0);
export const fileName = z.string().regex(/^[a-z][a-z0-9.-]*$/, 'must be a file of the model folder');

/** What the manifest of any model says of the model, whatever its kind. */
export const modelFacts = z.object({
  schemaVersion: z.literal(1),
  modelVersion: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  featureListHash: sha256,
  features: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'must be distinct'),
  scoreScale: z
    .object({
      minimum: z.int().min(350),
      maximum: z.int().max(950),
      pointsToDoubleOdds: z.number().positive(),
      anchorScore: z.number(),
      anchorOdds: z.number().positive(),
    })
    .refine((scale) => scale.minimum < scale.maximum, 'minimum must be below maximum'),
  referencePopulation: z.looseObject({ scoreDeciles: z.array(z.number()).length(9) }),
  trainingData: z.object({
    sha256,
    rows: z.int().min(0),
    defaults: z.int().min(0),
    asOfFrom: businessDate,
    asOfTo: businessDate,
    source: z.string(),
  }),
});

/**
 * The manifest of an explainable boosting machine. Order of numbers is that of the model's terms, T of them; of
 * names that of its input columns, F of them.
 */
export const manifestSchema = modelFacts
  .extend({
    kind: z.literal('ebm'),
    terms: z
      .array(z.object({ name: z.string().min(1), features: z.array(featureIndex).min(1).max(2) }))
      .min(1),
    intercept: z.number(),
    calibration: z.object({ slope: z.number().positive(), intercept: z.number(), method: z.string() }),
    referenceContributions: z.array(z.number()),
    onnx: z.object({ file: fileName, sha256, bytes: z.int().positive(), opset: z.int(), mlOpset: z.int() }),
    shapes: z.object({ file: fileName, sha256 }),
    golden: z.object({ file: fileName, sha256 }),
    /** Standard error of the log-odds, from the fit's outer bags; a model of its own, off the scoring path. */
    uncertainty: z
      .object({ file: fileName, sha256, output: z.string(), varianceScale: z.number().positive() })
      .optional(),
    metrics: z.record(z.string(), z.unknown()),
    trainedWith: z.record(z.string(), z.unknown()),
  })
  .superRefine((manifest, context) => {
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (manifest.referenceContributions.length !== manifest.terms.length) {
      issue(['referenceContributions'], `must have one number per term, ${manifest.terms.length}`);
    }
    for (const [index, term] of manifest.terms.entries()) {
      if (term.features.some((feature) => feature >= manifest.features.length)) {
        issue(['terms', index, 'features'], 'must index the features');
      }
    }
  });
export type Manifest = z.output<typeof manifestSchema>;

const cuts = z
  .array(z.number().refine((cut) => Math.fround(cut) === cut, 'must be a float32'))
  .refine((list) => list.every((cut, index) => index === 0 || cut > (list[index - 1] ?? cut)), 'must rise');

export const shapesSchema = z.object({
  terms: z.array(
    z.union([
      z.object({
        features: z.tuple([featureIndex]),
        cuts: z.tuple([cuts]),
        scores: z.array(z.number()),
        missing: z.number(),
        /** Training rows by bin, missing last. */
        density: z.array(z.int().min(0)).optional(),
      }),
      z.object({
        features: z.tuple([featureIndex, featureIndex]),
        cuts: z.tuple([cuts, cuts]),
        scores: z.array(z.number()),
        missing: z.object({ first: z.array(z.number()), second: z.array(z.number()), both: z.number() }),
      }),
    ]),
  ),
});

/** Vectors with the answers the training code computed for them, without ONNX. */
export const goldenSchema = z.object({
  rows: z
    .array(
      z.object({
        features: z.array(z.number().nullable()),
        probabilityOfDefault: z.number().min(0).max(1),
        logOdds: z.number(),
        contributions: z.array(z.number()),
      }),
    )
    .min(24),
});
export type GoldenRow = z.output<typeof goldenSchema>['rows'][number];

const registeredModel = z.object({
  modelVersion: z.string(),
  /** Folder, relative to the registry. */
  path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'must be a relative folder'),
  /** SHA-256 of the folder's manifest.json, which names those of all its other files. */
  sha256,
});

export type RegisteredModel = z.output<typeof registeredModel>;

/** Which model decides, which ones score in the shadow, and which decided before, newest first. */
export const registrySchema = z.strictObject({
  champion: registeredModel,
  challengers: z.array(registeredModel).max(8).default([]),
  retired: z.array(registeredModel).default([]),
});
export type Registry = z.output<typeof registrySchema>;
