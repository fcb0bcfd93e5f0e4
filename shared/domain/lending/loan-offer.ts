import type { BusinessDate } from '../calendar.ts';
import type { Decision, Offer } from '../decision.ts';
import { DomainError, fieldError } from '../errors.ts';
import { allInRateBps } from './all-in-rate.ts';
import { requireLawful } from './lending-law.ts';
import type { LoanContract } from './loan-event.ts';
import { type LoanProduct, loanProduct } from './loan-product.ts';
import type { CommittedProgramTerms } from './program-terms.ts';

/** What a program without committed terms lends on: what its offers were reckoned on. */
function plainProduct(originationFeeBps: number): LoanProduct {
  return loanProduct.parse({
    productCode: 'equal_installments',
    name: { zh: '等额本息', en: 'Equal installments' },
    repayment: { method: 'equal_installments' },
    dayCount: 'thirty_360',
    originationFee: { feeBps: originationFeeBps, collected: 'first_installment' },
  });
}

/** The offer of a decision by its id; DomainError `not_found`. */
export function offerOf(decision: Decision, offerId: string): Offer {
  const offer = decision.offers.find((each) => each.offerId === offerId);
  if (offer === undefined) throw new DomainError('not_found', 'no such offer');
  return offer;
}

/**
 * The contract that accepting an offer makes on a day. `productCode` names one of the program's committed terms;
 * without it the first with equal installments is taken. Raises DomainError `invalid_request` for a product that
 * is not on offer or does not admit the offer's principal, term or rate, and with the clause when the contract
 * would break the law on that day.
 */
export function contractOfOffer(
  decision: Decision,
  offer: Offer,
  terms: CommittedProgramTerms | null,
  productCode: string | undefined,
  on: BusinessDate,
): LoanContract {
  const { application, program, entrepreneur } = decision.input;
  const product = chosenProduct(decision, offer, terms, productCode);
  const contract: LoanContract = {
    programId: application.programId,
    applicationId: application.applicationId,
    offerId: offer.offerId,
    borrowerId: application.entrepreneurId,
    recommenderId: entrepreneur?.recommenderId ?? null,
    currency: application.currency,
    lenders: terms?.lenders ?? [{ tenantId: decision.lenderTenantId, shareBps: 10_000 }],
    guaranteeShareBps: program.policy.guaranteeShareBps,
    product,
    principalMinor: offer.principalMinor,
    // The fixed charge takes the place of interest.
    annualRateBps: product.repayment.method === 'sales_linked' ? 0 : offer.annualRateBps,
    termMonths: offer.termMonths,
  };
  requireLawful({ ...contract, aprBps: allInRateBps(contract, on) }, on);
  return contract;
}

function chosenProduct(
  decision: Decision,
  offer: Offer,
  terms: CommittedProgramTerms | null,
  productCode: string | undefined,
): LoanProduct {
  const plain = plainProduct(decision.input.program.policy.originationFeeBps);
  const offered = terms?.products ?? [];
  if (terms === null && (productCode === undefined || productCode === plain.productCode)) return plain;
  const chosen = offered.find(({ product }) =>
    productCode === undefined
      ? product.repayment.method === 'equal_installments'
      : product.productCode === productCode,
  );
  if (chosen === undefined) {
    const codes = offered.map(({ product }) => product.productCode).join(', ');
    throw fieldError(
      'invalid_request',
      'productCode',
      'not_offered',
      `productCode: the program offers ${codes === '' ? plain.productCode : codes}`,
    );
  }
  const bounds = [
    ['principalMinor', offer.principalMinor, chosen.principalMinMinor, chosen.principalMaxMinor],
    ['termMonths', offer.termMonths, chosen.termMonthsMin, chosen.termMonthsMax],
    ...(chosen.product.repayment.method === 'sales_linked'
      ? []
      : [['annualRateBps', offer.annualRateBps, chosen.annualRateMinBps, chosen.annualRateMaxBps] as const]),
  ] as const;
  for (const [name, value, least, most] of bounds) {
    if (value >= least && value <= most) continue;
    throw fieldError(
      'invalid_request',
      'productCode',
      'outside_bounds',
      `productCode: the product takes ${name} from ${least} to ${most}, the offer has ${value}`,
    );
  }
  return chosen.product;
}
