import { z } from 'zod';

/** Prefixed ids; the part after the prefix is the caller's or ours. `#` and `/` never occur: ids build keys and paths. */
const prefixed = <Prefix extends string>(prefix: Prefix, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[A-Za-z0-9][A-Za-z0-9._-]{0,47}$`),
      `must be ${prefix}_ and up to 48 letters, digits, '.', '_' or '-'`,
    )
    .meta({ description: what, examples: [`${prefix}_7f3c`] });

export const tenantId = prefixed('ten', 'Tenant: platform operator, incubator, lender or station platform');
export const countyId = prefixed('cty', 'County (县)');
export const stationId = prefixed('stn', 'Station (村级服务站)');
export const entrepreneurId = prefixed('ent', 'Entrepreneur (创业者)');
export const programId = prefixed('prg', 'Program (创业孵化项目)');
export const consentId = prefixed('cns', 'Consent');
export const applicationId = prefixed('app', 'Application');
export const decisionId = prefixed('dec', 'Decision');
export const importId = prefixed('imp', 'Import of a file');
export const offerId = prefixed('ofr', 'Offer');
export const reviewId = prefixed('rev', 'Review');
export const eventId = prefixed('evt', 'Event');
export const webhookEndpointId = prefixed('whk', 'Webhook endpoint');
export const loanId = prefixed('loan', 'Loan');

/** Chosen by whoever reports the transaction; a UUID is stored most compactly. */
export const transactionId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, "must be 1 to 64 letters, digits, '.', '_', ':' or '-'");

export type IdPrefix = 'imp' | 'app' | 'dec' | 'ofr' | 'cns';
/** A source of new ids, given as a parameter: `newId('app')` returns `app_…`. */
export type NewId = (prefix: IdPrefix) => string;
