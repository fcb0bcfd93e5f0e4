import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkOutcomes, type JudgedModel, promotionBounds } from '../../../models/factory/check-promotion.ts';
import { type PromoteOptions, promote } from '../../../models/factory/promote.ts';
import type { Matrix } from '../../../models/factory/read-matrix.ts';
import { holdRegistry, replaceRegistry, withModelAt } from '../../../models/factory/registry-change.ts';
import { DomainError } from '../../../shared/domain/errors.ts';
import { loadScorer } from '../../../shared/scoring/load-scorer.ts';
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import {
  editJson,
  FIXTURE_DIRECTORY,
  fixtureFeatureList,
  fixtureTrustedKeys,
  signFolder,
} from '../../scoring/fixture-model.ts';
import { fixtureMatrix } from '../evaluation/fixture-matrix.ts';

const bounds = promotionBounds.parse({});
/** The fixture's shapes are drawn at random, so they follow no direction. */
const directions = fixtureFeatureList.features.map(({ name }) => ({ name, riskDirection: 'none' as const }));

let scorer: Scorer;
let matrix: Matrix;
beforeAll(async () => {
  scorer = await loadScorer({ directory: FIXTURE_DIRECTORY, featureList: fixtureFeatureList });
  matrix = await fixtureMatrix(scorer, 6_000);
});
afterAll(() => scorer.release());

let models: string;
beforeEach(async () => {
  models = await mkdtemp(join(tmpdir(), 'cunxin-promote-'));
  await writeFile(join(models, 'trusted-keys.json'), JSON.stringify({ keys: fixtureTrustedKeys }));
});
afterEach(() => rm(models, { recursive: true }));

async function folder(modelVersion: string): Promise<string> {
  const directory = join(models, 'pd', modelVersion);
  await cp(FIXTURE_DIRECTORY, directory, { recursive: true });
  await editJson(directory, 'manifest', (manifest) => Object.assign(manifest, { modelVersion }));
  await signFolder(directory);
  return directory;
}

const registryFile = () => join(models, 'registry.json');
const registry = async () => JSON.parse(await readFile(registryFile(), 'utf8'));
const versionsOf = (list: readonly { modelVersion: string }[]) =>
  list.map(({ modelVersion }) => modelVersion);

const promoted = (modelVersion: string, change: Partial<PromoteOptions> = {}) =>
  promote({
    directory: join(models, 'pd', modelVersion),
    path: `pd/${modelVersion}`,
    registryFile: registryFile(),
    stage: 'champion',
    featureList: fixtureFeatureList,
    features: directions,
    trustedKeys: fixtureTrustedKeys,
    outcomes: { matrix, sha256: 'a'.repeat(64) },
    bounds,
    ...change,
  });

async function codesOf(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => new Error('it was promoted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw error;
  return [...new Set(error.issues.map(({ code }) => code))];
}

describe('a promotion', () => {
  it('makes a first champion, then another, and keeps the one that gave way', async () => {
    await folder('pd-1');
    expect((await promoted('pd-1')).changes).toEqual(['pd-1: not registered → champion']);
    await folder('pd-2');
    const { changes, findings } = await promoted('pd-2');
    expect(changes).toEqual(['pd-2: not registered → champion', 'pd-1: champion → retired']);
    expect(findings.join('\n')).toMatch(/AUC \+0\.0000 .* against pd-1, worse with p = 1/);
    const { champion, retired } = await registry();
    expect([champion.modelVersion, champion.path, versionsOf(retired)]).toEqual([
      'pd-2',
      'pd/pd-2',
      ['pd-1'],
    ]);
  });

  it('changes nothing, not a byte, when it is made again', async () => {
    await folder('pd-1');
    await promoted('pd-1');
    const before = await readFile(registryFile(), 'utf8');
    expect((await promoted('pd-1')).changes).toEqual([]);
    expect(await readFile(registryFile(), 'utf8')).toBe(before);
    expect((await readdir(models)).sort()).toEqual(['pd', 'registry.json', 'trusted-keys.json']);
  });

  it('gives challengers and retired models their stages, and calls a former champion back without outcomes', async () => {
    for (const version of ['pd-1', 'pd-2', 'pd-3']) await folder(version);
    await promoted('pd-1');
    await promoted('pd-2');
    await promoted('pd-3', { stage: 'challenger', outcomes: null });
    expect(versionsOf((await registry()).challengers)).toEqual(['pd-3']);
    await promoted('pd-3', { stage: 'retired', outcomes: null });
    expect((await registry()).challengers).toEqual([]);
    const { changes } = await promoted('pd-1', { outcomes: null });
    expect(changes).toEqual(['pd-1: retired → champion', 'pd-2: champion → retired']);
  });

  it('refuses a champion without outcomes, and to leave no champion', async () => {
    await folder('pd-1');
    expect(await codesOf(promoted('pd-1', { outcomes: null }))).toEqual(['not_checked']);
    expect(await codesOf(promoted('pd-1', { stage: 'challenger' }))).toEqual(['no_champion']);
    await expect(readFile(registryFile())).rejects.toThrow();
  });

  it.each([
    ['not_signed', (directory: string) => rm(join(directory, 'manifest.sig'))],
    ['not_loadable', (directory: string) => writeFile(join(directory, 'model.onnx'), 'x')],
    [
      'parity_broken',
      async (directory: string) => {
        await editJson(directory, 'golden', ({ rows }) => Object.assign(rows?.[0] ?? {}, { logOdds: 9 }));
        await signFolder(directory);
      },
    ],
  ])('refuses a model that is %s', async (code, spoil) => {
    await spoil(await folder('pd-1'));
    expect(await codesOf(promoted('pd-1'))).toEqual([code]);
  });

  it('refuses a model that is not monotonic, even as a challenger', async () => {
    await folder('pd-1');
    const reversed = directions.map((feature) => ({ ...feature, riskDirection: 'increasing' as const }));
    expect(await codesOf(promoted('pd-1', { features: reversed }))).toEqual(['not_monotonic']);
    await promoted('pd-1');
    await folder('pd-2');
    const challenger = promoted('pd-2', { stage: 'challenger', features: reversed, outcomes: null });
    expect(await codesOf(challenger)).toEqual(['not_monotonic']);
  });

  it('is not blocked by a champion that cannot be loaded any more', async () => {
    for (const version of ['pd-1', 'pd-2']) await folder(version);
    await promoted('pd-1');
    await rm(join(models, 'pd', 'pd-1'), { recursive: true });
    const { findings, changes } = await promoted('pd-2');
    expect(findings.at(-1)).toMatch(/champion cannot be loaded/);
    expect(changes).toContain('pd-2: not registered → champion');
  });
});

describe('the outcomes a champion is held to', () => {
  const checked = async (change: Partial<Parameters<typeof checkOutcomes>[0]> = {}) => {
    const options = {
      candidate: scorer,
      champion: null,
      matrix,
      matrixSha256: 'a'.repeat(64),
      bounds,
      ...change,
    };
    const { refusals } = await checkOutcomes(options);
    return [...new Set(refusals.map(({ code }) => code))];
  };
  /** The fixture with its answers changed. */
  const answering = (answer: (said: number, row: number) => number): JudgedModel => ({
    manifest: scorer.manifest,
    model: scorer.model,
    scoreBlock: async (features, rows) => {
      const block = await scorer.scoreBlock(features, rows);
      return { ...block, probabilityOfDefault: block.probabilityOfDefault.map(answer) };
    },
  });

  it('pass a model whose probabilities they were drawn from', async () => {
    expect(await checked({ champion: scorer })).toEqual([]);
  });

  it('refuse a model that ranks worse than the champion', async () => {
    // Ranks half of the rows upside down, and is otherwise the same.
    const worse = answering((said, row) => (row % 2 === 0 ? said : 1 - said));
    const codes = await checked({ candidate: worse, champion: scorer });
    expect(codes).toContain('worse');
    expect(await checked({ candidate: scorer, champion: worse })).toEqual([]);
  });

  it('refuse a model whose log-odds are too steep, unless the bounds allow it', async () => {
    const flat = { matrix: await fixtureMatrix(scorer, 6_000, (logOdds) => logOdds / 2) };
    expect(await checked(flat)).toEqual(['uncalibrated']);
    const wide = promotionBounds.parse({ calibrationSlopeMin: 0.3, calibrationSlopeMax: 2 });
    expect(await checked({ ...flat, bounds: wide })).toEqual([]);
  });

  it('refuse a model that approves far fewer of one sex, and name the group', async () => {
    const { probabilityOfDefault } = await scorer.scoreBlock(matrix.features, matrix.rows);
    const sex = Array.from(probabilityOfDefault, (said, row) => (said > 0.1 && row % 3 > 0 ? 'F' : 'M'));
    const divided = { ...matrix, meta: new Map([['sex', sex]]) };
    const cut = promotionBounds.parse({ cutOff: 600 });
    const { refusals } = await checkOutcomes({
      candidate: scorer,
      champion: null,
      matrix: divided,
      matrixSha256: '',
      bounds: cut,
    });
    expect(new Set(refusals.map(({ field, code }) => `${field} ${code}`))).toEqual(new Set(['sex.F unfair']));
    expect(await checked({ matrix: divided, bounds: { ...cut, fairnessAttributes: [] } })).toEqual([]);
  });

  it('prove nothing when they are what it was trained on, or too few', async () => {
    expect(await checked({ matrixSha256: scorer.manifest.trainingData.sha256 })).toEqual([
      'trained_on_matrix',
    ]);
    const few = await fixtureMatrix(scorer, 60);
    expect(await checked({ matrix: few })).toEqual(['few_defaults']);
  });
});

describe('the registry', () => {
  it('is not overwritten when somebody has changed it since it was read', async () => {
    await folder('pd-1');
    await promoted('pd-1');
    const held = await holdRegistry(registryFile());
    const changed = `${held.text} `;
    await writeFile(registryFile(), changed);
    const other = { modelVersion: 'pd-9', path: 'pd/pd-9', sha256: 'b'.repeat(64) };
    const next = withModelAt(held.registry, other, 'challenger');
    await expect(replaceRegistry(registryFile(), held, next)).rejects.toMatchObject({
      code: 'version_conflict',
    });
    expect(await readFile(registryFile(), 'utf8')).toBe(changed);
  });
});
