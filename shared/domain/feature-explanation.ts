import type { Sentences } from './decision.ts';
import { formatMinor } from './money.ts';

/** What an applicant can do about a feature, and how far one may plausibly go. */
export interface FeatureAction {
  /** Values proposed are whole multiples of this, so that a person can aim for them. */
  readonly step: number;
  /** The furthest value towards less risk that is plausible from a known value, bounds aside. */
  readonly reachable: (value: number) => number;
  /** Shown on the path to approval; `{target}` stands for the value to reach. */
  readonly improve: Sentences;
}

/** What a decision may say about a feature. `shared/features` provides one per feature, in its order. */
export interface FeatureExplanation {
  readonly name: string;
  readonly unit: string;
  /** `decreasing`: risk does not rise as the feature rises. */
  readonly riskDirection: 'decreasing' | 'increasing' | 'none';
  readonly minimum: number;
  readonly maximum: number;
  /** Shown when the feature costs the applicant points. */
  readonly hurts: Sentences;
  /** Null when the applicant cannot act on it. An action needs a risk direction. */
  readonly action: FeatureAction | null;
}

/** A target as a person reads it: shares in per cent, money in the currency's major unit. */
export function formatTarget(value: number, unit: string): string {
  if (unit === 'share') return `${Number((value * 100).toPrecision(6))}%`;
  if (unit.startsWith('minor_units')) return formatMinor(Math.round(value));
  return value.toString();
}

export function withTarget(sentences: Sentences, target: string): Sentences {
  return {
    zh: sentences.zh.replaceAll('{target}', target),
    en: sentences.en.replaceAll('{target}', target),
  };
}
