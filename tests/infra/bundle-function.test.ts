import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../infra/app.ts';
import {
  bundleFunction,
  type FunctionBundle,
  filesOf,
  zipBytes,
} from '../../infra/constructs/bundle-function.ts';
import { deployedFunctions } from '../../infra/stacks/functions.ts';
import { writeRegistry } from './model-registry.ts';

const scores = 'tests/infra/fixtures/scores.ts';
const answers = 'tests/infra/fixtures/answers.ts';
const lambda = { platform: 'linux', architecture: 'arm64' } as const;

let directory: string;
let modelsDirectory: string;
let scoring: FunctionBundle;

beforeAll(async () => {
  // Outside the repository, so that nothing a bundle lacks can be found in the repository's node_modules.
  directory = await mkdtemp(join(tmpdir(), 'cunxin-bundle-'));
  modelsDirectory = join(directory, 'models');
  await writeRegistry(modelsDirectory);
  scoring = await bundleFunction({
    name: 'scoring',
    entry: scores,
    outDirectory: join(directory, 'out'),
    onnx: true,
    modelsDirectory,
    ...lambda,
  });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('a bundled function that scores', () => {
  it("carries one platform's binaries of ONNX Runtime and no other's", async () => {
    const binaries = (await filesOf(scoring.directory))
      .map(({ path }) => path)
      .filter((path) => path.includes('/bin/'))
      .sort();
    expect(binaries).toEqual([
      'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/onnxruntime_binding.node',
    ]);
  });

  const modelsOf = async (bundle: FunctionBundle) =>
    (await filesOf(bundle.directory))
      .map(({ path }) => path)
      .filter((path) => path.startsWith('models/'))
      .sort();

  it('carries the registry, the keys it trusts and the champion, not the challengers', async () => {
    expect(await modelsOf(scoring)).toEqual([
      'models/pd/champion-1/model.onnx',
      'models/registry.json',
      'models/trusted-keys.json',
    ]);
  });

  it('carries the challengers, not the champion, where it scores in the shadow', async () => {
    const shadow = await bundleFunction({
      name: 'shadow-scoring',
      entry: scores,
      outDirectory: join(directory, 'out'),
      onnx: true,
      modelStage: 'challengers',
      modelsDirectory,
      ...lambda,
    });
    expect(await modelsOf(shadow)).toEqual([
      'models/pd/challenger-2/model.onnx',
      'models/registry.json',
      'models/trusted-keys.json',
    ]);
  });

  it('fits the 250 MB that Lambda unpacks, and its zip is smaller than it', async () => {
    const zipped = await zipBytes(scoring.directory);
    expect(scoring.bytes).toBeLessThan(60e6);
    expect(zipped).toBeGreaterThan(5e6);
    expect(zipped).toBeLessThan(scoring.bytes);
  });

  it('runs by itself, and its errors keep their names', async () => {
    const { platform, arch } = process;
    if (platform !== 'linux' && platform !== 'darwin' && platform !== 'win32') throw new Error(platform);
    const here = await bundleFunction({
      name: 'here',
      entry: scores,
      outDirectory: join(directory, 'out'),
      onnx: true,
      modelsDirectory,
      platform,
      architecture: arch === 'arm64' ? 'arm64' : 'x64',
    });
    const module = pathToFileURL(join(here.directory, 'index.mjs')).href;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { handler } = await import(${JSON.stringify(module)}); console.log(JSON.stringify(await handler()));`,
      ],
      { cwd: here.directory },
    );
    expect(JSON.parse(stdout)).toEqual({ session: 'function', sum: 2, errorName: 'LedgerRefused' });
  });
});

describe('the deployed functions', () => {
  it('are all bundled, with ONNX Runtime only where one scores and models only where they are read', async () => {
    const bundles = await bundleFunctions({ outDirectory: join(directory, 'deployed'), modelsDirectory });
    expect(Object.keys(bundles).sort()).toEqual(Object.keys(deployedFunctions).sort());
    for (const [name, where] of Object.entries(bundles)) {
      const paths = (await filesOf(where)).map(({ path }) => path);
      expect(paths, name).toContain('index.mjs');
      const carries = (what: RegExp) => paths.some((path) => what.test(path));
      expect(carries(/onnxruntime/), name).toBe(['applications', 'shadow'].includes(name));
      expect(carries(/^models\/registry/), name).toBe(['applications', 'shadow', 'drift'].includes(name));
      expect(carries(/^models\/pd\/champion/), name).toBe(['applications', 'drift'].includes(name));
      expect(carries(/^models\/pd\/challenger/), name).toBe(name === 'shadow');
    }
  });
});

describe('bundling', () => {
  it('gives the same bytes twice', async () => {
    const bundle = (name: string) =>
      bundleFunction({ name, entry: answers, outDirectory: join(directory, name), onnx: false, ...lambda });
    const [first, second] = await Promise.all([bundle('first'), bundle('second')]);
    const read = ({ directory: where }: FunctionBundle) => readFile(join(where, 'index.mjs'), 'utf8');
    expect(await read(first)).toBe(await read(second));
    expect(first.bytes).toBe(second.bytes);
  });

  it('leaves nothing behind of the bundle before', async () => {
    const options = { name: 'again', outDirectory: join(directory, 'out'), modelsDirectory, ...lambda };
    await bundleFunction({ ...options, entry: scores, onnx: true });
    const { directory: where } = await bundleFunction({ ...options, entry: answers, onnx: false });
    expect((await filesOf(where)).map(({ path }) => path).sort()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  it('refuses a function that scores without carrying ONNX Runtime', async () => {
    await expect(
      bundleFunction({ name: 'bare', entry: scores, outDirectory: directory, onnx: false, ...lambda }),
    ).rejects.toThrow('function bare imports onnxruntime-node but is bundled without it');
  });

  it('refuses a function that carries ONNX Runtime without scoring', async () => {
    await expect(
      bundleFunction({
        name: 'heavy',
        entry: answers,
        outDirectory: directory,
        onnx: true,
        modelsDirectory,
        ...lambda,
      }),
    ).rejects.toThrow('function heavy is bundled with ONNX Runtime but never imports it');
  });

  it('says which module cannot be resolved', async () => {
    await expect(
      bundleFunction({
        name: 'absent',
        entry: 'tests/infra/fixtures/absent.ts',
        outDirectory: directory,
        onnx: false,
        ...lambda,
      }),
    ).rejects.toThrow('absent.ts');
  });
});
