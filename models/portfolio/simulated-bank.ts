/**
 * The bank outside: the truth of what money moved. Its answers may be lost too, but an order it was given once it
 * carries out once.
 */
export function simulatedBank(random: () => number, lostAnswerShare: number, refusalShare: number) {
  const orders = new Map<string, 'paid' | 'refused'>();
  const paidOutMinor = new Map<string, number>();
  const received = new Map<string, { readonly loanId: string; readonly amountMinor: number }>();
  return {
    paidOutMinor,
    received,
    lostAnswers: 0,

    /** Pay an order out; undefined when the answer is lost. The same order again is the same payment. */
    pay(order: string, loanId: string, amountMinor: number): 'paid' | 'refused' | undefined {
      let outcome = orders.get(order);
      if (outcome === undefined) {
        outcome = random() < refusalShare ? 'refused' : 'paid';
        orders.set(order, outcome);
        if (outcome === 'paid') paidOutMinor.set(loanId, (paidOutMinor.get(loanId) ?? 0) + amountMinor);
      }
      if (random() < lostAnswerShare) {
        this.lostAnswers += 1;
        return undefined;
      }
      return outcome;
    },

    /** Money from a borrower; the reference is the bank's own. */
    receive(reference: string, loanId: string, amountMinor: number): void {
      received.set(reference, { loanId, amountMinor });
    },

    /** The payment bounced after all. */
    takeBack(reference: string): void {
      received.delete(reference);
    },

    balanceMinor(): number {
      let minor = 0;
      for (const { amountMinor } of received.values()) minor += amountMinor;
      for (const amountMinor of paidOutMinor.values()) minor -= amountMinor;
      return minor;
    },
  };
}

export type SimulatedBank = ReturnType<typeof simulatedBank>;
