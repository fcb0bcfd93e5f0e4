import type { DomainErrorCode } from '../../shared/domain/errors.ts';

/** A request to a route that its owner may make, and that finds what it names once the world is set up. */
export interface RouteSample {
  /** The tenant whose object it is. */
  readonly owner: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The person whose object it is, where applicants may call it. Default `ent_1`. */
  readonly applicant?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Can be done once only: repeated in the world the samples set up, it is refused so. */
  readonly thenRefused?: DomainErrorCode;
}
