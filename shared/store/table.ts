/**
 * The one table: its keys, its index, its stream. Every partition key begins with the tenant that owns the
 * item, so no key can be built without one. Read by the store, the local engine and the CDK data stack; it
 * imports nothing.
 *
 * | item          | partition key             | sort key                      |
 * | ---           | ---                       | ---                           |
 * | station       | platform#station          | STATION                       |
 * | day bundle    | platform#station          | D#YYYY-MM-DD                  |
 * | entrepreneur  | platform#entrepreneur     | ENTREPRENEUR                  |
 * | consent       | platform#entrepreneur     | CONSENT#consent               |
 * | county        | operator#county           | COUNTY                        |
 * | program       | lender#program            | PROGRAM                       |
 * | capital       | lender#program            | CAPITAL                       |
 * | decision list | lender#program            | DECISION#decidedAt#decision   |
 * | program grant | party                     | PROGRAM#program               |
 * | application   | lender#application        | APPLICATION                   |
 * | decision      | lender#decision           | DECISION                      |
 * | exposure      | lender#entrepreneur       | EXPOSURE                      |
 * | idempotency   | caller#IDEMPOTENCY        | operation#key                 |
 * | machine client| CLIENT#client             | MACHINE_CLIENT                |
 *
 * A machine client is the one item no tenant owns: it says which tenant its tokens belong to. Tenants begin
 * with `ten_`, so no tenant's key can be one.
 */
export const tableKeys = { partition: 'pk', sort: 'sk' } as const;

/** Seconds since 1970 after which DynamoDB may delete an item. */
export const TIME_TO_LIVE_ATTRIBUTE = 'expiresAtSeconds';

/**
 * Sparse: only day bundles have `day`. Projects the summaries, so a year of history is one query that reads
 * no row.
 */
export const daySummaryIndex = {
  name: 'day-summaries',
  partition: 'pk',
  sort: 'day',
  projected: ['summary', 'recordedUntil'],
} as const;

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const key = (pk: string, sk: string): ItemKey => ({ pk, sk });

export const stationKey = (platform: string, station: string) => key(`${platform}#${station}`, 'STATION');
export const dayBundleKey = (platform: string, station: string, day: string) =>
  key(`${platform}#${station}`, `D#${day}`);
export const entrepreneurKey = (platform: string, entrepreneur: string) =>
  key(`${platform}#${entrepreneur}`, 'ENTREPRENEUR');
export const consentKey = (platform: string, entrepreneur: string, consent: string) =>
  key(`${platform}#${entrepreneur}`, `CONSENT#${consent}`);
export const countyKey = (operator: string, county: string) => key(`${operator}#${county}`, 'COUNTY');
export const programKey = (lender: string, program: string) => key(`${lender}#${program}`, 'PROGRAM');
export const capitalKey = (lender: string, program: string) => key(`${lender}#${program}`, 'CAPITAL');
export const DECISION_LIST_PREFIX = 'DECISION#';
export const decisionListKey = (lender: string, program: string, decidedAt: string, decision: string) =>
  key(`${lender}#${program}`, `${DECISION_LIST_PREFIX}${decidedAt}#${decision}`);
export const programGrantKey = (party: string, program: string) => key(party, `PROGRAM#${program}`);
export const applicationKey = (lender: string, application: string) =>
  key(`${lender}#${application}`, 'APPLICATION');
export const decisionKey = (lender: string, decision: string) => key(`${lender}#${decision}`, 'DECISION');
export const exposureKey = (lender: string, entrepreneur: string) =>
  key(`${lender}#${entrepreneur}`, 'EXPOSURE');
export const idempotencyKey = (caller: string, operation: string, idempotency: string) =>
  key(`${caller}#IDEMPOTENCY`, `${operation}#${idempotency}`);
export const MACHINE_CLIENT_PREFIX = 'CLIENT#';
export const machineClientKey = (client: string) =>
  key(`${MACHINE_CLIENT_PREFIX}${client}`, 'MACHINE_CLIENT');
