/** What a token may do: one scope per route, named by the route table. The sentence is shown in the reference. */
export const scopes = {
  'counties:read': 'Read counties of your own',
  'counties:write': 'Create and change counties of your own',
  'stations:read': 'Read stations of your own',
  'stations:write': 'Create and change stations of your own',
  'transactions:read': 'Read the transactions, data quality and imports of your stations',
  'transactions:write': 'Report the transactions of your stations',
  'entrepreneurs:read': 'Read the entrepreneurs you registered',
  'entrepreneurs:write': 'Register entrepreneurs and change what is known of them',
  'consents:read': 'Read the consents you recorded',
  'consents:write': 'Record consents',
  'persons:read': 'Read who a person you registered is, and export all that is kept about them',
  'persons:write': 'Record and correct who a person you registered is; erase them',
  'programs:read': 'Read programs you are a party of',
  'programs:write': 'Create programs and change their terms, as the platform operator',
  'applications:read': 'Read applications to programs you are a party of',
  'applications:write': 'Submit applications to programs you are a party of',
  'decisions:read': 'Read decisions of programs you are a party of',
  'offers:accept':
    'Accept an offer of a program you are a party of; cancel its contract before it is paid out',
  'loans:read': 'Read loans and portfolios of programs you are a party of',
  'loans:disburse': 'Instruct disbursements of your loans and say what the bank did, as the lender',
  'loans:repay': 'Record and reverse repayments of your loans, as the lender',
  'loans:change': 'Restructure, charge off and otherwise change your loans, as the lender',
  'collections:read': 'Read whom to contact about arrears, as the lender',
  'collections:write': 'Record contacts about arrears and promises to pay, as the lender',
  'terms:read': 'Read the lending terms of programs you are a party of',
  'terms:write': 'Draft and commit lending terms, as the lender',
  'contests:write': 'Contest a decline, for an applicant',
  'reviews:read': 'Read the cases of your programs that a person decides, as the lender',
  'reviews:write': 'Claim, note and decide cases of your programs, as the lender',
  'events:read': 'Read your events, from any point of the last 90 days',
  'webhooks:read': 'Read your webhook endpoints and what could not be delivered to them',
  'webhooks:write': 'Register and remove webhook endpoints, rotate their secrets, deliver again',
  'audit:read': 'Read and verify your audit log: every change, and who read what',
} as const;

export type Scope = keyof typeof scopes;
export const scopeNames = Object.keys(scopes) as readonly Scope[];

/** Cognito writes a custom scope as `<resource server>/<scope>`; local tokens are written the same way. */
export const RESOURCE_SERVER = 'cunxin';

/** A scope as tokens carry it: `cunxin/stations:write`. */
export const qualifiedScope = (scope: Scope) => `${RESOURCE_SERVER}/${scope}` as const;
