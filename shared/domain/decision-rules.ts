import type { Reason, RuleResult, Sentences } from './decision.ts';

/** What a rule looked at and the bound it held it to. */
export interface Finding {
  readonly broken: boolean;
  readonly observed: RuleResult['observed'];
  readonly bound: RuleResult['bound'];
}

/** One rule of lending: the only place where its code, its words, its test and its effect are written. */
export interface Rule<Facts> {
  readonly code: string;
  readonly sentences: Sentences;
  readonly effect: 'declines' | 'refers';
  /** Null when the facts give it nothing to look at: not evaluated. */
  readonly check: (facts: Facts) => Finding | null;
}

/** Rules that are evaluated together, so that an applicant hears of all of them at once. */
export interface Stage<Facts> {
  readonly name: string;
  /** Whether a referral here ends the evaluation; a decline always does. */
  readonly referralEnds: boolean;
  readonly rules: readonly Rule<Facts>[];
}

export const atLeast = (observed: number, bound: number): Finding => ({
  broken: observed < bound,
  observed,
  bound,
});
export const atMost = (observed: number, bound: number): Finding => ({
  broken: observed > bound,
  observed,
  bound,
});

export interface Evaluation {
  /** A decline outranks a referral. */
  readonly outcome: 'passed' | 'referred' | 'declined';
  /** One per rule of the stages, in order; `not_evaluated` after the stage that ended it. */
  readonly results: readonly RuleResult[];
  /** The rules behind the outcome, in order; none when passed. */
  readonly reasons: readonly Reason[];
}

/**
 * Evaluate stages in order. All rules of a stage are evaluated; a stage in which one declines is the last, as
 * is one in which one refers where `referralEnds`.
 */
export function evaluateStages<Facts>(stages: readonly Stage<Facts>[], facts: Facts): Evaluation {
  const results: RuleResult[] = [];
  const broken: Rule<Facts>[] = [];
  let ended = false;
  for (const stage of stages) {
    const findings = stage.rules.map((rule) => ({ rule, finding: ended ? null : rule.check(facts) }));
    for (const { rule, finding } of findings) {
      results.push({
        code: rule.code,
        outcome: outcomeOf(rule, finding),
        observed: finding?.observed ?? null,
        bound: finding?.bound ?? null,
      });
      if (finding?.broken === true) broken.push(rule);
    }
    ended ||= broken.some(
      (rule) => rule.effect === 'declines' || (stage.referralEnds && stage.rules.includes(rule)),
    );
  }
  const declining = broken.filter((rule) => rule.effect === 'declines');
  const deciding = declining.length > 0 ? declining : broken;
  return {
    outcome: declining.length > 0 ? 'declined' : broken.length > 0 ? 'referred' : 'passed',
    results,
    reasons: deciding.map((rule) => ({ code: rule.code, sentences: rule.sentences })),
  };
}

function outcomeOf<Facts>(rule: Rule<Facts>, finding: Finding | null): RuleResult['outcome'] {
  if (finding === null) return 'not_evaluated';
  if (!finding.broken) return 'passed';
  return rule.effect === 'declines' ? 'declined' : 'referred';
}
