import type { Decision } from '../../shared/domain/decision.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import type { LoanEvent } from '../../shared/domain/lending/loan-event.ts';
import { contractOfOffer } from '../../shared/domain/lending/loan-offer.ts';
import { receiptOf } from '../../shared/domain/lending/loan-receipt.ts';
import { openLoan, recordForward } from '../../shared/domain/lending/loan-record.ts';
import type { LendingTerms } from '../../shared/domain/lending/program-terms.ts';
import { program } from '../../shared/domain/program.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { loanStore } from '../../shared/store/loans.ts';
import { reservationStore } from '../../shared/store/reservations.ts';
import { programTerms } from './program-terms.ts';
import { sampleApplication, sampleDecision } from './sample-lending.ts';

export interface SeededOffer {
  readonly programId?: string;
  readonly name?: string;
  readonly principalMinor?: number;
  readonly termMonths?: number;
  readonly decidedAt?: string;
  readonly recommenderId?: string;
  /** What the decision was made on. Default: what the program's policy implies. */
  readonly terms?: LendingTerms;
}

/** An approved decision with one offer, in the program of the route samples: what no model is asked for in tests. */
export async function seedOffer(table: StoreTable, seeded: SeededOffer = {}): Promise<Decision> {
  const {
    programId = 'prg_1',
    name = 'offered',
    principalMinor = 2_000_000,
    termMonths = 12,
    decidedAt = '2026-03-01T00:00:00.000Z',
    recommenderId,
  } = seeded;
  const ofProgram = program.parse({ programId, ...programTerms });
  const terms = seeded.terms ?? termsOf(ofProgram, null);
  const [offered] = terms.products;
  if (offered === undefined) throw new Error('the terms have no product');
  const entrepreneurId = `ent_${name}`;
  const application = sampleApplication({
    programId,
    applicationId: `app_${name}`,
    decisionId: `dec_${name}`,
    entrepreneurId,
    stationId: 'stn_1',
    submittedAt: decidedAt,
  });
  const plain = sampleDecision(application, { limitMinor: principalMinor + 500_000, decidedAt });
  const decision: Decision = {
    ...plain,
    lenderTenantId: 'ten_lender',
    input: {
      ...plain.input,
      program: ofProgram,
      terms,
      entrepreneur: {
        entrepreneurId,
        role: 'partner',
        stationIds: ['stn_1'],
        training: [],
        returnedToVillage: true,
        ...(recommenderId === undefined ? {} : { recommenderId }),
      },
    },
    offers: [
      {
        offerId: 'ofr_1',
        productCode: offered.product.productCode,
        productName: offered.product.name,
        repaymentMethod: offered.product.repayment.method,
        principalMinor,
        termMonths,
        annualRateBps: 900,
        originationFeeMinor: principalMinor / 200,
        asIfDisbursedOn: decidedAt.slice(0, 10),
        installments: termMonths,
        installmentMinor: Math.ceil(principalMinor / termMonths),
        totalRepayableMinor: principalMinor,
        aprBps: 1_050,
        aprAtObservedInflowBps: null,
        expectedLossMinor: 0,
      },
    ],
  };
  await decisionStore(table).commit({
    application,
    decision,
    request: {
      tenantId: 'ten_incubator',
      operation: 'submitApplication',
      key: `seed-${decision.decisionId}`,
      inputHash: '0',
    },
    nowMs: Date.parse(decidedAt),
  });
  return decision;
}

/** A loan on an approval of its own, paid out on the day of its contract unless it is only signed. */
export async function seedLoan(
  table: StoreTable,
  seeded: SeededOffer & { readonly disbursedOn: string; readonly signedOnly?: boolean },
): Promise<string> {
  const decision = await seedOffer(table, seeded);
  const [offer] = decision.offers;
  if (offer === undefined) throw new Error('seedOffer made no offer');
  const { disbursedOn } = seeded;
  const lender = decision.lenderTenantId;
  const { programId } = decision.input.application;
  const loanId = decision.decisionId.replace('dec_', 'loan_');
  const loans = loanStore(table);
  const held = await reservationStore(table).get(lender, programId, decision);
  if (held === undefined) throw new Error('the approval reserved nothing');
  const common = { loanId, businessDate: disbursedOn };
  const contract = contractOfOffer(decision, offer, disbursedOn);
  const accepted = { ...common, type: 'contract_accepted', eventId: 'accepted', contract } as const;
  const commit = async (event: LoanEvent) => {
    const before = (await loans.get(lender, programId, loanId)) ?? null;
    const opened = event.type === 'contract_accepted' ? openLoan(event, programTerms.countyId) : null;
    const stepped = before === null ? null : recordForward(before.record, event, disbursedOn);
    const step = opened?.result === 'applied' ? { ...opened, entries: [] } : stepped;
    if (step?.result !== 'applied') throw new Error(`${event.type} was refused`);
    const receipt = receiptOf(before?.record.state ?? null, step.record, event, disbursedOn);
    await loans.commit({
      lender,
      before,
      after: step.record,
      entries: step.entries,
      event: { event, recordedOn: disbursedOn, receipt },
      request: null,
      ...(before === null ? { accepts: held } : {}),
      nowMs: Date.parse(`${disbursedOn}T00:00:00Z`),
    });
  };
  await commit(accepted);
  if (seeded.signedOnly === true) return loanId;
  await commit({ ...common, type: 'disbursement_instructed', eventId: 'instructed' });
  await commit({ ...common, type: 'disbursement_posted', eventId: 'posted' });
  return loanId;
}

/** What the lending samples find: an offer of `ent_offered`, a loan of `ent_lent`, a contract of `ent_signed`. */
export async function seedLending(table: StoreTable): Promise<void> {
  await seedOffer(table);
  await seedLoan(table, { name: 'lent', disbursedOn: '2026-03-01' });
  await seedLoan(table, { name: 'signed', disbursedOn: '2026-03-01', signedOnly: true });
}
