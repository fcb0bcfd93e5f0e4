import { z } from 'zod';
import { instant } from './calendar.ts';
import { consentId, entrepreneurId, tenantId } from './identifiers.ts';

export const consentPurposes = ['credit_decision'] as const;

/** A person's permission: for what, to whom, until when. Checked when data is read for a decision. */
export const consent = z.strictObject({
  consentId,
  entrepreneurId,
  purpose: z.enum(consentPurposes),
  recipientTenantId: tenantId,
  grantedAt: instant,
  expiresAt: instant,
  withdrawnAt: instant.optional(),
});
export type Consent = z.output<typeof consent>;

/** Whether `consents` permit `recipientTenantId` to read for `purpose` at `atMs`. */
export function consentInForce(
  consents: readonly Consent[],
  purpose: Consent['purpose'],
  recipientTenantId: string,
  atMs: number,
): Consent | undefined {
  return consents.find(
    (item) =>
      item.purpose === purpose &&
      item.recipientTenantId === recipientTenantId &&
      Date.parse(item.grantedAt) <= atMs &&
      atMs < Date.parse(item.expiresAt) &&
      (item.withdrawnAt === undefined || atMs < Date.parse(item.withdrawnAt)),
  );
}
