import { type DecidingModel, decide, decisionBytes } from '../../../shared/domain/decide.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import { DomainError } from '../../../shared/domain/errors.ts';
import { featureListHash, features } from '../../../shared/features/feature-list.ts';
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import type { DecisionStore } from '../../../shared/store/decisions.ts';
import type { ProgramStore } from '../../../shared/store/programs.ts';

export type ReplayResult =
  | { readonly decisionId: string; readonly kind: 'identical'; readonly bytes: number }
  /** `field`: the first that differs, dotted. */
  | { readonly decisionId: string; readonly kind: 'differs'; readonly field: string }
  /** It cannot be recomputed here: the model or the feature list it names is not to be had. */
  | { readonly decisionId: string; readonly kind: 'impossible'; readonly reason: string };

export interface ReplayDependencies {
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'list'>;
  /** The model of a version, verified; undefined when there is none of that version. */
  readonly scorerOf: (modelVersion: string) => Promise<Pick<Scorer, 'model' | 'scoreCard'> | undefined>;
}

export interface ReplayInput {
  /** Any party of the program. */
  readonly tenantId: string;
  readonly programId: string;
  /** Default: every decision of the program. */
  readonly decisionId?: string | undefined;
}

const PAGE = 100;

/** Recompute decisions from their stored records, newest first. Raises `not_found` as reading them does. */
export async function* replayDecisions(
  { tenantId, programId, decisionId }: ReplayInput,
  dependencies: ReplayDependencies,
): AsyncGenerator<ReplayResult> {
  const grant = await dependencies.programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  const lender = grant.lenderTenantId;
  const load = async (id: string) => {
    const stored = await dependencies.decisions.get(lender, programId, id);
    if (stored === undefined) throw new DomainError('not_found', `no such decision: ${id}`);
    return stored;
  };
  if (decisionId !== undefined) {
    yield replayDecision(await load(decisionId), dependencies.scorerOf);
    return;
  }
  let cursor: string | undefined;
  do {
    const page = await dependencies.decisions.list({ lender, programId }, {}, PAGE, cursor);
    for (const entry of page.entries) {
      yield await replayDecision(await load(entry.decisionId), dependencies.scorerOf);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/**
 * One decision again: the stored feature vector through the model it names, then every rule, price and offer;
 * the whole text must be the stored one, byte for byte.
 */
export async function replayDecision(
  stored: Decision,
  scorerOf: ReplayDependencies['scorerOf'],
): Promise<ReplayResult> {
  const { decisionId, input } = stored;
  const impossible = (reason: string): ReplayResult => ({ decisionId, kind: 'impossible', reason });
  let again: Decision;
  if (input.score === null) {
    again = decide(input, { decidedAt: stored.decidedAt, model: noModel, explanations: features });
  } else {
    const { modelVersion, modelSha256 } = input.score;
    if (stored.featureListHash !== featureListHash) {
      return impossible(`made with the feature list ${stored.featureListHash}, this is ${featureListHash}`);
    }
    const scorer = await scorerOf(modelVersion);
    if (scorer === undefined) return impossible(`the registry knows no model ${modelVersion}`);
    if (scorer.model.modelSha256 !== modelSha256) {
      return impossible(`${modelVersion} is another file here: ${scorer.model.modelSha256}`);
    }
    const vector = Float32Array.from(input.features ?? [], (value) => value ?? Number.NaN);
    const score = await scorer.scoreCard(vector);
    const context = { decidedAt: stored.decidedAt, model: scorer.model, explanations: features };
    again = decide({ ...input, score }, context);
  }
  const [before, after] = [decisionBytes(stored), decisionBytes(again)];
  return before === after
    ? { decisionId, kind: 'identical', bytes: Buffer.byteLength(before) }
    : { decisionId, kind: 'differs', field: firstDifference(JSON.parse(before), JSON.parse(after)) };
}

/** What is settled before anything is scored asks no model. */
const noModel: DecidingModel = {
  modelVersion: 'none',
  modelSha256: '',
  featureListHash,
  features: [],
  terms: [],
  intercept: 0,
  scoreScale: { anchorScore: 600, anchorOdds: 1, pointsToDoubleOdds: 1, minimum: 350, maximum: 950 },
  referenceContributions: [],
  shapes: { intercept: 0, terms: [] },
};

function firstDifference(before: unknown, after: unknown, path = ''): string {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  if (!isObject(before) || !isObject(after)) return path;
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
    return firstDifference(before[name], after[name], path === '' ? name : `${path}.${name}`);
  }
  return path;
}
