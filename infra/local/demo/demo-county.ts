import { sampleProgram } from '../../../models/simulator/sample-program.ts';
import type { Program } from '../../../shared/domain/program.ts';

export const OPERATOR = 'ten_demo-operator';
export const LENDER = 'ten_demo-bank';
export const INCUBATOR = 'ten_demo-incubator';
export const PLATFORM = 'ten_demo-platform';

/** The program of the demo county, with capital for about twenty loans. */
export function demoProgram(countyId: string, opensOn: string, closesOn: string): Program {
  return sampleProgram({
    programId: 'prg_demo',
    countyId,
    lenderTenantId: LENDER,
    incubatorTenantId: INCUBATOR,
    platformTenantId: PLATFORM,
    capitalMinor: 150_000_000,
    opensOn,
    closesOn,
  });
}
