import { describe, expect, it } from 'vitest';
import { simulateOnEngine } from '../../../models/portfolio/simulate-on-engine.ts';
import { simulatePortfolio } from '../../../models/portfolio/simulate-portfolio.ts';

/** `npm run simulate-portfolio` runs ten thousand lives; a few hundred in the suite. */
const LIVES = 250;

describe('a portfolio that lives for three years among faults', () => {
  it('keeps books without drift: nothing is paid out twice, no repayment is lost', async () => {
    const { counts, injected, drift } = await simulatePortfolio({
      seed: 7,
      lives: LIVES,
      capitalPerLifeMinor: 100_000,
    });
    expect(
      Object.values(drift).every((value) => value === 0),
      JSON.stringify(drift),
    ).toBe(true);
    // Or it would have shown nothing.
    for (const [fault, times] of Object.entries(injected)) expect(times, fault).toBeGreaterThan(0);
    for (const [what, times] of Object.entries(counts)) expect(times, what).toBeGreaterThan(0);
  });

  it('lives the same life again by the same seed', async () => {
    const [first, second] = [
      await simulatePortfolio({ seed: 3, lives: 40 }),
      await simulatePortfolio({ seed: 3, lives: 40 }),
    ];
    expect(second).toEqual(first);
  });
});

describe('lives on the real store, several at once, its engine killed in the middle', () => {
  it('leave the same books: the bank, the replays and the capital agree', async () => {
    const { counts, drift } = await simulateOnEngine({ seed: 5, lives: 8, atOnce: 4, kills: 1 });
    expect(
      Object.values(drift).every((value) => value === 0),
      JSON.stringify(drift),
    ).toBe(true);
    expect(counts.disbursed).toBeGreaterThan(2);
    expect(counts.repayments).toBeGreaterThan(10);
  });
});
