import type { Sentences } from './decision.ts';

/** Why a person decided as they did: a closed list, so that reasons can be told, counted and compared. */
export const reviewReasons = {
  documents_verified: {
    outcome: 'approved',
    sentences: { zh: '所提供的材料已核实', en: 'The documents given were verified' },
  },
  cash_flow_verified: {
    outcome: 'approved',
    sentences: { zh: '经营现金流已由人工核实', en: 'The cash flow of the business was verified' },
  },
  fact_corrected: {
    outcome: 'approved',
    sentences: { zh: '原决定所依据的事实有误，已更正', en: 'A fact the decision rested on was wrong' },
  },
  circumstances_improved: {
    outcome: 'approved',
    sentences: { zh: '情况已有改善', en: 'Circumstances have improved since' },
  },
  documents_insufficient: {
    outcome: 'declined',
    sentences: { zh: '提供的材料不足以核实申请', en: 'The documents given do not bear out the application' },
  },
  cash_flow_too_weak: {
    outcome: 'declined',
    sentences: {
      zh: '经人工核实，现金流不足以偿还贷款',
      en: 'On review, the cash flow would not carry the loan',
    },
  },
  other_debts_too_high: {
    outcome: 'declined',
    sentences: { zh: '其他负债过高', en: 'Other debts are too high' },
  },
  identity_not_verified: {
    outcome: 'declined',
    sentences: { zh: '无法核实申请人身份', en: 'The applicant could not be identified' },
  },
  decision_upheld: {
    outcome: 'declined',
    sentences: { zh: '经人工复核，维持原决定', en: 'On review, the decision stands' },
  },
  review_expired: {
    outcome: 'declined',
    sentences: {
      zh: '未能在期限内完成人工审核，申请关闭；可随时重新申请',
      en: 'No review was completed in time, so the application is closed; apply again at any time',
    },
  },
} as const satisfies Record<string, { outcome: 'approved' | 'declined'; sentences: Sentences }>;

export type ReviewReasonCode = keyof typeof reviewReasons;
export const reviewReasonCodes = Object.keys(reviewReasons) as ReviewReasonCode[];
/** By rule, never by a person. */
export const EXPIRED: ReviewReasonCode = 'review_expired';
