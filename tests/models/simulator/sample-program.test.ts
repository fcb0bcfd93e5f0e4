import { expect, it } from 'vitest';
import { sampleProgram, sampleTerms } from '../../../models/simulator/sample-program.ts';
import { addDays } from '../../../shared/domain/calendar.ts';
import { commitProgramTerms } from '../../../shared/domain/lending/commit-program-terms.ts';
import { repaymentMethods } from '../../../shared/domain/lending/loan-product.ts';

it('is a program whose sample terms are lawful on every day of a year and have a product of every kind', () => {
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
  const products = Array.from({ length: 366 }, (_, days) => {
    const on = addDays('2026-06-01', days);
    return commitProgramTerms({ programId, ...sampleTerms(on) }, on).products;
  });
  const methods = new Set(products.flat().map(({ product }) => product.repayment.method));
  expect([...methods].sort()).toEqual([...repaymentMethods].sort());
});
