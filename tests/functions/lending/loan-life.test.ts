import { beforeAll, describe, expect, it } from 'vitest';
import { loanView } from '../../../functions/lending/loan-view.ts';
import { repaymentCalendar } from '../../../functions/lending/offer-calendar.ts';
import { loanReceipt } from '../../../shared/domain/lending/loan-receipt.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';
import { seedOffer } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const LOAN = '/v1/programs/{programId}/loans/{loanId}';
const OFFER = '/v1/programs/{programId}/decisions/{decisionId}/offers/{offerId}';

/** One life after the other on a program of its own: each test goes on where the one before ended. */
describe('a loan from its offer to its last installment', () => {
  const programId = 'prg_life';
  const offer = { programId, decisionId: 'dec_life', offerId: 'ofr_1' };
  const loan = { programId, loanId: 'loan_life' };
  const read = async () => loanView.parse((await desk.call(`GET ${LOAN}`, { params: loan })).json);

  beforeAll(async () => {
    await desk.openProgram(programId);
    await seedOffer(table(), { programId, name: 'life', principalMinor: 1_200_000, recommenderId: 'ent_9' });
  });

  it('shows its repayment calendar before it is accepted, with both rates', async () => {
    const { status, json } = await desk.call(`GET ${OFFER}/calendar`, {
      tenant: 'ten_incubator',
      params: offer,
      query: { disbursedOn: '2026-03-31' },
    });
    expect(status).toBe(200);
    const calendar = repaymentCalendar.parse(json);
    expect(calendar.installments.map(({ dueOn }) => dueOn).slice(0, 3)).toEqual([
      '2026-04-30',
      '2026-05-31',
      '2026-06-30',
    ]);
    expect(calendar.installments.reduce((sum, each) => sum + each.principalMinor, 0)).toBe(1_200_000);
    expect(calendar.installments.at(-1)?.balanceMinor).toBe(0);
    expect(calendar.annualRateBps).toBe(900);
    expect(calendar.allInRateBps).toBeGreaterThan(900);
    expect(calendar.annualPercentageRateBps).toBeGreaterThan(calendar.allInRateBps);
    expect(calendar.expiresOn).toBe('2026-03-31');
  });

  it('is accepted once; what was reserved beyond the offer is free again', async () => {
    const accept = (key: string) =>
      desk.call(`POST ${OFFER}/acceptance`, { tenant: 'ten_incubator', params: offer, key, body: {} });
    const first = await accept('accept-1');
    expect([first.status, first.json.status]).toEqual([201, 'accepted']);
    expect(await accept('accept-1')).toEqual({ ...first, replayed: true });
    const second = await accept('accept-2');
    expect([second.status, second.json.issues]).toMatchObject([409, [{ code: 'offer_accepted' }]]);
    const capital = await desk.call('GET /v1/programs/{programId}/capital', { params: { programId } });
    expect(capital.json).toMatchObject({ reservedMinor: 1_200_000, outstandingMinor: 0 });
  });

  it('is paid out on the bank’s word, and can be instructed again when the bank did not pay', async () => {
    const disburse = (key: string, phase: string, tenant = 'ten_lender') =>
      desk.call(`POST ${LOAN}/disbursements`, { tenant, params: loan, key, body: { phase } });
    expect((await disburse('post-early', 'posted')).json.issues).toMatchObject([
      { field: 'phase', code: 'disbursement_not_instructed' },
    ]);
    expect((await disburse('by-incubator', 'instructed', 'ten_incubator')).status).toBe(403);
    for (const [key, phase] of [
      ['i1', 'instructed'],
      ['v1', 'voided'],
      ['i2', 'instructed'],
      ['p2', 'posted'],
    ] as const) {
      expect((await disburse(key, phase)).status).toBe(201);
    }
    expect((await disburse('p3', 'posted')).json.issues).toMatchObject([
      { code: 'disbursement_already_posted' },
    ]);
    expect(await read()).toMatchObject({ status: 'active', principalOutstandingMinor: 1_200_000 });
    const capital = await desk.call('GET /v1/programs/{programId}/capital', { params: { programId } });
    expect(capital.json).toMatchObject({ reservedMinor: 0, outstandingMinor: 1_200_000 });
  });

  it('takes an installment, and a reversal of it leaves the loan as if it had not been paid', async () => {
    desk.clock.now = '2026-04-01';
    const before = await read();
    const owed = Object.values(before.dueMinor).reduce((sum, minor) => sum + minor, 0);
    const paid = await desk.call(`POST ${LOAN}/repayments`, {
      params: loan,
      key: 'r1',
      body: { type: 'repayment', amountMinor: owed },
    });
    expect(loanReceipt.parse(paid.json)).toMatchObject({ daysPastDue: 0, creditChangeMinor: 0 });
    expect((await read()).delinquency.overdueMinor).toBe(0);
    const reversal = `POST ${LOAN}/repayments/{eventId}/reversal` as const;
    const params = { ...loan, eventId: String(paid.json.eventId) };
    desk.clock.now = '2026-04-03';
    expect((await desk.call(reversal, { params, key: 'rev1', body: {} })).status).toBe(201);
    expect((await desk.call(reversal, { params, key: 'rev2', body: {} })).json.issues).toMatchObject([
      { code: 'payment_already_reversed' },
    ]);
    expect((await read()).delinquency).toMatchObject({ daysPastDue: 2, overdueMinor: owed });
  });

  it('stands on the worklist while it is late, and a broken promise comes first', async () => {
    const worklist = () => desk.call('GET /v1/programs/{programId}/collections', { params: { programId } });
    expect((await worklist()).json.loans).toMatchObject([{ loanId: 'loan_life', daysPastDue: 2 }]);
    const contact = {
      params: loan,
      key: 'c1',
      body: {
        channel: 'telephone',
        outcome: 'promised_to_pay',
        note: '月底前还',
        promise: { amountMinor: 50_000, by: '2026-04-05' },
      },
    };
    expect((await desk.call(`POST ${LOAN}/contacts`, contact)).status).toBe(201);
    expect((await desk.call(`POST ${LOAN}/contacts`, contact)).replayed).toBe(true);
    expect((await worklist()).json.loans).toEqual([]);
    desk.clock.now = '2026-04-06';
    expect((await worklist()).json.loans).toMatchObject([
      { promise: { status: 'broken' }, brokenPromises: 1 },
    ]);
  });

  it('is quoted, restructured, charged off and recovered, its books balanced through it all', async () => {
    const quote = await desk.call(`GET ${LOAN}/prepayment-quote`, {
      params: loan,
      query: { amountMinor: '400000' },
    });
    expect(quote.json).toMatchObject({ payoffMinor: expect.any(Number), after: { status: 'active' } });
    const change = (key: string, body: object) =>
      desk.call(`POST ${LOAN}/changes`, { params: loan, key, body });
    const restructured = await change('x1', {
      type: 'restructured',
      reason: 'financial_difficulty',
      annualRateBps: 600,
      termMonths: 6,
      repayment: { method: 'equal_principal' },
      capitalizesInterest: true,
    });
    expect(restructured.json).toMatchObject({ daysPastDue: 0 });
    expect((await change('x2', { type: 'payment_holiday_granted', months: 2 })).status).toBe(201);
    expect((await read()).delinquency.assetClass).toBe('special_mention');
    expect((await change('x3', { type: 'charged_off' })).json).toMatchObject({ status: 'charged_off' });
    const recovered = await desk.call(`POST ${LOAN}/repayments`, {
      params: loan,
      key: 'x4',
      body: { type: 'recovery', amountMinor: 30_000, reference: 'BANK-77' },
    });
    expect(recovered.status).toBe(201);
    const trial = await desk.call('GET /v1/programs/{programId}/trial-balances/{date}', {
      params: { programId, date: '2026-12-31' },
    });
    expect(trial.json).toMatchObject({ differenceMinor: 0 });
    const portfolio = await desk.call('GET /v1/portfolio', { query: { by: 'recommender', programId } });
    expect(portfolio.json.groups).toMatchObject([
      { key: 'ent_9', loans: 1, principalOutstandingMinor: 0, recoveredMinor: 30_000 },
    ]);
    const recommender = await desk.call('GET /v1/programs/{programId}/recommenders/{entrepreneurId}', {
      params: { programId, entrepreneurId: 'ent_9' },
    });
    expect(recommender.json).toMatchObject({ chargedOffLoans: 1, limit: null });
  });

  it('reads as a statement in Chinese and English, and as a journal page by page', async () => {
    const statement = (language: string) =>
      desk.call(`GET ${LOAN}/statement`, { params: loan, query: { language } });
    const [zh, en] = [await statement('zh'), await statement('en')];
    const texts = (answer: typeof zh) => (answer.json.lines as { text: string }[]).map(({ text }) => text);
    expect([zh.json.title, texts(zh)[0]]).toEqual(['贷款对账单', '放款']);
    expect(texts(en)[0]).toBe('Loan paid out');
    const sequences: number[] = [];
    let query: Record<string, string> = { limit: '4' };
    for (;;) {
      const { json } = await desk.call(`GET ${LOAN}/journal`, { params: loan, query });
      sequences.push(...(json.entries as { sequence: number }[]).map(({ sequence }) => sequence));
      if (typeof json.nextCursor !== 'string') break;
      query = { limit: '4', cursor: json.nextCursor };
    }
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(10);
  });
});

describe('an offer', () => {
  it('cannot be accepted after its last day', async () => {
    await desk.openProgram('prg_late');
    await seedOffer(table(), { programId: 'prg_late', name: 'late' });
    const params = { programId: 'prg_late', decisionId: 'dec_late', offerId: 'ofr_1' };
    desk.clock.now = '2026-04-01';
    const late = await desk.call(`POST ${OFFER}/acceptance`, { params, key: 'late', body: {} });
    expect([late.status, late.json.issues]).toMatchObject([409, [{ code: 'offer_expired' }]]);
  });
});
