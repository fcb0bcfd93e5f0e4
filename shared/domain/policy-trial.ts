import { type DecisionContext, decide, needsScore } from './decide.ts';
import type { Decision, DecisionOutcome } from './decision.ts';
import { termsOf } from './lending/implied-terms.ts';
import type { LendingTerms } from './lending/program-terms.ts';
import type { ProgramPolicy } from './program.ts';

/** What a policy would have said of one past decision. */
export interface TrialCase {
  readonly decisionId: string;
  readonly before: DecisionOutcome;
  readonly after: DecisionOutcome;
  readonly limitBeforeMinor: number;
  readonly limitAfterMinor: number;
  readonly expectedLossBeforeMinor: number;
  readonly expectedLossAfterMinor: number;
  /** Codes of the rules that decline or refer under the policy tried. */
  readonly ruleCodes: readonly string[];
}

export interface TrialTotals {
  readonly approved: number;
  readonly limitMinor: number;
  /** Of each approval's first offer, after the guarantee. */
  readonly expectedLossMinor: number;
}

/** What is tried: a policy, and terms in place of those of each decision, unless null. */
export interface Tried {
  readonly policy: ProgramPolicy;
  readonly terms: LendingTerms | null;
}

export interface PolicyTrial {
  readonly policyVersion: string;
  /** Null when each decision kept the terms it was made on. */
  readonly termsVersion: string | null;
  readonly tried: number;
  /** Was never scored, and would have to be under this policy: cannot be said. */
  readonly needingScore: readonly string[];
  /** Scored by another model than the one at hand: cannot be said. */
  readonly scoredByAnotherModel: readonly string[];
  readonly before: TrialTotals;
  readonly after: TrialTotals;
  /** How many went from one outcome to another, those that stayed included. */
  readonly outcomes: readonly {
    readonly before: DecisionOutcome;
    readonly after: DecisionOutcome;
    readonly count: number;
  }[];
  /** Approved by the policy tried alone, and by the old one alone. */
  readonly swapIn: readonly TrialCase[];
  readonly swapOut: readonly TrialCase[];
}

const expectedLossOf = (made: Pick<Decision, 'offers'>) => made.offers[0]?.expectedLossMinor ?? 0;

/**
 * Past decisions decided again by another policy, all else as it was known then. Terms that only the policy implied
 * follow the policy tried. Changes nothing.
 */
export function policyTrial(
  past: Iterable<Decision>,
  { policy, terms }: Tried,
  context: Omit<DecisionContext, 'decidedAt'>,
): PolicyTrial {
  const cases: TrialCase[] = [];
  const needingScore: string[] = [];
  const scoredByAnotherModel: string[] = [];
  for (const made of past) {
    const { decisionId, decidedAt, input } = made;
    const program = { ...input.program, policy };
    const kept = input.terms.committedOn === null ? termsOf(program, null) : input.terms;
    const tried = { ...input, program, terms: terms ?? kept };
    if (needsScore(tried, decidedAt) && input.score === null) {
      needingScore.push(decisionId);
      continue;
    }
    if (input.score !== null && input.score.modelSha256 !== context.model.modelSha256) {
      scoredByAnotherModel.push(decisionId);
      continue;
    }
    const again = decide(tried, { ...context, decidedAt });
    cases.push({
      decisionId,
      before: made.outcome,
      after: again.outcome,
      limitBeforeMinor: made.limitMinor,
      limitAfterMinor: again.limitMinor,
      expectedLossBeforeMinor: expectedLossOf(made),
      expectedLossAfterMinor: expectedLossOf(again),
      ruleCodes: again.rules
        .filter(({ outcome }) => outcome === 'declined' || outcome === 'referred')
        .map(({ code }) => code),
    });
  }
  const sum = (of: (each: TrialCase) => number) => cases.reduce((total, each) => total + of(each), 0);
  const moves = Map.groupBy(cases, ({ before, after }) => `${before} ${after}`);
  return {
    policyVersion: policy.policyVersion,
    termsVersion: terms?.version ?? null,
    tried: cases.length,
    needingScore,
    scoredByAnotherModel,
    before: {
      approved: cases.filter(({ before }) => before === 'approved').length,
      limitMinor: sum((each) => each.limitBeforeMinor),
      expectedLossMinor: sum((each) => each.expectedLossBeforeMinor),
    },
    after: {
      approved: cases.filter(({ after }) => after === 'approved').length,
      limitMinor: sum((each) => each.limitAfterMinor),
      expectedLossMinor: sum((each) => each.expectedLossAfterMinor),
    },
    outcomes: [...moves.values()].flatMap((some) => {
      const [first] = some;
      return first === undefined ? [] : [{ before: first.before, after: first.after, count: some.length }];
    }),
    swapIn: cases.filter(({ before, after }) => before !== 'approved' && after === 'approved'),
    swapOut: cases.filter(({ before, after }) => before === 'approved' && after !== 'approved'),
  };
}
