import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { createHandler, type ShadowDependencies } from '../../../functions/shadow/handler.ts';
import { startStreamPump } from '../../../infra/local/stream-pump.ts';
import { decide } from '../../../shared/domain/decide.ts';
import type { Decision, DecisionInput } from '../../../shared/domain/decision.ts';
import { DomainError } from '../../../shared/domain/errors.ts';
import type { ShadowScore } from '../../../shared/domain/shadow-score.ts';
import { decisionStore } from '../../../shared/store/decisions.ts';
import { inputHash } from '../../../shared/store/idempotency.ts';
import { shadowScoreStore } from '../../../shared/store/shadow-scores.ts';
import { openTableStream } from '../../../shared/store/table-stream.ts';
import { useTable } from '../../support/engine.ts';
import { DECIDED_AT, sampleExplanations, sampleInput, sampleModel } from '../../support/sample-decision.ts';
import { INCUBATOR, LENDER, sampleApplication } from '../../support/sample-lending.ts';

const CHALLENGER = 'pd-challenger.1';
const table = useTable();

/** A challenger with one answer for everybody. */
const challenger = (
  logOdds: number,
  modelVersion = CHALLENGER,
): ShadowDependencies['challengers'][number] => ({
  model: { ...sampleModel, modelVersion },
  scoreOne: async () => ({
    probabilityOfDefault: 1 / (1 + Math.exp(-logOdds)),
    logOdds,
    contributions: new Float32Array(sampleModel.terms.length),
  }),
});

/** A decline by the real rules, for want of a consent, scored or not as `input` has it. */
async function decided(id: string, input: Partial<DecisionInput> = {}): Promise<Decision> {
  const application = sampleApplication({
    applicationId: `app_${id}`,
    decisionId: `dec_${id}`,
    entrepreneurId: `ent_${id}`,
  });
  const made = decide(sampleInput({ application, consentId: null, ...input }), {
    decidedAt: DECIDED_AT,
    model: sampleModel,
    explanations: sampleExplanations,
  });
  const request = { tenantId: INCUBATOR, operation: 'test', key: id, inputHash: inputHash(id) };
  const nowMs = Date.parse(DECIDED_AT);
  expect(await decisionStore(table()).commit({ application, decision: made, request, nowMs })).toEqual({
    kind: 'committed',
  });
  return made;
}

/** Everything that is in the table's stream, through the function, as the local pump delivers it. */
async function shadowed(
  challengers: ShadowDependencies['challengers'],
  onRefusal: ShadowDependencies['onRefusal'] = () => {},
): Promise<unknown[]> {
  const directory = await mkdtemp(join(tmpdir(), 'cunxin-shadow-'));
  const stream = await openTableStream(table(), inject('engineEndpoint'));
  const failures: unknown[] = [];
  const pump = await startStreamPump({
    stream,
    consumers: [{ name: 'shadow', handle: createHandler({ table: table(), challengers, onRefusal }) }],
    directory,
    sleep: async () => sleepFor(1),
    onFailure: (_, error) => failures.push(error),
  });
  await pump.drained();
  await pump.stop();
  stream.close();
  await rm(directory, { recursive: true });
  return failures;
}

async function scoresOf(made: Decision, modelVersion = CHALLENGER): Promise<ShadowScore[]> {
  const { programId } = made.input.program;
  const held = await Array.fromAsync(shadowScoreStore(table()).list(LENDER, programId, modelVersion));
  return held.filter(({ decisionId }) => decisionId === made.decisionId);
}

const stored = (made: Decision) =>
  decisionStore(table()).get(LENDER, made.input.program.programId, made.decisionId);

describe('challengers in the shadow', () => {
  it('score what the champion scored, and are kept beside it with both answers', async () => {
    const made = await decided('scored');
    expect(await shadowed([challenger(0), challenger(-4, 'pd-challenger.2')])).toEqual([]);
    expect(await scoresOf(made)).toEqual([
      {
        decisionId: 'dec_scored',
        decidedAt: DECIDED_AT,
        lenderTenantId: LENDER,
        programId: made.input.program.programId,
        countyId: made.input.station?.countyId,
        outcome: made.outcome,
        cutOff: made.input.program.policy.minimumCreditScore,
        champion: {
          modelVersion: sampleModel.modelVersion,
          creditScore: made.input.score?.creditScore,
          probabilityOfDefault: made.input.score?.probabilityOfDefault,
        },
        // Even odds are 1/20 of the anchor's: 40 points for each doubling below 650.
        challenger: { modelVersion: CHALLENGER, creditScore: 477, probabilityOfDefault: 0.5 },
      },
    ]);
    expect(await scoresOf(made, 'pd-challenger.2')).toHaveLength(1);
  });

  it('of another make say why, with what their reasons leave over', async () => {
    const made = await decided('substituted');
    const { features, scoreScale } = sampleModel;
    const contributions = Float64Array.from(features, (_, index) => (index === 0 ? 2 * Math.LN2 : -Math.LN2));
    const explained = contributions.reduce((sum, value) => sum + value, 0);
    const remainder = -1.5 * Math.LN2;
    const logOdds = -2 + explained + remainder;
    const substituting = {
      model: { modelVersion: 'pd-lightgbm.1', scoreScale, features },
      scoreOne: async () => ({
        probabilityOfDefault: 1 / (1 + Math.exp(-logOdds)),
        logOdds,
        contributions,
        referenceLogOdds: -2,
        remainder,
      }),
    };
    expect(await shadowed([substituting])).toEqual([]);
    const [score] = await scoresOf(made, 'pd-lightgbm.1');
    // 40 points double the odds: the first feature quarters them, each other one doubles them.
    expect(score?.reasons?.costliest).toEqual([{ feature: features[0], points: -80 }]);
    expect(score?.reasons?.explainedPoints).toBeCloseTo(40 * (features.length - 1) - 80, 9);
    expect(score?.reasons?.remainderPoints).toBeCloseTo(60, 9);
  });

  it('change no decision, and are no more when the stream is delivered again', async () => {
    const made = await decided('unchanged');
    const before = await stored(made);
    await shadowed([challenger(5)]);
    const scores = await scoresOf(made);
    await shadowed([challenger(5)]);
    expect(await stored(made)).toEqual(before);
    expect(scores).toHaveLength(1);
    expect(await scoresOf(made)).toEqual(scores);
  });

  it('leave out whom nobody scored', async () => {
    const made = await decided('unscored', { history: null, cashFlow: null, features: null, score: null });
    expect(await shadowed([challenger(0)])).toEqual([]);
    expect(await scoresOf(made)).toEqual([]);
  });

  it('pass over an applicant they refuse, and say so', async () => {
    const made = await decided('refused');
    const refusing = {
      ...challenger(0, 'pd-refusing.1'),
      scoreOne: async () => {
        throw new DomainError('invalid_feature', 'out of range');
      },
    };
    const refusals: unknown[] = [];
    expect(await shadowed([refusing, challenger(1)], (refusal) => refusals.push(refusal))).toEqual([]);
    expect(refusals).toContainEqual({
      decisionId: 'dec_refused',
      modelVersion: 'pd-refusing.1',
      errorCode: 'invalid_feature',
    });
    expect(await scoresOf(made)).toHaveLength(1);
    expect(await scoresOf(made, 'pd-refusing.1')).toEqual([]);
  });

  it('are tried again when they fail, and harm no decision', async () => {
    const made = await decided('failing');
    let calls = 0;
    const flaky = {
      ...challenger(2, 'pd-flaky.1'),
      scoreOne: async (features: Float32Array) => {
        calls += 1;
        if (calls === 1) throw new Error('out of memory');
        return challenger(2).scoreOne(features);
      },
    };
    expect(await shadowed([flaky])).toHaveLength(1);
    expect(await scoresOf(made, 'pd-flaky.1')).toHaveLength(1);
    expect(await stored(made)).toBeDefined();
  });
});
