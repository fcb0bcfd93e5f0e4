import { z } from 'zod';
import { tenantId } from '../domain/identifiers.ts';
import type { Acting, Actor } from '../store/acting.ts';
import type { Principal } from './principal.ts';
import type { RouteDefinition } from './route.ts';
import type { Scope } from './scopes.ts';

/** That somebody read what is kept of people: who, which objects, and the tenants whose items answered. */
export interface AccessRecord {
  readonly actor: Actor;
  readonly at: string;
  /** Ids of decisions, or of applications, of persons, of stations: a decision stands for its person. */
  readonly objects: readonly string[];
  /** Tenants whose items were read, the reader's own among them. */
  readonly ownerTenantIds: readonly string[];
}

/** Rejects when the access could not be recorded; what was read is then not answered. */
export type RecordAccess = (record: AccessRecord) => Promise<void>;

/** What no person's data is behind. Any other read is recorded, that of a scope yet to be thought of too. */
const impersonalScopes: ReadonlySet<string> = new Set([
  'audit:read',
  'counties:read',
  'events:read',
  'imports:read',
  'programs:read',
  'stations:read',
  'webhooks:read',
] satisfies (Scope | 'imports:read')[]);

/** Whether a route reads data of persons, so that each answer is recorded before it leaves. */
export const isAccessRecorded = ({ method, scope }: Pick<RouteDefinition, 'method' | 'scope'>) =>
  method === 'GET' && !impersonalScopes.has(scope);

export function actorOf(principal: Principal, operation: string, requestId: string): Actor {
  return { tenantId: principal.tenantId, subject: principal.subject, operation, requestId };
}

const parties = z.object({
  lenderTenantId: tenantId,
  incubatorTenantId: tenantId,
  platformTenantId: tenantId,
});

/** A program's operator names its parties when it creates the program, before there is a grant to follow. */
export function partiesNamed({ scope }: Pick<RouteDefinition, 'scope'>, body: unknown): string[] {
  const named = scope === 'programs:write' ? parties.safeParse(body).data : undefined;
  return named === undefined ? [] : Object.values(named);
}

/** A page holds at most this many objects; more are counted out by their program or day in the parameters. */
const OBJECTS_MAX = 200;

export function accessRecordOf(acting: Acting, at: string, params: unknown, answer: unknown): AccessRecord {
  return {
    actor: acting.actor,
    at,
    objects: objectsIn([params, answer]),
    ownerTenantIds: [...acting.touchedTenants].sort(),
  };
}

/** The most telling ids an answer holds: its decisions if any, else its applications, its persons, its stations. */
function objectsIn(value: unknown): string[] {
  const found = {
    decisionId: new Set<string>(),
    applicationId: new Set<string>(),
    entrepreneurId: new Set<string>(),
    stationId: new Set<string>(),
  };
  const visit = (member: unknown): void => {
    if (typeof member !== 'object' || member === null) return;
    for (const [name, inner] of Object.entries(member)) {
      if (typeof inner === 'string' && name in found) found[name as keyof typeof found].add(inner);
      else visit(inner);
    }
  };
  visit(value);
  const telling = Object.values(found).find((ids) => ids.size > 0) ?? new Set<string>();
  return [...telling].slice(0, OBJECTS_MAX);
}
