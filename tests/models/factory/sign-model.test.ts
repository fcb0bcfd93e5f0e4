import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signModel } from '../../../models/factory/sign-model.ts';
import { createSigningKey, readSigningKey, trustKey } from '../../../models/factory/signing-key.ts';
import { loadScorer } from '../../../shared/scoring/load-scorer.ts';
import { fixtureFeatureList, withFixtureCopy } from '../../scoring/fixture-model.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-sign-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('a signing key', () => {
  it('is made once, is readable by its owner alone, and is never replaced', async () => {
    const file = join(directory, 'keys', 'key.pem');
    expect(await readSigningKey(file)).toBeUndefined();
    const key = await createSigningKey(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readSigningKey(file))?.equals(key)).toBe(true);
    await expect(createSigningKey(file)).rejects.toMatchObject({ issues: [{ code: 'exists' }] });
  });

  it('is refused when it is of another kind, without quoting it', async () => {
    const file = join(directory, 'rsa.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(readSigningKey(file)).rejects.toMatchObject({ issues: [{ code: 'not_a_key' }] });
  });

  it('is trusted once, by its public half', async () => {
    const file = join(directory, 'trusted-keys.json');
    const key = await createSigningKey(join(directory, 'key.pem'));
    const trusted = await trustKey(file, key, 'us');
    expect(await trustKey(file, key, 'somebody else')).toEqual(trusted);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ keys: [trusted] });
    expect(await readFile(file, 'utf8')).not.toContain('PRIVATE');
  });
});

describe('a model', () => {
  it('loads by the key it was signed with, and is not signed when it would be refused', async () => {
    const key = await createSigningKey(join(directory, 'key.pem'));
    const trusted = await trustKey(join(directory, 'trusted-keys.json'), key, 'us');
    await withFixtureCopy(async (model) => {
      await signModel(model, key, fixtureFeatureList);
      const options = { directory: model, featureList: fixtureFeatureList, trustedKeys: [trusted] };
      await (await loadScorer(options)).release();
      await writeFile(join(model, 'model.onnx'), 'x');
      await expect(signModel(model, key, fixtureFeatureList)).rejects.toMatchObject({
        code: 'model_rejected',
      });
    });
  });
});
