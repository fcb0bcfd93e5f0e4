import { AsyncLocalStorage } from 'node:async_hooks';

/** On whose behalf the store works: a request's caller, or a job that says which tenant it works for. */
export interface Actor {
  readonly tenantId: string;
  /** The token's subject, or the job's name. */
  readonly subject: string;
  /** The route's operation, or what the job does. */
  readonly operation: string;
  readonly requestId: string;
}

/** One piece of work, with the tenants whose items it may touch and those it did touch. */
export interface Acting {
  readonly actor: Actor;
  /** Begins with the actor's own; grows with each program grant it reads (see tenancy.ts). */
  readonly allowedTenants: Set<string>;
  readonly touchedTenants: Set<string>;
}

const acting = new AsyncLocalStorage<Acting>();

/**
 * Do `work` on behalf of `actor`: every change it makes is stamped with the actor, and a key of a tenant it has
 * no grant of is refused before it leaves the process. `alsoAllowed` are tenants the work itself names, such as
 * the parties of a program being created.
 */
export function actAs<Result>(
  actor: Actor,
  work: (acting: Acting) => Promise<Result>,
  alsoAllowed: Iterable<string> = [],
): Promise<Result> {
  const context: Acting = {
    actor,
    allowedTenants: new Set([actor.tenantId, ...alsoAllowed]),
    touchedTenants: new Set(),
  };
  return acting.run(context, () => work(context));
}

/** What is being done in this asynchronous context; undefined outside `actAs`. */
export const currentActing = (): Acting | undefined => acting.getStore();
