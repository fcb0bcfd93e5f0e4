import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluateModel } from '../../../models/evaluation/evaluate-model.ts';
import { loadEvaluatedModel } from '../../../models/evaluation/load-evaluated-model.ts';
import { reportPage } from '../../../models/evaluation/report/report-page.ts';
import { promotionBounds } from '../../../models/factory/check-promotion.ts';
import {
  type ClassifierFolderOptions,
  writeClassifierFolder,
} from '../../../models/factory/classifier-folder.ts';
import { readExpected, writeInputs } from '../../../models/factory/expected-probabilities.ts';
import { goldenInputs } from '../../../models/factory/golden-inputs.ts';
import { type PromoteOptions, promote } from '../../../models/factory/promote.ts';
import { DomainError } from '../../../shared/domain/errors.ts';
import { ClassifierScorer } from '../../../shared/scoring/classifier-scorer.ts';
import { loadChallengers, loadChampion, loadModel } from '../../../shared/scoring/load-scorer.ts';
import { classifierFile, classifierMatrix } from '../../scoring/classifier-fixture.ts';
import {
  FEATURES,
  FIXTURE_DIRECTORY,
  fixtureFeatureList,
  fixtureTrustedKeys,
  sha256,
  signFolder,
} from '../../scoring/fixture-model.ts';

const names = fixtureFeatureList.features.map(({ name }) => name);
const training = { matrix: classifierMatrix(1_200), sha256: 'a'.repeat(64) };
const makes = ['lightgbm', 'xgboost', 'scikit-learn'];

let models: string;
beforeEach(async () => {
  models = await mkdtemp(join(tmpdir(), 'cunxin-register-'));
  await writeFile(join(models, 'trusted-keys.json'), JSON.stringify({ keys: fixtureTrustedKeys }));
  await cp(FIXTURE_DIRECTORY, join(models, 'pd', 'champion'), { recursive: true });
  await signFolder(join(models, 'pd', 'champion'));
  const manifest = await readFile(join(models, 'pd', 'champion', 'manifest.json'));
  const champion = { modelVersion: 'pd-fixture.1', path: 'pd/champion', sha256: sha256(manifest) };
  await writeFile(registryFile(), JSON.stringify({ champion }));
});
afterEach(() => rm(models, { recursive: true }));

const registryFile = () => join(models, 'registry.json');
const folderOf = (make: string) => join(models, 'pd', make);

async function written(make: string, change: Partial<ClassifierFolderOptions> = {}) {
  return writeClassifierFolder({
    directory: folderOf(make),
    modelVersion: make,
    onnx: await readFile(classifierFile(`${make}.onnx`)),
    tensors: { defaultColumn: 1 },
    featureList: fixtureFeatureList,
    training,
    calibration: null,
    expected: await readExpected(classifierFile(`${make}.csv`), names),
    tolerance: 1e-6,
    scoreScale: { minimum: 350, maximum: 950, pointsToDoubleOdds: 40, anchorScore: 650, anchorOdds: 20 },
    source: 'the tests',
    madeWith: make,
    ...change,
  });
}

const promoted = (make: string, change: Partial<PromoteOptions> = {}) =>
  promote({
    directory: folderOf(make),
    path: `pd/${make}`,
    registryFile: registryFile(),
    stage: 'challenger',
    featureList: fixtureFeatureList,
    features: names.map((name) => ({ name, riskDirection: 'none' })),
    trustedKeys: fixtureTrustedKeys,
    outcomes: null,
    bounds: promotionBounds.parse({}),
    ...change,
  });

async function loaded(make: string): Promise<ClassifierScorer> {
  const model = await loadModel({ directory: folderOf(make), featureList: fixtureFeatureList });
  if (model instanceof ClassifierScorer) return model;
  throw new Error('no classifier');
}

async function issuesOf(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => new Error('it was done'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw error;
  return error.issues.map(({ field, code }) => `${field} ${code}`);
}

describe('a classifier of another make', () => {
  it.each(makes)('challenges: %s', async (make) => {
    const manifest = await written(make);
    expect(manifest).toMatchObject({
      kind: 'onnx-classifier',
      onnx: { input: 'features', output: 'probabilities', defaultColumn: 1 },
      golden: { source: 'given' },
      missing: { required: [] },
      reasons: { method: 'baseline substitution' },
    });
    await signFolder(folderOf(make));
    expect((await promoted(make)).changes).toEqual([`${make}: not registered → challenger`]);
    const [challenger] = await loadChallengers(registryFile(), fixtureFeatureList);
    expect(challenger?.manifest.modelVersion).toBe(make);
    await challenger?.release();
  });

  it.each(makes)('gives reasons that add up, with what they leave over: %s', async (make) => {
    await written(make);
    const scorer = await loaded(make);
    const reference = scorer.manifest.reasons.reference.map((value) => value ?? Number.NaN);
    const { matrix } = training;
    let remainders = 0;
    for (let row = 0; row < 40; row += 1) {
      const features = matrix.features.slice(row * FEATURES, (row + 1) * FEATURES);
      const score = await scorer.scoreOne(features);
      const explained = score.contributions.reduce((sum, value) => sum + value, score.referenceLogOdds);
      expect(explained + score.remainder).toBeCloseTo(score.logOdds, 10);
      expect(1 / (1 + Math.exp(-score.logOdds))).toBeCloseTo(score.probabilityOfDefault, 10);
      for (const [place, contribution] of score.contributions.entries()) {
        const without = await scorer.scoreOne(features.with(place, reference[place] ?? Number.NaN));
        expect(score.logOdds - without.logOdds).toBeCloseTo(contribution, 6);
      }
      remainders += Math.abs(score.remainder);
    }
    // A logistic regression has no interactions; boosted trees do, and here the outcomes have one.
    if (make === 'scikit-learn') expect(remainders / 40).toBeLessThan(1e-5);
    else expect(remainders / 40).toBeGreaterThan(0.01);
    await scorer.release();
  });

  it('explains nothing of an applicant who is the reference', async () => {
    await written('lightgbm');
    const scorer = await loaded('lightgbm');
    const { reference, referenceLogOdds } = scorer.manifest.reasons;
    const score = await scorer.scoreOne(Float32Array.from(reference, (value) => value ?? Number.NaN));
    expect([...score.contributions]).toEqual(Array.from({ length: FEATURES }, () => 0));
    expect(score.logOdds).toBeCloseTo(referenceLogOdds, 6);
    await scorer.release();
  });

  it('answers a block as it answers one by one, and refuses what any model refuses', async () => {
    await written('xgboost');
    const scorer = await loaded('xgboost');
    const features = training.matrix.features.slice(0, 50 * FEATURES);
    const { probabilityOfDefault } = await scorer.scoreBlock(features, 50);
    for (const [row, probability] of probabilityOfDefault.entries()) {
      const alone = await scorer.scoreOne(features.slice(row * FEATURES, (row + 1) * FEATURES));
      expect(alone.probabilityOfDefault).toBeCloseTo(probability, 6);
    }
    for (const wrong of [Number.POSITIVE_INFINITY, 101]) {
      expect(await issuesOf(scorer.scoreOne(features.slice(0, FEATURES).with(2, wrong)))).toHaveLength(1);
    }
    await scorer.release();
  });

  it('never decides: neither promotion nor a registry makes it the champion', async () => {
    await written('lightgbm');
    await signFolder(folderOf('lightgbm'));
    const outcomes = { matrix: classifierMatrix(800, { seed: 2 }), sha256: 'b'.repeat(64) };
    const before = await readFile(registryFile(), 'utf8');
    expect(await issuesOf(promoted('lightgbm', { stage: 'champion', outcomes }))).toEqual([
      'manifest.kind challenger_only',
    ]);
    expect(await readFile(registryFile(), 'utf8')).toBe(before);
    const manifest = await readFile(join(folderOf('lightgbm'), 'manifest.json'));
    const champion = { modelVersion: 'lightgbm', path: 'pd/lightgbm', sha256: sha256(manifest) };
    await writeFile(registryFile(), JSON.stringify({ champion }));
    expect(await issuesOf(loadChampion(registryFile(), fixtureFeatureList))).toEqual([
      'manifest.kind challenger_only',
    ]);
  });

  it('has a line through its log-odds fitted on other outcomes, when asked', async () => {
    const steep = { matrix: classifierMatrix(3_000, { seed: 3, steep: 2 }), sha256: 'b'.repeat(64) };
    const { calibration } = await written('lightgbm', { calibration: steep });
    expect(calibration.slope).toBeGreaterThan(1.3);
    const scorer = await loaded('lightgbm');
    const { probabilityOfDefault } = await scorer.scoreBlock(steep.matrix.features, steep.matrix.rows);
    const mean = probabilityOfDefault.reduce((sum, value) => sum + value, 0) / steep.matrix.rows;
    const rate = steep.matrix.labels.reduce((sum, value) => sum + value, 0) / steep.matrix.rows;
    expect(mean).toBeCloseTo(rate, 4);
    await scorer.release();
    await rm(folderOf('lightgbm'), { recursive: true });
    const same = written('lightgbm', { calibration: training });
    expect(await issuesOf(same)).toEqual(['calibration-matrix trained_on_matrix']);
  });

  it('says so when its golden answers are its own', async () => {
    const { golden } = await written('xgboost', { expected: null });
    expect(golden.source).toBe('runtime');
    await (await loaded('xgboost')).release();
  });

  it('has a report, which says how much its reasons leave over', async () => {
    await written('xgboost');
    const { scorer, shapes } = await loadEvaluatedModel(folderOf('xgboost'), fixtureFeatureList, []);
    const matrix = classifierMatrix(900, { seed: 4 });
    const evaluation = await evaluateModel({ scorer, shapes, matrix, cutOff: 560, seed: 7 });
    expect(evaluation.substitution?.remainder).toBeGreaterThan(0.01);
    const page = reportPage(evaluation, { matrixName: 'm', signedBy: null, isTrainingMatrix: false });
    expect(page).toContain('Unexplained remainder');
    expect(page).toContain('does not know how sure it is');
    await scorer.release();
  });
});

describe('a model that does not impute', () => {
  it('is refused when its rows lack what it needs, and by the feature', async () => {
    const refused = await issuesOf(written('needy', { expected: null }));
    expect(refused).toEqual(['feature_0 no_answer']);
    expect(await readdir(join(models, 'pd'))).toEqual(['champion']);
  });

  it('is registered on rows that lack nothing, and refuses an applicant who does', async () => {
    const matrix = classifierMatrix(600, { missing: 0 });
    const { missing } = await written('needy', { training: { matrix, sha256: 'c'.repeat(64) } });
    expect(missing.required).toEqual(names);
    const scorer = await loaded('needy');
    const gap = matrix.features.slice(0, FEATURES).with(4, Number.NaN);
    await expect(scorer.scoreOne(gap)).rejects.toMatchObject({
      code: 'invalid_feature',
      issues: [{ field: 'feature_4', code: 'missing' }],
    });
    await scorer.release();
  });
});

describe('a classifier is refused', () => {
  const bytesOf = (name: string) => readFile(classifierFile(name));
  const cases: { why: string; change: () => Promise<Partial<ClassifierFolderOptions>>; issue: string }[] = [
    {
      why: 'when its probabilities are maps',
      change: async () => ({ onnx: await bytesOf('zipmap.onnx') }),
      issue: 'model.onnx.probabilities zipmap',
    },
    {
      why: 'when it is no ONNX',
      change: async () => ({ onnx: Buffer.from('a pickle') }),
      issue: 'model.onnx not_loadable',
    },
    {
      why: 'when the output that is named is not there',
      change: async () => ({ tensors: { output: 'score', defaultColumn: 1 } }),
      issue: 'model.onnx.score missing',
    },
    {
      why: 'when the output that is named is its label',
      change: async () => ({ tensors: { output: 'label', defaultColumn: 1 } }),
      issue: 'model.onnx.label mismatch',
    },
    {
      why: 'when it was trained on other features',
      change: async () => ({
        featureList: { ...fixtureFeatureList, features: fixtureFeatureList.features.slice(1) },
      }),
      issue: 'model.onnx.features mismatch',
    },
    {
      why: 'when the column is that of repayment',
      change: async () => ({ tensors: { defaultColumn: 0 } }),
      issue: 'default-column wrong_column',
    },
    {
      why: 'when there is a model of that version',
      change: async () => ({ directory: folderOf('champion') }),
      issue: 'version exists',
    },
  ];
  it.each(cases)('$why', async ({ change, issue }) => {
    expect(await issuesOf(written('lightgbm', await change()))).toEqual([issue]);
    expect(await readdir(join(models, 'pd'))).toEqual(['champion']);
  });

  it('when it answers otherwise than where it was made', async () => {
    await written('lightgbm', { expected: await readExpected(classifierFile('xgboost.csv'), names) });
    const [issue] = await issuesOf(loaded('lightgbm'));
    expect(issue).toBe('golden.rows.0.probability parity');
  });

  it('when any of its files was changed after it was signed', async () => {
    await written('scikit-learn');
    const directory = folderOf('scikit-learn');
    await signFolder(directory);
    const files = (await readdir(directory)).sort();
    const place = fc.record({
      file: fc.constantFrom(...files),
      share: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    for (const { file, share } of fc.sample(place, { numRuns: 100, seed: 2026 })) {
      const path = join(directory, file);
      const bytes = await readFile(path);
      const changed = Buffer.from(bytes);
      const at = Math.floor(share * bytes.length);
      changed.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await writeFile(path, changed);
      const load = loadModel({ directory, featureList: fixtureFeatureList, trustedKeys: fixtureTrustedKeys });
      await expect(load, `${file} at ${at}`).rejects.toBeInstanceOf(DomainError);
      await writeFile(path, bytes);
    }
  });
});

describe('expected answers', () => {
  it('are read back from the inputs that were written for the maker to score', async () => {
    const file = join(models, 'inputs.csv');
    const inputs = goldenInputs(training.matrix, new Set([1]));
    await writeInputs(file, names, inputs);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const [head = '', ...rows] = lines;
    const scored = [`${head},probability_of_default`, ...rows.map((row) => `${row},0.25`)];
    await writeFile(file, `${scored.join('\n')}\n`);
    const expected = await readExpected(file, names);
    expect(expected.map(({ features }) => features.map((value) => value ?? Number.NaN))).toEqual(inputs);
    expect(expected.every(({ probability, features }) => probability === 0.25 && features[1] !== null)).toBe(
      true,
    );
  });

  it.each([
    ['few rows', (text: string) => text.split('\n').slice(0, 20).join('\n'), 'x.csv few_rows'],
    [
      'a column too many',
      (text: string) => text.replace('feature_5', 'feature_9'),
      'x.csv:1.feature_5 missing_column',
    ],
    [
      'a value beyond float32',
      (text: string) => text.replace('89.0', '89.1'),
      'x.csv:3.feature_0 not_float32',
    ],
    [
      'no probability',
      (text: string) => text.replace('0.37133047436901523', '1.2'),
      /^x.csv:2.probability_of_default/,
    ],
  ])('are refused with %s', async (_, spoil, issue) => {
    const file = join(models, 'x.csv');
    await writeFile(file, spoil(await readFile(classifierFile('lightgbm.csv'), 'utf8')));
    const [found] = await issuesOf(readExpected(file, names));
    if (typeof issue === 'string') expect(found).toBe(issue);
    else expect(found).toMatch(issue);
  });
});
