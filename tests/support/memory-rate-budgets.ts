import type { RateBudgetStore } from '../../shared/store/rate-budgets.ts';

/** The budgets of the table, in memory: what the store is held against, and what stands in for it. */
export function memoryRateBudgets(): Pick<RateBudgetStore, 'lease'> & { writes: number } {
  const spentUntil = new Map<string, number>();
  return {
    writes: 0,
    async lease({ tenantId, subject, rateClass }, { periodUs, depth }, wanted, nowUs) {
      this.writes += 1;
      const name = JSON.stringify([tenantId, subject, rateClass]);
      const from = Math.max(nowUs, spentUntil.get(name) ?? 0);
      const available = Math.floor((nowUs + depth * periodUs - from) / periodUs);
      const granted = Math.max(0, Math.min(wanted, available));
      if (granted > 0) spentUntil.set(name, from + granted * periodUs);
      return { granted, spentUntilUs: spentUntil.get(name) ?? 0 };
    },
  };
}
