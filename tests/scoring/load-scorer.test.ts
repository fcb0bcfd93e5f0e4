import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { DomainError } from '../../shared/domain/errors.ts';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import { loadChallengers, loadChampion, loadScorer } from '../../shared/scoring/load-scorer.ts';
import {
  editJson,
  FIXTURE_DIRECTORY,
  fixtureFeatureList,
  fixtureTrustedKeys,
  sha256,
  signFolder,
  withFixtureCopy,
} from './fixture-model.ts';

async function refusal(load: Promise<unknown>): Promise<DomainError> {
  const error = await load.then(
    () => new Error('it was loaded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw error;
  expect(error.code).toBe('model_rejected');
  return error;
}

const fieldsOf = (error: DomainError) => error.issues.map((issue) => issue.field);

it('loads a model that is what its manifest says', async () => {
  const scorer = await loadScorer({ directory: FIXTURE_DIRECTORY, featureList: fixtureFeatureList });
  expect(scorer.model).toMatchObject({
    modelVersion: 'pd-fixture.1',
    modelSha256: sha256(await readFile(join(FIXTURE_DIRECTORY, 'model.onnx'))),
    featureListHash: fixtureFeatureList.hash,
  });
  await scorer.release();
});

describe('a model is refused, by the name of what does not match,', () => {
  const cases: { what: string; alter: (directory: string) => Promise<void>; field: string | RegExp }[] = [
    ...['model.onnx', 'shapes.json', 'golden.json'].flatMap((file) => [
      {
        what: `when a byte is added to ${file}`,
        alter: async (directory: string) => {
          const bytes = await readFile(join(directory, file));
          await writeFile(join(directory, file), Buffer.concat([bytes, Buffer.from('\n')]));
        },
        field: file,
      },
      {
        what: `when a bit of ${file} is flipped`,
        alter: async (directory: string) => {
          const bytes = await readFile(join(directory, file));
          bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
          await writeFile(join(directory, file), bytes);
        },
        field: file,
      },
      { what: `without ${file}`, alter: (directory: string) => rm(join(directory, file)), field: file },
    ]),
    {
      what: 'without a manifest',
      alter: (directory) => rm(join(directory, 'manifest.json')),
      field: 'manifest.json',
    },
    {
      what: 'when the manifest is not JSON',
      alter: (directory) => writeFile(join(directory, 'manifest.json'), '{'),
      field: 'manifest',
    },
    {
      what: 'when the manifest is of another schema',
      alter: (directory) => editJson(directory, 'manifest', (it) => Object.assign(it, { schemaVersion: 2 })),
      field: 'manifest.schemaVersion',
    },
    {
      what: 'when the manifest names a file outside its folder',
      alter: (directory) =>
        editJson(directory, 'manifest', (it) => Object.assign(it.onnx ?? {}, { file: '../model.onnx' })),
      field: 'manifest.onnx.file',
    },
    {
      what: 'when a feature was renamed',
      alter: (directory) =>
        editJson(directory, 'manifest', (it) => Object.assign(it.features ?? [], { 2: 'feature_x' })),
      field: 'manifest.features.2',
    },
    {
      what: 'when two features changed places',
      alter: (directory) => editJson(directory, 'manifest', (it) => it.features?.reverse()),
      field: 'manifest.features.0',
    },
    {
      what: 'when a feature is missing',
      alter: (directory) =>
        editJson(directory, 'manifest', (it) => {
          it.features?.pop();
          Object.assign(it, {
            terms: it.terms?.filter((term) => !JSON.stringify(term).includes('5')),
            referenceContributions: it.referenceContributions?.slice(1),
          });
        }),
      field: 'manifest.features.5',
    },
    {
      what: 'when the feature list has another hash: a unit or a direction changed',
      alter: (directory) =>
        editJson(directory, 'manifest', (it) => Object.assign(it, { featureListHash: '0'.repeat(64) })),
      field: 'manifest.featureListHash',
    },
    {
      what: 'when a reference contribution is missing',
      alter: (directory) => editJson(directory, 'manifest', (it) => it.referenceContributions?.pop()),
      field: 'manifest.referenceContributions',
    },
    {
      what: 'when a term points beyond the features',
      alter: (directory) =>
        editJson(directory, 'manifest', (it) => Object.assign(it.terms?.[3] ?? {}, { features: [6] })),
      field: 'manifest.terms.3.features',
    },
    {
      what: 'when the score scale leaves 350 to 950',
      alter: (directory) =>
        editJson(directory, 'manifest', (it) => Object.assign(it.scoreScale ?? {}, { maximum: 951 })),
      field: 'manifest.scoreScale.maximum',
    },
    {
      what: 'when there is a term too many for the ONNX',
      alter: async (directory) => {
        await editJson(directory, 'shapes', (it) => it.terms?.push(it.terms[0] as never));
        await editJson(directory, 'manifest', (it) => {
          it.terms?.push(it.terms[0] as never);
          it.referenceContributions?.push(0 as never);
        });
      },
      field: 'model.onnx.contributions',
    },
    {
      what: 'when a shape is missing',
      alter: (directory) => editJson(directory, 'shapes', (it) => it.terms?.pop()),
      field: 'shapes.terms',
    },
    {
      what: 'when a shape is of another feature',
      alter: (directory) =>
        editJson(directory, 'shapes', (it) => Object.assign(it.terms?.[1] ?? {}, { features: [0] })),
      field: 'shapes.terms.1.features',
    },
    {
      what: 'when a shape has a score too few',
      alter: (directory) => editJson(directory, 'shapes', (it) => it.terms?.[0]?.scores?.pop()),
      field: 'shapes.terms',
    },
    {
      what: 'when cuts do not rise',
      alter: (directory) => editJson(directory, 'shapes', (it) => it.terms?.[0]?.cuts?.[0]?.reverse()),
      field: /^shapes\.terms/,
    },
    {
      what: 'when a shape says other than the ONNX',
      alter: (directory) =>
        editJson(directory, 'shapes', (it) =>
          Object.assign(it.terms?.[0] ?? {}, {
            scores: it.terms?.[0]?.scores?.map((score) => Number(score) + 0.001),
          }),
        ),
      field: /^golden\.rows\.\d+\.contributions\.0$/,
    },
    {
      what: 'when the training code computed another PD',
      alter: (directory) =>
        editJson(directory, 'golden', (it) => {
          const row = it.rows?.[7];
          Object.assign(row ?? {}, { probabilityOfDefault: Number(row?.probabilityOfDefault) + 3e-6 });
        }),
      field: 'golden.rows.7.probabilityOfDefault',
    },
    {
      what: 'when the training code computed another contribution',
      alter: (directory) =>
        editJson(directory, 'golden', (it) => {
          const contributions = it.rows?.[9]?.contributions;
          Object.assign(contributions ?? [], { 4: Number(contributions?.[4]) + 2e-5 });
        }),
      field: 'golden.rows.9.contributions.4',
    },
    {
      what: 'when the intercept is not the one in the ONNX',
      alter: (directory) => editJson(directory, 'manifest', (it) => Object.assign(it, { intercept: -2.19 })),
      field: 'golden.rows.0.logOdds',
    },
    {
      what: 'when the golden vectors are too few to mean anything',
      alter: (directory) => editJson(directory, 'golden', (it) => it.rows?.splice(0, 30)),
      field: 'golden.rows',
    },
    {
      what: 'when the ONNX file is no ONNX',
      alter: async (directory) => {
        const bytes = 'not a model';
        await writeFile(join(directory, 'model.onnx'), bytes);
        await editJson(directory, 'manifest', (it) =>
          Object.assign(it.onnx ?? {}, { sha256: sha256(bytes) }),
        );
      },
      field: 'model.onnx',
    },
  ];

  test.each(cases)('$what', async ({ alter, field }) => {
    await withFixtureCopy(async (directory) => {
      await alter(directory);
      const error = await refusal(loadScorer({ directory, featureList: fixtureFeatureList }));
      const found = fieldsOf(error)[0] ?? '';
      if (typeof field === 'string') expect(found).toBe(field);
      else expect(found).toMatch(field);
    });
  });

  it('when this code computes a feature more', async () => {
    const featureList: FeatureListFacts = {
      ...fixtureFeatureList,
      features: [...fixtureFeatureList.features, { name: 'feature_6', minimum: 0, maximum: 1 }],
    };
    const error = await refusal(loadScorer({ directory: FIXTURE_DIRECTORY, featureList }));
    expect(fieldsOf(error)).toEqual(['manifest.features.6']);
  });
});

describe('the registry', () => {
  /** A registry beside a folder `pd` that holds the fixture. */
  async function withRegistry(
    champion: { modelVersion?: string; sha256?: string },
    use: (registryFile: string) => Promise<void>,
  ): Promise<void> {
    await withFixtureCopy(async (directory) => {
      await cp(FIXTURE_DIRECTORY, join(directory, 'pd'), { recursive: true });
      const registryFile = join(directory, 'registry.json');
      const manifest = await readFile(join(FIXTURE_DIRECTORY, 'manifest.json'));
      const named = { modelVersion: 'pd-fixture.1', path: 'pd', sha256: sha256(manifest), ...champion };
      await writeFile(registryFile, JSON.stringify({ champion: named }));
      await writeFile(join(directory, 'trusted-keys.json'), JSON.stringify({ keys: fixtureTrustedKeys }));
      await signFolder(join(directory, 'pd'));
      await use(registryFile);
    });
  }

  it('names the champion by folder, version and hash', async () => {
    await withRegistry({}, async (registryFile) => {
      const scorer = await loadChampion(registryFile, fixtureFeatureList);
      expect(scorer.manifest.modelVersion).toBe('pd-fixture.1');
      await scorer.release();
    });
  });

  it('does not accept a manifest with another hash', async () => {
    await withRegistry({ sha256: '0'.repeat(64) }, async (registryFile) => {
      expect(fieldsOf(await refusal(loadChampion(registryFile, fixtureFeatureList)))).toEqual([
        'manifest.json',
      ]);
    });
  });

  it('does not accept another version', async () => {
    await withRegistry({ modelVersion: 'pd-2' }, async (registryFile) => {
      expect(fieldsOf(await refusal(loadChampion(registryFile, fixtureFeatureList)))).toEqual([
        'registry.champion.modelVersion',
      ]);
    });
  });

  it('decides nothing unsigned', async () => {
    await withRegistry({}, async (registryFile) => {
      await rm(join(registryFile, '../pd/manifest.sig'));
      expect(fieldsOf(await refusal(loadChampion(registryFile, fixtureFeatureList)))).toEqual([
        'manifest.sig',
      ]);
    });
  });

  it('loads challengers as strictly as the champion', async () => {
    await withRegistry({}, async (registryFile) => {
      const { champion } = JSON.parse(await readFile(registryFile, 'utf8'));
      await writeFile(registryFile, JSON.stringify({ champion, challengers: [champion, champion] }));
      const challengers = await loadChallengers(registryFile, fixtureFeatureList);
      expect(challengers.map(({ manifest }) => manifest.modelVersion)).toEqual([
        'pd-fixture.1',
        'pd-fixture.1',
      ]);
      for (const challenger of challengers) await challenger.release();
      const other = { ...champion, modelVersion: 'pd-2' };
      await writeFile(registryFile, JSON.stringify({ champion, challengers: [champion, other] }));
      expect(fieldsOf(await refusal(loadChallengers(registryFile, fixtureFeatureList)))).toEqual([
        'registry.challengers.1.modelVersion',
      ]);
    });
  });
});
