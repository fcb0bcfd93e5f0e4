import type { BusinessDate } from '../calendar.ts';
import type { Decision, Offer } from '../decision.ts';
import { DomainError } from '../errors.ts';
import { lawfulRates } from './all-in-rate.ts';
import { requireLawful } from './lending-law.ts';
import type { LoanContract } from './loan-event.ts';

/** The offer of a decision by its id; DomainError `not_found`. */
export function offerOf(decision: Decision, offerId: string): Offer {
  const offer = decision.offers.find((each) => each.offerId === offerId);
  if (offer === undefined) throw new DomainError('not_found', 'no such offer');
  return offer;
}

/**
 * The contract that accepting an offer makes on a day, on the very terms the decision quoted, whatever has been
 * committed since. Raises DomainError `invalid_request` with the clause when it would break the law on that day.
 */
export function contractOfOffer(decision: Decision, offer: Offer, on: BusinessDate): LoanContract {
  const { application, entrepreneur, terms } = decision.input;
  const offered = terms.products.find(({ product }) => product.productCode === offer.productCode);
  if (offered === undefined)
    throw new DomainError('corrupt_record', 'an offer names no product of its terms');
  const contract: LoanContract = {
    programId: application.programId,
    applicationId: application.applicationId,
    offerId: offer.offerId,
    termsVersion: terms.version,
    borrowerId: application.entrepreneurId,
    recommenderId: entrepreneur?.recommenderId ?? null,
    stationId: application.stationId,
    currency: application.currency,
    lenders: terms.lenders ?? [{ tenantId: decision.lenderTenantId, shareBps: 10_000 }],
    guaranteeShareBps: terms.guaranteeShareBps,
    product: offered.product,
    principalMinor: offer.principalMinor,
    annualRateBps: offer.annualRateBps,
    termMonths: offer.termMonths,
  };
  requireLawful({ ...contract, ...lawfulRates(contract, on) }, on);
  return contract;
}
