/**
 * Every way a request can be refused, in order of precedence: a request that fails in two ways reports the
 * first. `shared/http/error-status.ts` is the one map from these codes to HTTP status.
 */
export const domainErrorCodes = [
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'unsupported_media_type',
  'payload_too_large',
  'invalid_request',
  'not_found',
  'idempotency_key_missing',
  'idempotency_key_reused',
  'idempotency_in_progress',
  'too_many_requests',
  'version_conflict',
  'loan_state_conflict',
  'wrong_state',
  'invalid_feature',
  'model_rejected',
  'corrupt_record',
] as const;

export type DomainErrorCode = (typeof domainErrorCodes)[number];

export interface FieldIssue {
  /** Path of the offending field, dotted: `transactions.3.amountMinor`. Empty for the whole body. */
  readonly field: string;
  /** Machine-readable: zod's issue code, or one of the domain's own. */
  readonly code: string;
  readonly message: string;
}

export interface DomainErrorOptions {
  readonly issues?: readonly FieldIssue[];
  /** Seconds after which a retry may succeed. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A refusal its caller can act on. Its message is written for the caller; anything else thrown is a fault. */
export class DomainError extends Error {
  readonly code: DomainErrorCode;
  readonly issues: readonly FieldIssue[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: DomainErrorCode, message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** An error about one named field. */
export function fieldError(
  code: DomainErrorCode,
  field: string,
  issue: string,
  message: string,
): DomainError {
  return new DomainError(code, message, { issues: [{ field, code: issue, message }] });
}
