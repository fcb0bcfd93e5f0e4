import { z } from 'zod';
import { instant } from '../../shared/domain/calendar.ts';
import { decisionId, programId, reviewId } from '../../shared/domain/identifiers.ts';
import { contestGrounds, review, reviewProposal } from '../../shared/domain/review.ts';
import { EXPIRED } from '../../shared/domain/review-reasons.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';

const params = z.strictObject({ programId, reviewId });

export const contestDecisionContract = {
  params: z.strictObject({ programId, decisionId }),
  body: z.strictObject({ ground: z.enum(contestGrounds) }),
  response: review,
} as const;

export const listReviewsContract = {
  params: z.strictObject({ programId }),
  query: pageQuery,
  response: z.strictObject({
    reviews: z
      .array(review)
      .describe('May be fewer than asked for, even none, with a next page still to come'),
    nextCursor,
  }),
} as const;

const note = z.strictObject({
  writtenAt: instant,
  by: z.string(),
  text: z.string().nullable().describe('Null once the person it is about was erased'),
});
export type Note = z.output<typeof note>;

export const getReviewContract = {
  params,
  response: z.strictObject({ review, notes: z.array(note) }),
} as const;

export const claimReviewContract = { params, body: z.strictObject({}), response: review } as const;

export const writeNoteContract = {
  params,
  body: z.strictObject({ text: z.string().trim().min(1).max(4_000) }),
  response: note,
} as const;

export const decideReviewContract = {
  params,
  body: reviewProposal.refine(({ reasonCode }) => reasonCode !== EXPIRED, {
    path: ['reasonCode'],
    message: 'is given by rule, never by a person',
  }),
  response: review,
} as const;

export const confirmReviewContract = {
  params,
  body: z.strictObject({ agrees: z.boolean() }),
  response: review,
} as const;
