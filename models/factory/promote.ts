import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, type FieldIssue } from '../../shared/domain/errors.ts';
import { type LoadedModel, loadChampion } from '../../shared/scoring/load-scorer.ts';
import { challengerOnly } from '../../shared/scoring/model-files.ts';
import { Scorer } from '../../shared/scoring/scorer.ts';
import {
  type CandidateOptions,
  checkCandidate,
  checkOutcomes,
  type PromotionBounds,
} from './check-promotion.ts';
import { type Matrix, sha256OfFile } from './read-matrix.ts';
import {
  holdRegistry,
  type ModelStage,
  registryChanges,
  replaceRegistry,
  withModelAt,
} from './registry-change.ts';

export interface PromoteOptions extends CandidateOptions {
  readonly registryFile: string;
  /** The candidate's folder relative to the registry. */
  readonly path: string;
  readonly stage: ModelStage;
  /** Outcomes to hold it to; only a champion is. Null calls back a model that was champion before. */
  readonly outcomes: { readonly matrix: Matrix; readonly sha256: string } | null;
  readonly bounds: PromotionBounds;
}

export interface Promotion {
  readonly findings: readonly string[];
  /** A line for each model whose stage changed; empty when nothing did. */
  readonly changes: readonly string[];
}

/**
 * Check a model, then give it its stage in the registry. Raises DomainError `model_rejected` with an issue for
 * each refusal (the codes of `checkCandidate` and `checkOutcomes`; `not_checked` without outcomes;
 * `challenger_only` for a model that cannot decide), or as `withModelAt` and `replaceRegistry`; the registry is
 * unchanged then.
 */
export async function promote(options: PromoteOptions): Promise<Promotion> {
  const { registryFile, directory, stage, outcomes } = options;
  const held = await holdRegistry(registryFile);
  const { model: candidate, refusals } = await checkCandidate(options);
  if (candidate === null) throw refused(refusals);
  try {
    const { modelVersion } = candidate.manifest;
    const wasChampion = held.registry?.retired.some((model) => model.modelVersion === modelVersion) ?? false;
    const checked = stage !== 'champion' ? nothing : await checkedOutcomes(candidate, options, wasChampion);
    const all = [...refusals, ...checked.refusals];
    if (all.length > 0) throw refused(all);
    const model = {
      modelVersion,
      path: options.path,
      sha256: await sha256OfFile(join(directory, 'manifest.json')),
    };
    const next = withModelAt(held.registry, model, stage);
    const changes = registryChanges(held.registry, next);
    const isSame = held.text !== null && JSON.stringify(next) === JSON.stringify(held.registry);
    if (!isSame) await replaceRegistry(registryFile, held, next);
    const findings =
      outcomes === null && stage === 'champion' ? ['called back without outcomes'] : checked.findings;
    return { findings, changes };
  } finally {
    await candidate.release();
  }
}

const nothing = { refusals: [] as readonly FieldIssue[], findings: [] as readonly string[] };

async function checkedOutcomes(candidate: LoadedModel, options: PromoteOptions, wasChampion: boolean) {
  if (!(candidate instanceof Scorer)) throw challengerOnly(candidate.manifest);
  if (options.outcomes === null) {
    const message = 'a champion is held to outcomes: give a matrix it was not trained on';
    return wasChampion
      ? nothing
      : { refusals: [{ field: 'matrix', code: 'not_checked', message }], findings: [] };
  }
  const { champion, note } = await reigning(options);
  try {
    const { matrix, sha256 } = options.outcomes;
    const found = await checkOutcomes({
      candidate,
      champion,
      matrix,
      matrixSha256: sha256,
      bounds: options.bounds,
    });
    return { ...found, findings: [...found.findings, ...note] };
  } finally {
    await champion?.release();
  }
}

/** A champion that cannot be loaded (another feature list, a lost file) decides nothing, so it blocks nothing. */
async function reigning({
  registryFile,
  featureList,
}: PromoteOptions): Promise<{ champion: Scorer | null; note: string[] }> {
  try {
    await readFile(registryFile);
  } catch {
    return { champion: null, note: [] };
  }
  try {
    return { champion: await loadChampion(registryFile, featureList), note: [] };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { champion: null, note: [`the champion cannot be loaded: ${error.message}`] };
  }
}

function refused(issues: readonly FieldIssue[]): DomainError {
  const codes = [...new Set(issues.map(({ code }) => code))].join(', ');
  return new DomainError('model_rejected', `not promoted: ${codes}`, { issues });
}
