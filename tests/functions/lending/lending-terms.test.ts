import { beforeAll, describe, expect, it } from 'vitest';
import { lendingTermsStore } from '../../../shared/store/lending-terms.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';
import { lendingTerms } from '../../support/lending-samples.ts';
import { seedLoan, seedOffer } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const params = { programId: 'prg_terms' };
const DRAFT = 'PUT /v1/programs/{programId}/terms/draft';
const COMMIT = 'POST /v1/programs/{programId}/terms';

const [offered] = lendingTerms.products;
const changed = (version: string, change: object, rest: object = {}) => ({
  ...lendingTerms,
  ...rest,
  version,
  products: [{ ...offered, ...change }],
});
const draftAndCommit = async (body: { version: string }) => {
  expect((await desk.call(DRAFT, { params, body })).status).toBe(200);
  return desk.call(COMMIT, { params, body: { version: body.version } });
};

describe('lending terms', () => {
  beforeAll(() => desk.openProgram('prg_terms'));

  it('over the cap of their day are not committed: the error names field and clause', async () => {
    const over = await draftAndCommit(changed('over', { annualRateMaxBps: 2_400 }));
    expect([over.status, over.json.issues]).toMatchObject([
      400,
      [
        {
          field: 'products.0.annualRateMaxBps',
          code: 'rate_over_cap',
          message: expect.stringContaining('art. 25'),
        },
        { code: 'overdue_rate_over_cap' },
        { code: 'all_in_rate_over_cap' },
      ],
    ]);
  });

  it('with a bullet of more than a year are not committed', async () => {
    const product = { ...offered?.product, repayment: { method: 'bullet' } };
    const long = await draftAndCommit(changed('long', { product, termMonthsMax: 18 }));
    expect([long.status, long.json.issues]).toMatchObject([
      400,
      [
        {
          field: 'products.0.termMonthsMax',
          code: 'bullet_over_12_months',
          message: expect.stringContaining('Internet Loans'),
        },
      ],
    ]);
  });

  it('with a late fee or a penalty rate that comes to more than the cap are not committed', async () => {
    const fee = { ...offered?.product, lateFee: { amountMinor: 5_000, graceDays: 3 } };
    const penalty = { ...offered?.product, penaltySpreadBps: 600 };
    const late = await draftAndCommit(changed('late', { product: fee, annualRateMaxBps: 800 }));
    const overdue = await draftAndCommit(changed('overdue', { product: penalty, annualRateMaxBps: 800 }));
    for (const [{ status, json }, field, code, clause] of [
      [late, 'products.0.product.lateFee.amountMinor', 'late_fee_over_cap', 'art. 29'],
      [overdue, 'products.0.product.penaltySpreadBps', 'overdue_rate_over_cap', 'art. 28'],
    ] as const) {
      expect([status, json.issues]).toMatchObject([
        400,
        [{ field, code, message: expect.stringContaining(clause) }],
      ]);
    }
  });

  it('that are lawful are committed once, and never changed under their version', async () => {
    const bounded = {
      recommenders: {
        outstandingMaxMinor: 2_500_000,
        activeLoansMax: 3,
        delinquencyMaxBps: 500,
        lossMaxBps: 100,
      },
    };
    const first = await draftAndCommit(changed('v1', {}, bounded));
    expect([first.status, first.json.committedOn]).toEqual([200, '2026-03-01']);
    expect(await draftAndCommit(changed('v1', {}, bounded))).toEqual(first);
    const altered = await draftAndCommit(changed('v1', { annualRateMaxBps: 1_000 }, bounded));
    expect([altered.status, altered.json.code]).toEqual([409, 'version_conflict']);
    const unread = await desk.call(COMMIT, { params, body: { version: 'v2' } });
    expect(unread.json.issues).toMatchObject([{ code: 'not_the_draft' }]);
  });

  it('are what the policy implies until a version is in force', async () => {
    await desk.openProgram('prg_implied');
    const read = async () =>
      (await desk.call('GET /v1/programs/{programId}/terms', { params: { programId: 'prg_implied' } })).json;
    expect(await read()).toMatchObject({
      inForce: {
        version: '2025-1',
        committedOn: null,
        singleBorrowerLimitMinor: 10_000_000,
        guaranteeShareBps: 3_000,
        products: [{ product: { productCode: 'equal_installments' }, termMonths: [6, 12, 24] }],
      },
      committed: [],
    });
    const later = { ...lendingTerms, version: 'later', effectiveFrom: '2026-03-15' };
    await desk.call(DRAFT, { params: { programId: 'prg_implied' }, body: later });
    await desk.call(COMMIT, { params: { programId: 'prg_implied' }, body: { version: 'later' } });
    expect(await read()).toMatchObject({ inForce: { version: '2025-1' }, committed: [{ version: 'later' }] });
    desk.clock.now = '2026-03-15';
    expect(await read()).toMatchObject({ inForce: { version: 'later', committedOn: '2026-03-01' } });
    desk.clock.now = '2026-03-01';
  });

  it('bound what a partner may vouch for', async () => {
    const terms = await lendingTermsStore(table()).inForce('ten_lender', 'prg_terms', '2026-03-01');
    if (terms === null) throw new Error('the test before committed no terms');
    const seeded = { ...params, recommenderId: 'ent_voucher', terms };
    await seedLoan(table(), { ...seeded, name: 'vouched', disbursedOn: '2026-03-01' });
    await seedOffer(table(), { ...seeded, name: 'too-much' });
    const refused = await desk.call(
      'POST /v1/programs/{programId}/decisions/{decisionId}/offers/{offerId}/acceptance',
      { params: { ...params, decisionId: 'dec_too-much', offerId: 'ofr_1' }, key: 'v', body: {} },
    );
    expect([refused.status, refused.json.issues]).toMatchObject([
      409,
      [{ field: 'recommenderId', code: 'outstanding_over_bound' }],
    ]);
  });

  it('bound what a partner may vouch for in contracts that are not paid out, however many are made at once', async () => {
    const terms = await lendingTermsStore(table()).inForce('ten_lender', 'prg_terms', '2026-03-01');
    if (terms === null) throw new Error('a test before committed no terms');
    const names = ['signed-a', 'signed-b', 'signed-c'];
    for (const name of names) {
      await seedOffer(table(), {
        ...params,
        recommenderId: 'ent_hasty',
        terms,
        name,
        principalMinor: 1_000_000,
      });
    }
    const accept = (name: string) =>
      desk.call('POST /v1/programs/{programId}/decisions/{decisionId}/offers/{offerId}/acceptance', {
        params: { ...params, decisionId: `dec_${name}`, offerId: 'ofr_1' },
        key: name,
        body: {},
      });
    await Promise.all(names.map(accept));
    // Those that came in each other's way are told to try again.
    const settled = [];
    for (const name of names) settled.push(await accept(name));
    expect(settled.map(({ status }) => status).toSorted()).toEqual([201, 201, 409]);
    const refused = settled.find(({ status }) => status === 409);
    expect(refused?.json.issues).toMatchObject([
      { code: 'outstanding_over_bound', message: 'may vouch for 500000 more' },
    ]);
    const { json } = await desk.call('GET /v1/programs/{programId}/recommenders/{entrepreneurId}', {
      params: { ...params, entrepreneurId: 'ent_hasty' },
    });
    expect(json).toMatchObject({
      loans: 0,
      committedLoans: 2,
      principalCommittedMinor: 2_000_000,
      limit: { bound: 'within_bounds', limitMinor: 500_000 },
    });
  });

  it('that an offer was priced on are its contract’s, whatever is committed before it is accepted', async () => {
    const quoted = await lendingTermsStore(table()).inForce('ten_lender', 'prg_terms', '2026-03-01');
    if (quoted === null) throw new Error('the test before committed no terms');
    await seedOffer(table(), { ...params, name: 'quoted', terms: quoted });
    const dearer = await draftAndCommit(changed('v9', { annualRateMinBps: 1_100, annualRateMaxBps: 1_200 }));
    expect(dearer.status).toBe(200);
    const accepted = await desk.call(
      'POST /v1/programs/{programId}/decisions/{decisionId}/offers/{offerId}/acceptance',
      { params: { ...params, decisionId: 'dec_quoted', offerId: 'ofr_1' }, key: 'quoted', body: {} },
    );
    expect(accepted.status).toBe(201);
    const { json } = await desk.call('GET /v1/programs/{programId}/loans/{loanId}', {
      params: { ...params, loanId: 'loan_quoted' },
    });
    expect(json.contract).toMatchObject({ termsVersion: 'v1', annualRateBps: 900 });
  });
});
