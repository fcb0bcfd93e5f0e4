import { describe, expect, it } from 'vitest';
import { driftLines } from '../../../functions/drift/drift-metrics.ts';
import { measureDrift } from '../../../functions/drift/measure-drift.ts';
import { registryFile } from '../../../models/factory/model-folders.ts';
import {
  DRIFT_APPLICANTS_MIN,
  type DriftReference,
  populationDrift,
  type RecentApplicant,
  readDriftReference,
} from '../../../models/monitoring/drift.ts';
import { RandomStream } from '../../../models/simulator/random-stream.ts';
import { featureListHash, features } from '../../../shared/features/feature-list.ts';

const reference: DriftReference = {
  modelVersion: 'pd-1',
  featureNames: ['a', 'b'],
  bins: new Map([
    [0, { cuts: Float64Array.of(0.25, 0.5, 0.75), counts: Float64Array.of(100, 100, 100, 100, 0) }],
    [1, { cuts: Float64Array.of(0.5), counts: Float64Array.of(180, 180, 40) }],
  ]),
  scoreDeciles: [510, 520, 530, 540, 550, 560, 570, 580, 590],
};

function applicants(count: number, shift = 0): RecentApplicant[] {
  const random = new RandomStream([7, count]);
  return Array.from({ length: count }, () => ({
    features: [random.uniform() ** (1 + shift), random.uniform() < 0.1 ? null : random.uniform()],
    creditScore: Math.floor(500 + 100 * random.uniform() - 40 * shift),
  }));
}

describe('drift', () => {
  it('is none for applicants like those of the training', () => {
    const drift = populationDrift(reference, applicants(2_000));
    expect(drift.scorePsi).toBeLessThan(0.02);
    expect(drift.features.every(({ psi }) => psi < 0.02)).toBe(true);
    const b = drift.features.find(({ feature }) => feature === 'b');
    expect(b?.missingReference).toBe(0.1);
    expect(b?.missingNow).toBeCloseTo(0.1, 1);
  });

  it('names what has moved, the least stable first', () => {
    const drift = populationDrift(reference, applicants(2_000, 2));
    expect(drift.features[0]?.feature).toBe('a');
    expect(drift.features[0]?.psi).toBeGreaterThan(0.25);
    expect(drift.scorePsi).toBeGreaterThan(0.25);
  });

  it('leaves out scores of another model, and refuses vectors of another list', () => {
    const others = applicants(300).map((applicant) => ({ ...applicant, creditScore: null }));
    expect(populationDrift(reference, others).scorePsi).toBeNaN();
    expect(() => populationDrift(reference, [{ features: [1], creditScore: 500 }])).toThrow(RangeError);
  });

  it('is told against the population the shipped champion was trained on, every feature of it', async () => {
    const shipped = await readDriftReference(registryFile, { hash: featureListHash, features });
    expect(shipped.featureNames).toEqual(features.map(({ name }) => name));
    expect(shipped.scoreDeciles).toHaveLength(9);
    const sizes = [...shipped.bins.values()].map(({ counts }) =>
      counts.reduce((sum, count) => sum + count, 0),
    );
    expect(new Set(sizes).size).toBe(1);
    await expect(readDriftReference(registryFile, { hash: 'x', features })).rejects.toMatchObject({
      code: 'model_rejected',
    });
  });
});

describe('the metrics of a program', () => {
  const program = { lenderTenantId: 'ten_bank', programId: 'prg_1' };
  const linesOf = (count: number) =>
    driftLines({ ...program, ...populationDrift(reference, applicants(count)) }, 1).map((line) =>
      JSON.parse(line),
    );

  it('are kept by program, by program and feature, and over all, where alarms watch', () => {
    const [overall, ...byFeature] = linesOf(DRIFT_APPLICANTS_MIN);
    expect(overall).toMatchObject({ function: 'drift', program: 'prg_1', applicants: DRIFT_APPLICANTS_MIN });
    const [directive] = overall._aws.CloudWatchMetrics;
    expect(directive.Dimensions).toEqual([['function'], ['function', 'program']]);
    expect(directive.Metrics.map(({ Name }: { Name: string }) => Name)).toEqual(['scorePsi', 'missingShare']);
    expect(byFeature.map(({ feature }) => feature).sort()).toEqual(['a', 'b']);
    for (const line of byFeature) {
      expect(line._aws.CloudWatchMetrics[0].Dimensions.at(-1)).toEqual(['function', 'program', 'feature']);
      expect(line.featurePsi).toBeTypeOf('number');
      expect(line.featureMissingShare).toBeTypeOf('number');
    }
  });

  it('are none for few applicants: their index would be chance', () => {
    for (const line of linesOf(DRIFT_APPLICANTS_MIN - 1)) {
      expect(line._aws).toBeUndefined();
      expect(line.note).toMatch(/too few/);
    }
  });
});

describe('the nightly run', () => {
  it('reads each program page by page, from the window on, and passes over those without applicants', async () => {
    const rows = applicants(250);
    const asked: unknown[] = [];
    const grants = ['prg_1', 'prg_2'].map((programId) => ({ lenderTenantId: 'ten_bank', programId }));
    const drifts = await measureDrift('ten_operator', {
      programs: { listGrants: async () => grants as never },
      decisions: {
        list: async (scope, filter, limit, cursor) => {
          asked.push([filter, limit, cursor]);
          const first = Number(cursor ?? 0);
          const ofProgram = 'programId' in scope && scope.programId === 'prg_1' ? rows : [];
          const entries = ofProgram
            .slice(first, first + limit)
            .map(({ creditScore }, index) => ({ decisionId: `dec_${first + index}`, creditScore }));
          const cursorAfter = entries.length === limit ? String(first + limit) : undefined;
          return { entries: entries as never, cursor: cursorAfter };
        },
        get: async (_lender, _program, id) => {
          const row = rows[Number(id.slice(4))];
          const score = { modelVersion: 'pd-1', creditScore: row?.creditScore };
          return { input: { features: row?.features, score } } as never;
        },
      },
      reference,
      nowMs: () => Date.parse('2026-07-01T00:00:00Z'),
      windowDays: 30,
    });
    expect(drifts.map(({ programId, applicants: count }) => [programId, count])).toEqual([['prg_1', 250]]);
    expect(drifts[0]).toMatchObject(populationDrift(reference, rows));
    const from = { from: '2026-06-01T00:00:00.000Z' };
    expect(asked.slice(0, 3)).toEqual([
      [from, 100, undefined],
      [from, 100, '100'],
      [from, 100, '200'],
    ]);
  });
});
