import { expect, it } from 'vitest';
import { sampleProgram, sampleTerms } from '../../../models/simulator/sample-program.ts';
import { commitProgramTerms } from '../../../shared/domain/lending/commit-program-terms.ts';
import { repaymentMethods } from '../../../shared/domain/lending/loan-product.ts';

it('is a program whose sample terms are lawful and have a product of every kind', () => {
  const { programId } = sampleProgram({
    programId: 'prg_first',
    countyId: 'cty_1',
    lenderTenantId: 'ten_bank',
    incubatorTenantId: 'ten_incubator',
    platformTenantId: 'ten_platform',
    capitalMinor: 1,
    opensOn: '2026-01-01',
    closesOn: '2026-12-31',
  });
  const committed = commitProgramTerms({ programId, ...sampleTerms('2026-06-01') }, '2026-06-01');
  const methods = new Set(committed.products.map(({ product }) => product.repayment.method));
  expect([...methods].sort()).toEqual([...repaymentMethods].sort());
});
