import { createHandler as createReviews } from '../../functions/reviews/handler.ts';
import { ageCounty } from '../../functions/servicing/age-county.ts';
import { countiesToAge } from '../../functions/servicing/counties.ts';
import { lambdaContext } from '../../infra/local/api-gateway-event.ts';
import type { EventType } from '../../shared/domain/event.ts';
import { program } from '../../shared/domain/program.ts';
import { reviewIdOf } from '../../shared/domain/review.ts';
import { scopeNames } from '../../shared/http/scopes.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { httpEvent } from './http-event.ts';
import { lendingDesk } from './lending-desk.ts';
import { memoryPersonKeys } from './memory-person-keys.ts';
import { programTerms } from './program-terms.ts';
import { sampleApplication, sampleDecision } from './sample-lending.ts';
import { seedOffer } from './seed-lending.ts';

const LENDER = 'ten_lender';
const LOAN = '/v1/programs/{programId}/loans/{loanId}';
const OFFER = '/v1/programs/{programId}/decisions/{decisionId}/offers/{offerId}';

/** What the lender is told of one subject, in order. */
export interface ToldSubject {
  readonly subject: string;
  readonly types: readonly EventType[];
}

const loanToldOf = (name: string, ...types: EventType[]): ToldSubject[] => [
  { subject: `app_${name}`, types: ['application.submitted', 'decision.made'] },
  { subject: `loan_${name}`, types: ['loan.opened', ...types] },
];

/**
 * Loans and cases to which much happens, through the functions themselves: what the parties of their program must be
 * told of, and in what order. Raises an Error at the first answer that is no success.
 */
export function eventfulLives(table: () => StoreTable) {
  const desk = lendingDesk(table);
  const personKeys = memoryPersonKeys();

  /** Each life in a program of its own: a program is aged to a day once. */
  async function openProgram(name: string): Promise<string> {
    desk.clock.now = '2026-03-01';
    const programId = `prg_${name}`;
    await desk.openProgram(programId);
    return programId;
  }

  async function acceptedLoan(name: string) {
    const programId = await openProgram(name);
    await seedOffer(table(), { programId, name, principalMinor: 1_200_000 });
    const loan = { programId, loanId: `loan_${name}` };
    const call = async (path: Parameters<typeof desk.call>[0], body: unknown, params = {}) => {
      const key = `${name}-${keys}`;
      keys += 1;
      const { status, json } = await desk.call(path, { params: { ...loan, ...params }, key, body });
      if (status >= 300) throw new Error(`${path} of ${name}: ${status} ${JSON.stringify(json)}`);
      return json;
    };
    let keys = 0;
    await call(`POST ${OFFER}/acceptance`, {}, { decisionId: `dec_${name}`, offerId: 'ofr_1' });
    return { programId, call };
  }

  async function age(programId: string, until: string) {
    desk.clock.now = until;
    const programs = programStore(table());
    for (const county of await countiesToAge('ten_operator', until, { programs })) {
      const own = county.programs.filter((each) => each.programId === programId);
      await ageCounty({ ...county, programs: own }, 'req-1', {
        table: table(),
        nowMs: desk.nowMs,
        random: () => 0,
        sleep: async () => {},
      });
    }
  }

  return {
    /** Paid out at the second try, overdue, paid, unpaid again when the payment bounces, and paid off. */
    async repaidLoan(name: string): Promise<ToldSubject[]> {
      const { programId, call } = await acceptedLoan(name);
      for (const phase of ['instructed', 'voided', 'instructed', 'posted']) {
        await call(`POST ${LOAN}/disbursements`, { phase });
      }
      await age(programId, '2026-04-20');
      const reference = `bank-${name}`;
      await call(`POST ${LOAN}/repayments`, { type: 'repayment', amountMinor: 200_000, reference });
      await call(`POST ${LOAN}/repayments/{eventId}/reversal`, {}, { eventId: reference });
      await call(`POST ${LOAN}/changes`, { type: 'fee_assessed', fee: 'collection', amountMinor: 1_000 });
      const { payoffMinor } = await call(`POST ${LOAN}/changes`, {
        type: 'restructured',
        reason: 're_ageing',
        annualRateBps: 900,
        termMonths: 12,
        repayment: { method: 'equal_installments' },
        capitalizesInterest: false,
      });
      await call(`POST ${LOAN}/repayments`, { type: 'payoff', amountMinor: payoffMinor });
      return loanToldOf(
        name,
        'loan.disbursement_instructed',
        'loan.disbursement_voided',
        'loan.disbursement_instructed',
        'loan.disbursed',
        'loan.delinquency_changed',
        'loan.repayment_recorded',
        'loan.delinquency_changed',
        'loan.repayment_reversed',
        'loan.delinquency_changed',
        'loan.changed',
        'loan.restructured',
        'loan.delinquency_changed',
        'loan.repayment_recorded',
        'loan.closed',
      );
    },

    /** Paid out, written off, and some of it recovered. */
    async lostLoan(name: string): Promise<ToldSubject[]> {
      const { call } = await acceptedLoan(name);
      for (const phase of ['instructed', 'posted']) await call(`POST ${LOAN}/disbursements`, { phase });
      await call(`POST ${LOAN}/changes`, { type: 'charged_off' });
      await call(`POST ${LOAN}/repayments`, { type: 'recovery', amountMinor: 50_000 });
      return loanToldOf(
        name,
        'loan.disbursement_instructed',
        'loan.disbursed',
        'loan.charged_off',
        'loan.recovered',
      );
    },

    /** Accepted, and cancelled before anything was paid out. */
    async cancelledLoan(name: string): Promise<ToldSubject[]> {
      const { call } = await acceptedLoan(name);
      await call(`POST ${LOAN}/cancellation`, {});
      return loanToldOf(name, 'loan.cancelled');
    },

    /** An application that is referred, and a person who declines it. */
    async reviewedApplication(name: string): Promise<ToldSubject[]> {
      const programId = await openProgram(name);
      const submitted = sampleApplication({
        programId,
        applicationId: `app_${name}`,
        decisionId: `dec_${name}`,
        entrepreneurId: `ent_${name}`,
        submittedAt: '2026-03-01T00:00:00.000Z',
      });
      const made = sampleDecision(submitted, { outcome: 'referred', limitMinor: 0 });
      const decision = {
        ...made,
        lenderTenantId: LENDER,
        input: { ...made.input, program: program.parse({ programId, ...programTerms }) },
      };
      const request = { tenantId: LENDER, operation: 'submitApplication', key: name, inputHash: name };
      const committed = { application: submitted, decision, request, nowMs: desk.nowMs() };
      const { kind } = await decisionStore(table()).commit(committed);
      if (kind !== 'committed') throw new Error(`${name}: ${kind}`);
      const reviews = createReviews({ table: table(), personKeys, nowMs: desk.nowMs, log: () => {} });
      const steps = {
        claim: {},
        decision: { outcome: 'declined', reasonCode: 'documents_insufficient' },
      };
      for (const [step, body] of Object.entries(steps)) {
        const event = httpEvent({
          routeKey: `POST /v1/programs/{programId}/reviews/{reviewId}/${step}`,
          tenant: LENDER,
          scopes: scopeNames,
          params: { programId, reviewId: reviewIdOf(decision.decisionId, 'referred') },
          body,
        });
        const { statusCode, body: answer } = await reviews(event, lambdaContext('reviews', name));
        if (statusCode !== 200) throw new Error(`${step} of ${name}: ${statusCode} ${answer}`);
      }
      return [
        {
          subject: `app_${name}`,
          types: [
            'application.submitted',
            'decision.made',
            'review.opened',
            'review.claimed',
            'review.decided',
          ],
        },
      ];
    },
  };
}
