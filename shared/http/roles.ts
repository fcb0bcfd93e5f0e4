import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { entrepreneurId, tenantId } from '../domain/identifiers.ts';
import { qualifiedScope, type Scope } from './scopes.ts';

interface Role {
  /** Shown where roles are chosen, and in the reference. */
  readonly does: string;
  readonly scopes: readonly Scope[];
}

const integration = ['events:read', 'webhooks:read', 'webhooks:write'] as const;

/**
 * What people do, and the scopes that takes. A person's token never carries a scope beyond their roles', whatever
 * their application asks for. In AWS each role is a group of the user pool, which only administrators fill.
 * Reporting transactions is left to systems.
 */
export const roles = {
  operator: {
    does: 'Runs the platform: counties, programs and their terms, and how they go',
    scopes: [
      'counties:read',
      'counties:write',
      'programs:read',
      'programs:write',
      'applications:read',
      'decisions:read',
      'loans:read',
      'terms:read',
      ...integration,
    ],
  },
  platform_officer: {
    does: 'Registers stations and people for the station platform, and acts on their rights',
    scopes: [
      'stations:read',
      'stations:write',
      'transactions:read',
      'entrepreneurs:read',
      'entrepreneurs:write',
      'consents:read',
      'consents:write',
      'persons:read',
      'persons:write',
      'programs:read',
      'applications:read',
      'decisions:read',
      'contests:write',
      ...integration,
    ],
  },
  incubator_officer: {
    does: 'Submits applications for the county incubator, accepts offers for partners, follows their loans',
    scopes: [
      'programs:read',
      'applications:read',
      'applications:write',
      'decisions:read',
      'offers:accept',
      'contests:write',
      'loans:read',
      'terms:read',
    ],
  },
  credit_officer: {
    does: 'Decides the cases the machine leaves to the lender’s people',
    scopes: [
      'programs:read',
      'applications:read',
      'decisions:read',
      'reviews:read',
      'reviews:write',
      'loans:read',
      'terms:read',
    ],
  },
  loan_officer: {
    does: 'Pays out, takes repayments, restructures and collects for the lender',
    scopes: [
      'programs:read',
      'decisions:read',
      'loans:read',
      'loans:disburse',
      'loans:repay',
      'loans:change',
      'collections:read',
      'collections:write',
      'terms:read',
    ],
  },
  product_manager: {
    does: 'Drafts and commits the lender’s terms',
    scopes: ['programs:read', 'decisions:read', 'loans:read', 'terms:read', 'terms:write'],
  },
  compliance_officer: {
    does: 'Reads and verifies the audit log, decisions, reviews and loans; changes nothing',
    scopes: [
      'audit:read',
      'programs:read',
      'applications:read',
      'decisions:read',
      'reviews:read',
      'loans:read',
      'terms:read',
      'events:read',
    ],
  },
  integration_engineer: {
    does: 'Connects a tenant’s systems: events and webhooks',
    scopes: ['programs:read', ...integration],
  },
  applicant: {
    does: 'Reads and decides what is their own: consents, decisions, offers, loans, personal data',
    scopes: [
      'entrepreneurs:read',
      'consents:read',
      'consents:write',
      'persons:read',
      'persons:write',
      'applications:write',
      'decisions:read',
      'offers:accept',
      'contests:write',
      'loans:read',
    ],
  },
} as const satisfies Readonly<Record<string, Role>>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as readonly RoleName[];
export const roleName = z.enum(Object.keys(roles) as [RoleName, ...RoleName[]]);

/** What somebody must know of a person to sign a token for them. */
export interface PersonRights {
  readonly tenantId: string;
  readonly roles: readonly RoleName[];
  /** Of an applicant: the entrepreneur they are. */
  readonly entrepreneurId?: string | undefined;
}

const personRights = z.object({
  tenantId,
  roles: z.array(roleName).min(1, 'a person needs a role'),
  entrepreneurId: entrepreneurId.optional(),
});

/** The claims that carry a person's rights. Claims are texts: several roles are separated by blanks. */
export interface PersonClaims {
  readonly tenant: string;
  readonly roles: string;
  readonly entrepreneur?: string;
}

/**
 * The claims of a person. Raises `forbidden` for rights nobody may hold: of no tenant, without a role, an
 * applicant who is no entrepreneur or holds another role as well, an entrepreneur who is not an applicant.
 */
export function personClaims(rights: PersonRights): PersonClaims {
  const parsed = personRights.safeParse(rights);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new DomainError('forbidden', `${issue?.path.map(String).join('.')}: ${issue?.message}`);
  }
  const { tenantId: tenant, roles: held, entrepreneurId: entrepreneur } = parsed.data;
  if (held.includes('applicant') !== (entrepreneur !== undefined)) {
    throw new DomainError('forbidden', 'entrepreneurId: an applicant is an entrepreneur, and nobody else is');
  }
  if (entrepreneur !== undefined && held.length > 1) {
    throw new DomainError('forbidden', 'roles: an applicant holds no other role');
  }
  return { tenant, roles: held.join(' '), ...(entrepreneur === undefined ? {} : { entrepreneur }) };
}

/** Every scope of some roles, each once. */
export const scopesOf = (held: readonly RoleName[]): readonly Scope[] => [
  ...new Set(held.flatMap((name): readonly Scope[] => roles[name].scopes)),
];

/** Whether these roles allow a scope as tokens carry it. */
export function rolesAllow(held: readonly RoleName[], qualified: string): boolean {
  return scopesOf(held).some((scope) => qualifiedScope(scope) === qualified);
}
