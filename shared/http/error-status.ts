import { DomainError, type DomainErrorCode } from '../domain/errors.ts';

/** The one map from refusal to HTTP status. A 500 is our fault: its text stays inside. */
export const errorStatus = {
  unauthenticated: 401,
  forbidden: 403,
  rate_limited: 429,
  unsupported_media_type: 415,
  payload_too_large: 413,
  invalid_request: 400,
  not_found: 404,
  idempotency_key_missing: 400,
  idempotency_key_reused: 422,
  idempotency_in_progress: 409,
  too_many_requests: 429,
  version_conflict: 409,
  loan_state_conflict: 409,
  wrong_state: 409,
  invalid_feature: 500,
  model_rejected: 500,
  corrupt_record: 500,
} as const satisfies Record<DomainErrorCode, number>;

/** A DomainError its caller can act on; undefined for anything that must stay opaque. */
export function refusalOf(error: unknown): DomainError | undefined {
  return error instanceof DomainError && errorStatus[error.code] < 500 ? error : undefined;
}
