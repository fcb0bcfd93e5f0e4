import { scoreCardOf } from '../../shared/domain/credit-score.ts';
import type { DecidingModel } from '../../shared/domain/decide.ts';
import { type DecisionInput, decisionInput } from '../../shared/domain/decision.ts';
import type { FeatureExplanation } from '../../shared/domain/feature-explanation.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import { evaluateShapes, shapeModelOf } from '../../shared/domain/shape-model.ts';
import { sampleApplication, sampleProgram } from './sample-lending.ts';

export const DECIDED_AT = '2026-06-01T02:00:01.000Z';

/** Three features: days of business, share of refunds, and one an applicant cannot act on; one interaction. */
export const sampleExplanations: readonly FeatureExplanation[] = [
  {
    name: 'active_days_90d',
    unit: 'days',
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 90,
    hurts: { zh: '最近90天有交易的天数少', en: 'Few days with business in the last 90 days' },
    action: {
      step: 1,
      reachable: (value) => value + 30,
      improve: { zh: '90天内至少营业{target}天', en: 'Do business on at least {target} of 90 days' },
    },
  },
  {
    name: 'refund_share_90d',
    unit: 'share',
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    hurts: { zh: '退款占比高', en: 'A large share of sales is refunded' },
    action: {
      step: 0.01,
      reachable: (value) => value / 2,
      improve: { zh: '把退款占比降到{target}以下', en: 'Bring refunds down to {target} of sales' },
    },
  },
  {
    name: 'tenure_days',
    unit: 'days',
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 10_000,
    hurts: { zh: '开业时间短', en: 'The station has been open for a short time' },
    action: null,
  },
];

const intercept = -3;
const terms = [
  { name: 'active_days_90d', features: [0] },
  { name: 'refund_share_90d', features: [1] },
  { name: 'tenure_days', features: [2] },
  { name: 'active_days_90d & tenure_days', features: [0, 2] },
];

export const sampleModel: DecidingModel = {
  modelVersion: 'pd-sample.1',
  modelSha256: 'c'.repeat(64),
  featureListHash: 'f'.repeat(64),
  features: sampleExplanations.map((explanation) => explanation.name),
  terms,
  intercept,
  scoreScale: { minimum: 350, maximum: 950, pointsToDoubleOdds: 40, anchorScore: 650, anchorOdds: 20 },
  referenceContributions: [-0.25, -0.125, -0.125, 0],
  shapes: shapeModelOf(intercept, [
    { features: [0], cuts: [[30, 45, 60]], scores: [0.75, 0.25, -0.25, -0.5], missing: 0.5 },
    {
      features: [1],
      cuts: [[Math.fround(0.05), Math.fround(0.12)]],
      scores: [-0.25, 0.25, 0.75],
      missing: 0,
    },
    { features: [2], cuts: [[365]], scores: [0.5, -0.25], missing: 0 },
    {
      features: [0, 2],
      cuts: [[45], [365]],
      scores: [0.25, 0, 0, -0.125],
      missing: { first: [0, 0], second: [0, 0], both: 0 },
    },
  ]),
};

/** A decision's input as the use case gathers it, scored by the sample model; `change` replaces parts of it. */
export function sampleInput(
  change: Partial<DecisionInput> = {},
  features: readonly (number | null)[] = [70, 0.02, 800],
): DecisionInput {
  const vector = Float32Array.from(features, (value) => value ?? Number.NaN);
  const { logOdds, contributions } = evaluateShapes(sampleModel.shapes, vector);
  const program = change.program ?? sampleProgram();
  return decisionInput.parse({
    application: sampleApplication(),
    program,
    terms: termsOf(program, null),
    station: {
      stationId: 'stn_anji-7',
      countyId: 'cty_anji',
      village: '余村',
      openedOn: '2024-03-01',
      stage: 'partner',
    },
    entrepreneur: {
      entrepreneurId: 'ent_7',
      role: 'partner',
      stationIds: ['stn_anji-7'],
      returnedToVillage: true,
    },
    consentId: 'cns_1',
    history: {
      asOf: '2026-06-01T02:00:00.000Z',
      firstDay: '2024-03-02',
      lastDay: '2026-05-31',
      activeDays: 700,
      activeDaysLast90: 70,
      transactionCount: 9_000,
      version: 'e'.repeat(64),
    },
    cashFlow: {
      monthlyInflowMinor: 6_000_000,
      monthlyOutflowMinor: 2_000_000,
      monthlyFixedOutflowMinor: 2_000_000,
      observedMonths: 24,
    },
    features: Array.from(vector, (value) => (Number.isNaN(value) ? null : value)),
    score: scoreCardOf(sampleModel, {
      probabilityOfDefault: Math.fround(1 / (1 + Math.exp(-logOdds))),
      logOdds,
      contributions: Float32Array.from(contributions),
    }),
    reservedCapitalMinor: 0,
    borrowerExposureMinor: 0,
    recommenderLimitMinor: null,
    ...change,
  });
}
