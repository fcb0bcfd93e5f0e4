import { z } from 'zod';
import { appraisalStages } from './appraisal-rules.ts';
import { instant } from './calendar.ts';
import { type Decision, decision, historyBasis, reason, scoreCard } from './decision.ts';
import type { FeatureExplanation } from './feature-explanation.ts';
import { decisionId, tenantId } from './identifiers.ts';
import { pointsByFeature, REASONS_MAX } from './reason-codes.ts';
import { contestGrounds, decisionAfterReview, type ReviewDecision } from './review.ts';
import { screeningStages } from './screening-rules.ts';

export const languages = ['zh', 'en'] as const;
export type Language = (typeof languages)[number];

/** Regulation B, 12 CFR 1002.9(a)(1): the applicant is told within 30 days of the completed application. */
export const NOTICE_DAYS = 30;
const FACTORS_MAX = 8;
const POINTS_MIN = 0.5;
const DAY_MS = 86_400_000;

/** A decision in the words of the person it is about. */
export const explanation = z.strictObject({
  decisionId,
  lenderTenantId: tenantId,
  language: z.enum(languages),
  outcome: decision.shape.outcome,
  decidedAt: instant,
  decidedBy: z.enum(['machine', 'person', 'rule']),
  summary: z.string(),
  /** Why not, or why not yet: at most four specific reasons; none for an approval. */
  principalReasons: z.array(z.strictObject({ code: reason.shape.code, text: z.string() })).max(REASONS_MAX),
  /** What moved the score the most against a typical applicant, both ways; empty when nothing was scored. */
  mainFactors: z
    .array(z.strictObject({ feature: z.string(), points: z.number(), text: z.string() }))
    .max(FACTORS_MAX),
  /** The smallest changes that would cross the cut-off, when the score was in the way. */
  pathToApproval: z.array(z.string()),
  /** Adverse-action notice: when it is due, and when it was given: with this document. */
  notice: z.strictObject({ dueAt: instant, isDue: z.boolean() }),
  dataUsed: z.strictObject({
    consentId: decision.shape.input.shape.consentId,
    history: historyBasis.nullable(),
    texts: z.array(z.string()),
  }),
  model: scoreCard.pick({ modelVersion: true, modelSha256: true, creditScore: true }).nullable(),
  policyVersion: z.string(),
  contest: z.strictObject({
    open: z.boolean(),
    method: z.literal('POST'),
    path: z.string(),
    grounds: z.array(z.enum(contestGrounds)),
    text: z.string(),
  }),
});
export type Explanation = z.output<typeof explanation>;

export interface ExplanationFacts {
  readonly decision: Decision;
  /** What people decided on it, the earliest first. */
  readonly resolutions: readonly ReviewDecision[];
  /** What the applicant did about a decline already, if anything. */
  readonly recourse: 'contest' | 'correction' | null;
  readonly explanations: readonly FeatureExplanation[];
  readonly language: Language;
}

/**
 * The document an applicant may ask for (PIPL art. 24 and 48): what was decided and by whom, the specific reasons,
 * the factors behind the score in points that are exact, the data, model and policy used, and how to contest.
 */
export function explainDecision(facts: ExplanationFacts): Explanation {
  const { decision: made, language, resolutions } = facts;
  const standing = decisionAfterReview(made, resolutions);
  const { application, score, history, consentId } = made.input;
  const last = resolutions.at(-1);
  const words = phrases[language];
  return {
    decisionId: made.decisionId,
    lenderTenantId: made.lenderTenantId,
    language,
    outcome: standing.outcome,
    decidedAt: standing.decidedAt,
    decidedBy: last === undefined ? 'machine' : last.decidedBy === null ? 'rule' : 'person',
    summary: words.summary[standing.outcome],
    principalReasons: (standing.outcome === 'approved' ? [] : standing.reasons).map(
      ({ code, sentences }) => ({
        code,
        text: sentences[language],
      }),
    ),
    mainFactors: mainFactors(facts),
    pathToApproval:
      standing.outcome === 'declined'
        ? (made.pathToApproval?.steps ?? []).map(({ sentences }) => sentences[language])
        : [],
    notice: {
      dueAt: new Date(Date.parse(application.submittedAt) + NOTICE_DAYS * DAY_MS).toISOString(),
      isDue: standing.outcome === 'declined',
    },
    dataUsed: { consentId, history, texts: dataTexts(made, language) },
    model:
      score === null
        ? null
        : {
            modelVersion: score.modelVersion,
            modelSha256: score.modelSha256,
            creditScore: score.creditScore,
          },
    policyVersion: standing.policyVersion,
    contest: {
      open: standing.outcome === 'declined' && facts.recourse === null,
      method: 'POST',
      path: `/v1/programs/${application.programId}/decisions/${made.decisionId}/contests`,
      grounds: [...contestGrounds],
      text: facts.recourse === null ? words.open : words[facts.recourse],
    },
  };
}

function mainFactors({
  decision: made,
  explanations,
  language,
}: ExplanationFacts): Explanation['mainFactors'] {
  const byName = new Map(explanations.map((item) => [item.name, item]));
  return pointsByFeature(made.input.score?.terms ?? [])
    .filter(({ points }) => Math.abs(points) >= POINTS_MIN)
    .sort((left, right) => Math.abs(right.points) - Math.abs(left.points))
    .slice(0, FACTORS_MAX)
    .map(({ feature, points }) => {
      const hurts = byName.get(feature)?.hurts[language] ?? feature;
      return { feature, points, text: points < 0 ? hurts : phrases[language].helps(hurts) };
    });
}

function dataTexts(made: Decision, language: Language): string[] {
  const words = phrases[language];
  const { history, station, entrepreneur, score } = made.input;
  const evaluated = made.rules.filter(({ outcome }) => outcome !== 'not_evaluated').length;
  return [
    history === null ? words.noHistory : words.history(history),
    ...(station === null ? [] : [words.station]),
    ...(entrepreneur === null ? [] : [words.entrepreneur]),
    words.rules(evaluated, RULES),
    score === null ? words.notScored : words.scored(score.creditScore),
    words.never,
  ];
}

const RULES = [...screeningStages, ...appraisalStages].reduce((sum, stage) => sum + stage.rules.length, 0);

type History = NonNullable<Decision['input']['history']>;
const span = ({ firstDay, lastDay }: History) => `${firstDay ?? '–'} … ${lastDay ?? '–'}`;

const phrases = {
  zh: {
    summary: {
      approved: '您的申请已获批准。',
      declined: '您的申请未获批准。下列是具体原因。',
      referred: '您的申请正由人工审核。',
    },
    helps: (hurts: string) => `对您有利：您的情况与“${hurts}”相反`,
    history: (history: History) =>
      `服务站经营记录：${span(history)}，${history.activeDays}个营业日，${history.transactionCount}笔交易`,
    noHistory: '没有查询服务站经营记录',
    station: '服务站登记信息：所在县、开业日期、发展阶段',
    entrepreneur: '创业者登记信息：角色、培训记录、是否返乡',
    rules: (evaluated: number, all: number) => `共${all}条规则，其中${evaluated}条已核对`,
    scored: (points: number) => `信用评分：${points}分`,
    notScored: '没有进行信用评分',
    never: '未使用姓名、电话、证件号码、性别和年龄',
    open: '如不认同，您可以提出异议，由人工重新决定；也可以更正有误的事实后重新作出决定。',
    contest: '您已提出异议，由人工处理。',
    correction: '已按更正后的事实重新作出决定。',
  },
  en: {
    summary: {
      approved: 'Your application was approved.',
      declined: 'Your application was not approved. The specific reasons are below.',
      referred: 'A person is deciding on your application.',
    },
    helps: (hurts: string) => `Counted in your favour: the opposite of “${hurts}”`,
    history: (history: History) =>
      `The station's records: ${span(history)}, ${history.activeDays} days of business, ${history.transactionCount} transactions`,
    noHistory: "The station's records were not read",
    station: 'What is registered of the station: county, day of opening, stage',
    entrepreneur: 'What is registered of you: role, training, whether you came back to the village',
    rules: (evaluated: number, all: number) => `${evaluated} of ${all} rules were checked`,
    scored: (points: number) => `Credit score: ${points} points`,
    notScored: 'Nothing was scored',
    never: 'Not used: name, phone, document number, sex, age',
    open: 'If you disagree, contest the decision and a person will decide anew; or correct a wrong fact and have it decided again.',
    contest: 'You have contested the decision; a person deals with it.',
    correction: 'It was decided again on corrected facts.',
  },
} as const;
