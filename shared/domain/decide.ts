import { assessAffordability } from './affordability.ts';
import {
  type AppraisalFacts,
  appraisalStages,
  scoreBelowMinimum,
  scoreInReferralBand,
} from './appraisal-rules.ts';
import { pointsPerLogOdds, type ScoredModel } from './credit-score.ts';
import {
  type Decision,
  type DecisionInput,
  decision,
  type Offer,
  type PathToApproval,
  type Reason,
  type RuleResult,
  type ScoreCard,
} from './decision.ts';
import { type Evaluation, evaluateStages } from './decision-rules.ts';
import type { FeatureExplanation } from './feature-explanation.ts';
import { candidatesOf, offeredTerms, quotesOf } from './offers.ts';
import { pathToApproval } from './path-to-approval.ts';
import { priceOf } from './pricing.ts';
import { adverseActionReasonCodes, REASONS_MAX } from './reason-codes.ts';
import { type ScreeningFacts, screeningFacts, screeningStages } from './screening-rules.ts';
import type { ShapeModel } from './shape-model.ts';

/** The model behind a score, as much of it as a decision explains itself by. */
export interface DecidingModel extends ScoredModel {
  readonly featureListHash: string;
  readonly shapes: ShapeModel;
}

/** What a decision needs besides its input, and which the input names by version and hash. */
export interface DecisionContext {
  /** UTC instant. */
  readonly decidedAt: string;
  readonly model: DecidingModel;
  /** One per feature of the model, in its order. */
  readonly explanations: readonly FeatureExplanation[];
}

/** Letters and digits of an id's part after the prefix, three of them the offer's own. */
const ID_SUFFIX_MAX = 45;

/**
 * Whether the applicant is to be scored: nothing is scored that automation, consent, history or eligibility
 * has already settled. `input.score` is not read.
 */
export function needsScore(input: DecisionInput, decidedAt: string): boolean {
  return evaluateStages(screeningStages, screeningFacts(input, decidedAt)).outcome === 'passed';
}

/**
 * The decision on an application: a pure function of its input and context, so that the stored input
 * recomputes it. A decline is a value. Raises RangeError when an applicant who needs a score has none, or
 * one by another model than the context's.
 */
export function decide(input: DecisionInput, context: DecisionContext): Decision {
  const facts = screeningFacts(input, context.decidedAt);
  const screening = evaluateStages(screeningStages, facts);
  if (screening.outcome !== 'passed') {
    return decisionOf(input, context, {
      outcome: screening.outcome,
      rules: [...screening.results, ...notEvaluated()],
      reasons: screening.reasons,
    });
  }

  const appraisal = appraise(facts, scoreOf(input, context.model), context.model);
  const evaluation = evaluateStages(appraisalStages, appraisal);
  const approved = evaluation.outcome === 'passed';
  const offers = approved ? offersOf(appraisal) : [];
  return decisionOf(input, context, {
    outcome: approved ? 'approved' : evaluation.outcome,
    rules: [...screening.results, ...evaluation.results],
    reasons: reasonsOf(evaluation, appraisal.score, context.explanations),
    pathToApproval: brokeScore(evaluation) ? pathOf(appraisal, context) : null,
    affordability: appraisal.affordability,
    pricing: appraisal.pricing,
    offers,
  });
}

/** The decision again, from its stored input; equal in `decisionBytes` when nothing was altered. */
export function replay(stored: Decision, context: Omit<DecisionContext, 'decidedAt'>): Decision {
  return decide(stored.input, { ...context, decidedAt: stored.decidedAt });
}

/** The one text of a decision, whatever order a database gave its fields back in. */
export function decisionBytes(value: Decision): string {
  return JSON.stringify(decision.parse(value));
}

function scoreOf(input: DecisionInput, model: DecidingModel): ScoreCard {
  const { score, application } = input;
  if (score === null) throw new RangeError(`${application.applicationId} needs a score and has none`);
  if (score.modelSha256 !== model.modelSha256) {
    throw new RangeError(`${application.applicationId} was scored by ${score.modelVersion}, another model`);
  }
  return score;
}

function appraise(facts: ScreeningFacts, score: ScoreCard, model: DecidingModel): AppraisalFacts {
  const { application, program, terms, cashFlow, recommenderLimitMinor } = facts.input;
  const { policy } = program;
  const { requestedTermMonths, requestedPrincipalMinor } = application;
  const { probabilityOfDefault } = score;
  const { decidedOn } = facts;
  const pricing = priceOf(policy, terms, probabilityOfDefault, requestedTermMonths, decidedOn);
  const affordability =
    cashFlow === null || cashFlow.observedMonths === 0 ? null : assessAffordability(cashFlow, policy);
  const borrowerHeadroomMinor = terms.singleBorrowerLimitMinor - facts.input.borrowerExposureMinor;
  const capitalHeadroomMinor = program.capitalMinor - facts.input.reservedCapitalMinor;
  const headroomMinor = Math.min(
    borrowerHeadroomMinor,
    capitalHeadroomMinor,
    recommenderLimitMinor ?? Number.POSITIVE_INFINITY,
  );
  const quoteFacts = affordability && {
    requestedPrincipalMinor,
    requestedTermMonths,
    probabilityOfDefault,
    policy,
    terms,
    pricing,
    affordability,
    decidedOn,
    headroomMinor,
  };
  const candidates = quoteFacts === null ? [] : candidatesOf(quoteFacts);
  return {
    ...facts,
    score,
    scoreMargin:
      policy.referWithinStandardErrors *
      (score.standardErrorLogOdds ?? 0) *
      pointsPerLogOdds(model.scoreScale),
    pricing,
    affordability,
    candidates,
    borrowerHeadroomMinor,
    capitalHeadroomMinor,
    recommenderHeadroomMinor: recommenderLimitMinor,
    quotes: quoteFacts === null ? [] : quotesOf(quoteFacts, candidates),
  };
}

/** Ids follow from the decision's, so that a replay gives the same. */
function offersOf({ input, quotes }: AppraisalFacts): Offer[] {
  const { decisionId, requestedTermMonths } = input.application;
  const suffix = decisionId.replace(/^dec_/, '').slice(0, ID_SUFFIX_MAX);
  return offeredTerms(quotes, requestedTermMonths).map((terms, index) => ({
    offerId: `ofr_${suffix}-${index + 1}`,
    ...terms,
  }));
}

/** A score is explained by the features behind it; any other rule by its own sentence. */
function reasonsOf(
  evaluation: Evaluation,
  score: ScoreCard,
  explanations: readonly FeatureExplanation[],
): Reason[] {
  const reasons = evaluation.reasons.flatMap((reason) => {
    if (reason.code === scoreInReferralBand.code) {
      return [reason, ...adverseActionReasonCodes(score.terms, explanations, REASONS_MAX - 1)];
    }
    if (reason.code !== scoreBelowMinimum.code) return [reason];
    const features = adverseActionReasonCodes(score.terms, explanations);
    return features.length > 0 ? features : [reason];
  });
  return reasons.slice(0, REASONS_MAX);
}

function brokeScore(evaluation: Evaluation): boolean {
  return evaluation.reasons.some(
    ({ code }) => code === scoreBelowMinimum.code || code === scoreInReferralBand.code,
  );
}

/** The score to reach is the one that approves without a person, above the referral band. */
function pathOf({ input, score }: AppraisalFacts, context: DecisionContext): PathToApproval | null {
  if (input.features === null) return null;
  return pathToApproval({
    model: context.model.shapes,
    scale: context.model.scoreScale,
    features: Float32Array.from(input.features, (value) => value ?? Number.NaN),
    explanations: context.explanations,
    logOdds: score.logOdds,
    cutOff: input.program.policy.referBelowCreditScore,
  });
}

function notEvaluated(): RuleResult[] {
  return appraisalStages.flatMap((stage) =>
    stage.rules.map(
      ({ code }): RuleResult => ({ code, outcome: 'not_evaluated', observed: null, bound: null }),
    ),
  );
}

interface Verdict {
  readonly outcome: Decision['outcome'];
  readonly rules: RuleResult[];
  readonly reasons: readonly Reason[];
  readonly pathToApproval?: PathToApproval | null;
  readonly affordability?: Decision['affordability'];
  readonly pricing?: Decision['pricing'];
  readonly offers?: Offer[];
}

function decisionOf(input: DecisionInput, context: DecisionContext, verdict: Verdict): Decision {
  const offers = verdict.offers ?? [];
  return {
    decisionId: input.application.decisionId,
    lenderTenantId: input.program.lenderTenantId,
    decidedAt: context.decidedAt,
    outcome: verdict.outcome,
    automated: verdict.outcome !== 'referred',
    policyVersion: input.program.policy.policyVersion,
    termsVersion: input.terms.version,
    featureListHash: input.score === null ? null : context.model.featureListHash,
    input,
    rules: verdict.rules,
    reasons: verdict.reasons.slice(0, REASONS_MAX),
    pathToApproval: verdict.pathToApproval ?? null,
    affordability: verdict.affordability ?? null,
    pricing: verdict.pricing ?? null,
    offers,
    limitMinor: Math.max(0, ...offers.map((offer) => offer.principalMinor)),
  };
}
