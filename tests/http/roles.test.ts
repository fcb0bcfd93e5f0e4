import { describe, expect, it } from 'vitest';
import { routes } from '../../functions/routes.ts';
import { principalOf } from '../../shared/http/principal.ts';
import { personClaims, roleName, roleNames, roles, rolesAllow, scopesOf } from '../../shared/http/roles.ts';
import type { RouteDefinition } from '../../shared/http/route.ts';
import { scopeNames } from '../../shared/http/scopes.ts';
import { httpEvent } from '../support/http-event.ts';

const table: readonly RouteDefinition[] = routes;

describe('the roles of people', () => {
  it('give applicants the scopes of what is open to applicants, and no other', () => {
    const open = new Set(
      table.filter(({ applicants }) => applicants !== undefined).map(({ scope }) => scope),
    );
    expect([...roles.applicant.scopes].sort()).toEqual([...open].sort());
  });

  it('leave nothing to nobody, but for reporting transactions, which systems do', () => {
    const held = scopesOf(roleNames);
    expect(scopeNames.filter((scope) => !held.includes(scope))).toEqual(['transactions:write']);
  });

  it('let a compliance officer read and change nothing', () => {
    expect(roles.compliance_officer.scopes.filter((scope) => !scope.endsWith(':read'))).toEqual([]);
  });

  it('part deciding a case, committing terms, paying out and auditing', () => {
    const parted = ['reviews:write', 'terms:write', 'loans:disburse', 'audit:read', 'programs:write'];
    for (const name of roleNames) {
      expect([name, scopesOf([name]).filter((scope) => parted.includes(scope)).length]).toEqual([
        name,
        expect.toBeOneOf([0, 1]),
      ]);
    }
  });

  it('are scopes of each role together, as tokens carry them', () => {
    expect(rolesAllow(['credit_officer'], 'cunxin/reviews:write')).toBe(true);
    expect(rolesAllow(['credit_officer'], 'reviews:write')).toBe(false);
    expect(rolesAllow(['credit_officer'], 'cunxin/audit:read')).toBe(false);
    expect(rolesAllow(['credit_officer', 'compliance_officer'], 'cunxin/audit:read')).toBe(true);
  });
});

describe('the claims of a person', () => {
  it('are tenant and roles, and of an applicant the entrepreneur they are', () => {
    expect(personClaims({ tenantId: 'ten_a', roles: ['credit_officer', 'loan_officer'] })).toEqual({
      tenant: 'ten_a',
      roles: 'credit_officer loan_officer',
    });
    expect(personClaims({ tenantId: 'ten_a', roles: ['applicant'], entrepreneurId: 'ent_1' })).toEqual({
      tenant: 'ten_a',
      roles: 'applicant',
      entrepreneur: 'ent_1',
    });
  });

  it.each([
    ['no tenant', { tenantId: '', roles: ['operator'] }, /^tenantId/],
    ['a tenant that leaves its key', { tenantId: 'ten_a#b', roles: ['operator'] }, /^tenantId/],
    ['no role', { tenantId: 'ten_a', roles: [] }, /^roles/],
    ['an applicant who is nobody', { tenantId: 'ten_a', roles: ['applicant'] }, /^entrepreneurId/],
    [
      'an officer who is an applicant',
      { tenantId: 'ten_a', roles: ['operator'], entrepreneurId: 'ent_1' },
      /^entrep/,
    ],
    [
      'an applicant with another role',
      { tenantId: 'ten_a', roles: ['applicant', 'operator'], entrepreneurId: 'ent_1' },
      /^roles/,
    ],
    [
      'an id that is none',
      { tenantId: 'ten_a', roles: ['applicant'], entrepreneurId: '1' },
      /^entrepreneurId/,
    ],
  ])('are refused for %s', (_, { roles: held, ...rights }, message) => {
    const given = { ...rights, roles: held.map((role) => roleName.parse(role)) };
    expect(() => personClaims(given)).toThrow(
      expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(message) }),
    );
  });

  it('that say applicant and not whose are no principal', () => {
    const event = httpEvent({ routeKey: 'GET /v1/x', entrepreneur: 'ent_1' });
    expect(principalOf(event).applicantId).toBe('ent_1');
    delete event.requestContext.authorizer.jwt.claims.entrepreneur;
    expect(() => principalOf(event)).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});
