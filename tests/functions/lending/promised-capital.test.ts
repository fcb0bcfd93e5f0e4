import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../shared/domain/decision.ts';
import { program } from '../../../shared/domain/program.ts';
import { programStore } from '../../../shared/store/programs.ts';
import { reservationStore } from '../../../shared/store/reservations.ts';
import { useTable } from '../../support/engine.ts';
import { lendingDesk } from '../../support/lending-desk.ts';
import { programTerms } from '../../support/program-terms.ts';
import { seedOffer } from '../../support/seed-lending.ts';

const table = useTable();
const desk = lendingDesk(table);
const programId = 'prg_scarce';
const CAPITAL_MINOR = 10_000_000;
/** Of each approval: four exhaust the capital. */
const PROMISED_MINOR = 2_500_000;
const LAST_DAY = '2026-03-31';
const DAY_AFTER = '2026-04-01';

const position = async () => {
  const found = await programStore(table()).getCapitalPosition('ten_lender', programId);
  if (found === undefined) throw new Error('the program has no capital');
  const { availableMinor, reservedMinor, outstandingMinor, lostMinor } = found;
  expect(availableMinor + reservedMinor + outstandingMinor + lostMinor).toBe(CAPITAL_MINOR);
  expect(availableMinor).toBeGreaterThanOrEqual(0);
  return found;
};
const heldOf = (decision: Decision) => reservationStore(table()).get('ten_lender', programId, decision);
const approve = (number: number) =>
  seedOffer(table(), { programId, name: `scarce-${number}`, principalMinor: PROMISED_MINOR - 500_000 });

describe('capital that is nearly exhausted', () => {
  const approved: Decision[] = [];

  it('is promised as often as it suffices, however many are approved at once', async () => {
    const scarce = program.parse({ programId, ...programTerms, capitalMinor: CAPITAL_MINOR });
    await programStore(table()).put('ten_operator', scarce);
    const numbers = Array.from({ length: 10 }, (_, number) => number);
    // Those that came in each other's way try again, as the use case does.
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        numbers.map(async (number) => {
          const decision = await approve(number);
          if (approved.every(({ decisionId }) => decisionId !== decision.decisionId)) {
            if ((await heldOf(decision)) !== undefined) approved.push(decision);
          }
        }),
      );
      await position();
    }
    expect(approved).toHaveLength(4);
    expect(await position()).toMatchObject({ availableMinor: 0, reservedMinor: CAPITAL_MINOR });
  });

  it('is given back once on expiry, or taken up once, when both are tried at the same moment', async () => {
    desk.clock.now = LAST_DAY;
    const reservations = reservationStore(table());
    const nowMs = Date.parse(`${DAY_AFTER}T00:00:00Z`);
    const accept = ({ decisionId }: Decision, key: string) =>
      desk.call('POST /v1/programs/{programId}/decisions/{decisionId}/offers/{offerId}/acceptance', {
        params: { programId, decisionId, offerId: 'ofr_1' },
        key: `${decisionId}-${key}`,
        body: {},
      });
    const expired = await reservations.listExpired('ten_lender', programId, DAY_AFTER);
    expect(expired).toHaveLength(4);
    const outcomes = await Promise.allSettled([
      ...approved.flatMap((decision) => [accept(decision, 'a'), accept(decision, 'b')]),
      ...expired.flatMap((held) => [
        reservations.release('ten_lender', programId, held, nowMs),
        reservations.release('ten_lender', programId, held, nowMs),
      ]),
    ]);
    expect(outcomes).toHaveLength(16);
    // Whatever was interrupted by another is swept by the next run.
    for (const held of expired) await reservations.release('ten_lender', programId, held, nowMs);
    expect(await reservations.listExpired('ten_lender', programId, DAY_AFTER)).toEqual([]);
    const held = await Promise.all(approved.map(heldOf));
    const accepted = held.filter((each) => each?.status === 'accepted').length;
    expect(await position()).toMatchObject({ reservedMinor: accepted * (PROMISED_MINOR - 500_000) });
  });
});
