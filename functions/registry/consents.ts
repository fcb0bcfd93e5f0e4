import { createHash } from 'node:crypto';
import type { Consent } from '../../shared/domain/consent.ts';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import type { EntrepreneurStore } from '../../shared/store/entrepreneurs.ts';

interface Dependencies {
  readonly entrepreneurs: Pick<EntrepreneurStore, 'get' | 'putConsent'>;
  readonly nowMs: () => number;
}

export interface RecordConsentInput {
  readonly tenantId: string;
  readonly entrepreneurId: string;
  readonly idempotencyKey: string;
  readonly given: Pick<Consent, 'purpose' | 'recipientTenantId' | 'expiresAt'>;
}

/**
 * Record a consent. A repeat must not leave a second one behind, which would outlive the withdrawal of the
 * first: its id is derived from the idempotency key. The same key with other terms is refused.
 */
export async function recordConsent(
  input: RecordConsentInput,
  { entrepreneurs, nowMs }: Dependencies,
): Promise<Consent> {
  const { tenantId, entrepreneurId, given } = input;
  const atMs = nowMs();
  const person = await entrepreneurs.get(tenantId, entrepreneurId);
  if (person === undefined) throw new DomainError('not_found', 'no such entrepreneur');

  const consentId = consentIdOf(input);
  const first = person.consents.find((consent) => consent.consentId === consentId);
  if (first !== undefined) {
    if (
      first.purpose === given.purpose &&
      first.recipientTenantId === given.recipientTenantId &&
      first.expiresAt === given.expiresAt
    ) {
      return first;
    }
    throw new DomainError('idempotency_key_reused', 'this Idempotency-Key was used for another consent');
  }
  if (Date.parse(given.expiresAt) <= atMs) {
    throw fieldError('invalid_request', 'expiresAt', 'in_past', 'expiresAt: must be in the future');
  }

  const consent: Consent = {
    consentId,
    entrepreneurId,
    ...given,
    grantedAt: new Date(atMs).toISOString(),
  };
  await entrepreneurs.putConsent(tenantId, consent);
  return consent;
}

function consentIdOf({ tenantId, entrepreneurId, idempotencyKey }: RecordConsentInput): string {
  const parts = JSON.stringify([tenantId, entrepreneurId, idempotencyKey]);
  return `cns_${createHash('sha256').update(parts).digest('hex').slice(0, 32)}`;
}

export interface ListConsentsInput {
  readonly tenantId: string;
  readonly entrepreneurId: string;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** A person's consents by id, withdrawn and expired ones included. */
export async function listConsents(
  { tenantId, entrepreneurId, limit, cursor }: ListConsentsInput,
  { entrepreneurs }: Pick<Dependencies, 'entrepreneurs'>,
): Promise<{ consents: Consent[]; nextCursor?: string }> {
  const person = await entrepreneurs.get(tenantId, entrepreneurId);
  if (person === undefined) throw new DomainError('not_found', 'no such entrepreneur');
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString();
  const rest = person.consents
    .filter((consent) => consent.consentId > after)
    .sort((a, b) => (a.consentId < b.consentId ? -1 : 1));
  const consents = rest.slice(0, limit);
  const last = consents.at(-1);
  return {
    consents,
    ...(last === undefined || rest.length <= limit
      ? {}
      : { nextCursor: Buffer.from(last.consentId).toString('base64url') }),
  };
}

/**
 * End a consent now. What was decided while it was in force stays decided; nothing is read under it any more.
 * A second withdrawal answers with the first.
 */
export async function withdrawConsent(
  input: { readonly tenantId: string; readonly entrepreneurId: string; readonly consentId: string },
  { entrepreneurs, nowMs }: Dependencies,
): Promise<Consent> {
  const person = await entrepreneurs.get(input.tenantId, input.entrepreneurId);
  const given = person?.consents.find((consent) => consent.consentId === input.consentId);
  if (given === undefined) throw new DomainError('not_found', 'no such consent');
  if (given.withdrawnAt !== undefined) return given;
  const withdrawn = { ...given, withdrawnAt: new Date(nowMs()).toISOString() };
  await entrepreneurs.putConsent(input.tenantId, withdrawn);
  return withdrawn;
}
