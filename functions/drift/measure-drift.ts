import {
  type DriftReference,
  type PopulationDrift,
  populationDrift,
  type RecentApplicant,
} from '../../models/monitoring/drift.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';

export interface MeasureDriftDependencies {
  readonly programs: Pick<ProgramStore, 'listGrants'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'list'>;
  readonly reference: DriftReference;
  readonly nowMs: () => number;
  /** Decisions of this many days back are looked at. */
  readonly windowDays: number;
}

export interface ProgramDrift extends PopulationDrift {
  readonly lenderTenantId: string;
  readonly programId: string;
}

const PAGE = 100;
/** Newest first; more say nothing new of a population, and each is one read. */
const APPLICANTS_MAX = 5_000;
const MILLISECONDS_PER_DAY = 86_400_000;

/** The drift of each of an operator's programs that decided on anybody of late. Reads alone. */
export async function measureDrift(
  operator: string,
  { programs, decisions, reference, nowMs, windowDays }: MeasureDriftDependencies,
): Promise<ProgramDrift[]> {
  const from = new Date(nowMs() - windowDays * MILLISECONDS_PER_DAY).toISOString();
  const measured: ProgramDrift[] = [];
  for (const { lenderTenantId, programId } of await programs.listGrants(operator)) {
    const applicants = await recentApplicants(lenderTenantId, programId, from, reference, decisions);
    if (applicants.length === 0) continue;
    measured.push({ lenderTenantId, programId, ...populationDrift(reference, applicants) });
  }
  return measured;
}

async function recentApplicants(
  lender: string,
  programId: string,
  from: string,
  { modelVersion, featureNames }: DriftReference,
  decisions: Pick<DecisionStore, 'get' | 'list'>,
): Promise<RecentApplicant[]> {
  const applicants: RecentApplicant[] = [];
  let cursor: string | undefined;
  do {
    const page = await decisions.list({ lender, programId }, { from }, PAGE, cursor);
    const stored = await Promise.all(
      page.entries
        .filter(({ creditScore }) => creditScore !== null)
        .map(({ decisionId }) => decisions.get(lender, programId, decisionId)),
    );
    for (const made of stored) {
      const { features, score } = made?.input ?? { features: null, score: null };
      // A decision of before the feature list changed cannot be compared.
      if (features === null || features.length !== featureNames.length) continue;
      applicants.push({
        features,
        creditScore: score?.modelVersion === modelVersion ? score.creditScore : null,
      });
    }
    cursor = page.cursor;
  } while (cursor !== undefined && applicants.length < APPLICANTS_MAX);
  return applicants;
}
