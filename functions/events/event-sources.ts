import { createHash } from 'node:crypto';
import type { Decision } from '../../shared/domain/decision.ts';
import { type Event, type EventType, event, eventTypes } from '../../shared/domain/event.ts';
import type { LoanEventType } from '../../shared/domain/lending/loan-event.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type Review, reviewIdOf } from '../../shared/domain/review.ts';
import { decisionOfItem } from '../../shared/store/decisions.ts';
import type { ItemChange } from '../../shared/store/item-changes.ts';
import { loanNoticeOfItem } from '../../shared/store/loans.ts';
import { reviewOfItem } from '../../shared/store/reviews.ts';

/** What happened, to which program, and who of its parties is told. */
export interface FoundEvent {
  readonly programId: string;
  readonly audience: (typeof eventTypes)[EventType]['audience'];
  readonly event: Event;
}

interface Happening {
  readonly type: EventType;
  /** With the type, it makes the event's id: the same happening is the same event, however often it is read. */
  readonly id: string;
  readonly timestamp: string;
  readonly subject: string;
  readonly path: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly programId: string };
}

/**
 * The events a change stands for, in order; the same change always gives the same events. DynamoDB's stream keeps
 * the order of the changes of one item and of nothing more, so all that is told of a loan comes from the one item
 * of that loan, all of a case from the item of the case, and an application, its decision and the case a referral
 * opens from the one item of the decision.
 */
export function eventsOf(change: ItemChange): FoundEvent[] {
  return happeningsOf(change).map(({ id, ...happening }) => {
    const { type, data } = happening;
    const eventId = `evt_${createHash('sha256').update(`${type}\n${id}`).digest('hex').slice(0, 32)}`;
    return {
      programId: data.programId,
      audience: eventTypes[type].audience,
      event: parse(event, { eventId, ...happening }, { code: 'corrupt_record' }),
    };
  });
}

function happeningsOf({ change, key, item, previousItem, recordedAt }: ItemChange): Happening[] {
  if (item === undefined) return [];
  if (key.sk === 'DECISION' && change === 'insert') return ofDecision(decisionOfItem(item));
  if (key.sk === 'LOAN' && item.notice !== undefined) return ofLoan(loanNoticeOfItem(item));
  if (key.sk === 'REVIEW') {
    return ofReview(reviewOfItem(item), previousItem && reviewOfItem(previousItem), recordedAt);
  }
  return [];
}

function ofDecision(made: Decision): Happening[] {
  const { decisionId, decidedAt, outcome, automated, policyVersion } = made;
  const { applicationId, programId, stationId, submittedAt } = made.input.application;
  const path = `/v1/programs/${programId}`;
  const happenings: Happening[] = [
    {
      type: 'application.submitted',
      id: applicationId,
      timestamp: submittedAt,
      subject: applicationId,
      path: `${path}/applications/${applicationId}`,
      data: { applicationId, decisionId, programId, stationId, submittedAt },
    },
    {
      type: 'decision.made',
      id: decisionId,
      timestamp: decidedAt,
      subject: applicationId,
      path: `${path}/decisions/${decisionId}`,
      data: { decisionId, applicationId, programId, decidedAt, outcome, automated, policyVersion },
    },
  ];
  if (outcome === 'referred') {
    const reviewId = reviewIdOf(decisionId, 'referred');
    happenings.push({
      type: 'review.opened',
      id: reviewId,
      timestamp: decidedAt,
      subject: applicationId,
      path: `${path}/reviews/${reviewId}`,
      data: { reviewId, decisionId, applicationId, programId, cause: 'referred' },
    });
  }
  return happenings;
}

function ofReview(item: Review, before: Review | undefined, recordedAt: string): Happening[] {
  const { reviewId, decisionId, applicationId, programId, cause, resolution, version } = item;
  const path = `/v1/programs/${programId}`;
  const common = {
    id: `${reviewId}\n${version}`,
    subject: applicationId,
    path: `${path}/reviews/${reviewId}`,
  };
  const data = { reviewId, decisionId, applicationId, programId, cause };
  if (before === undefined) {
    // A referral's case is told by its decision, whose transaction opens it.
    if (cause === 'referred') return [];
    return [{ ...common, type: 'review.opened', id: reviewId, timestamp: item.openedAt, data }];
  }
  if (resolution !== null) {
    if (before.resolution !== null) return [];
    const { decidedAt, outcome, reasonCode, decidedBy } = resolution;
    return [
      {
        ...common,
        type: decidedBy === null ? 'review.expired' : 'review.decided',
        timestamp: decidedAt,
        path: `${path}/decisions/${decisionId}/explanation`,
        data: { ...data, decidedAt, outcome, reasonCode },
      },
    ];
  }
  const type = reviewStep[item.state];
  return type === undefined ? [] : [{ ...common, type, timestamp: recordedAt, data }];
}

/** What it means that a case came into a state; closed ones say more than that. */
const reviewStep: { readonly [State in Review['state']]?: EventType } = {
  claimed: 'review.claimed',
  awaiting_second: 'review.proposed',
  open: 'review.returned',
};

function ofLoan({ version, programId, notice }: ReturnType<typeof loanNoticeOfItem>): Happening[] {
  const { at, standing, recorded, bucketBefore, closes } = notice;
  const { loanId, status, bucket } = standing;
  const common = {
    id: `${loanId}\n${version}`,
    timestamp: at,
    subject: loanId,
    path: `/v1/programs/${programId}/loans/${loanId}`,
  };
  const data = { ...standing, programId };
  const happenings: Happening[] = [];
  if (recorded !== null) {
    const { type, businessDate } = recorded;
    happenings.push({
      ...common,
      type: loanStep[type] ?? 'loan.changed',
      data: { ...data, recorded: type, businessDate },
    });
  }
  // A loan that has ended has no days past due, which is not to say that it was made good.
  if (bucket !== bucketBefore && status === 'active') {
    happenings.push({ ...common, type: 'loan.delinquency_changed', data: { ...data, bucketBefore } });
  }
  if (closes) happenings.push({ ...common, type: 'loan.closed', data });
  return happenings;
}

/** Events of a loan that are told by a name of their own; every other is a `loan.changed`. */
const loanStep: { readonly [Type in LoanEventType]?: EventType } = {
  contract_accepted: 'loan.opened',
  contract_cancelled: 'loan.cancelled',
  disbursement_instructed: 'loan.disbursement_instructed',
  disbursement_posted: 'loan.disbursed',
  disbursement_voided: 'loan.disbursement_voided',
  repayment: 'loan.repayment_recorded',
  prepayment: 'loan.repayment_recorded',
  payoff: 'loan.repayment_recorded',
  repayment_reversed: 'loan.repayment_reversed',
  restructured: 'loan.restructured',
  charged_off: 'loan.charged_off',
  recovery: 'loan.recovered',
};
