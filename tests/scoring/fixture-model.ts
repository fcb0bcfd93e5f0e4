import { createHash, generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import {
  publicKeyHexOf,
  SIGNATURE_FILE,
  signManifest,
  type TrustedKey,
} from '../../shared/scoring/model-signature.ts';

/** Built by fixture/make_fixture.py: 6 features, 6 main terms, 2 interactions. */
export const FIXTURE_DIRECTORY = fileURLToPath(new URL('./fixture/model', import.meta.url));
export const FEATURES = 6;
export const TERMS = 8;

/** Even features go from 0 to 100 and more is safer; odd ones from −100 to 100 without direction. */
const features = Array.from({ length: FEATURES }, (_, index) => ({
  name: `feature_${index}`,
  minimum: index % 2 === 0 ? 0 : -100,
  maximum: 100,
}));

export const fixtureFeatureList: FeatureListFacts = {
  features,
  hash: sha256(
    features.map(({ name }, index) => `${name}|unit|${index % 2 === 0 ? 'decreasing' : 'none'}`).join('\n'),
  ),
};

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export type JsonObject = { [key: string]: JsonObject } & JsonObject[];

/** A copy of the fixture for `use` alone, removed afterwards. */
export async function withFixtureCopy(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'cunxin-model-'));
  try {
    await cp(FIXTURE_DIRECTORY, directory, { recursive: true });
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Rewrite a JSON file of a model folder; `rehash` brings the manifest's SHA-256 of it up to date. */
export async function editJson(
  directory: string,
  file: 'manifest' | 'shapes' | 'golden',
  edit: (content: JsonObject) => unknown,
  rehash = true,
): Promise<void> {
  const path = join(directory, `${file}.json`);
  const content: JsonObject = JSON.parse(await readFile(path, 'utf8'));
  edit(content);
  const text = JSON.stringify(content);
  await writeFile(path, text);
  if (!rehash || file === 'manifest') return;
  await editJson(directory, 'manifest', (manifest) =>
    Object.assign(manifest[file] ?? {}, { sha256: sha256(text) }),
  );
}

const { privateKey } = generateKeyPairSync('ed25519');
/** Made for this run alone: the fixture is signed by whoever tests it. */
export const fixtureSigningKey = privateKey;
export const fixtureTrustedKeys: readonly TrustedKey[] = [
  { publicKey: publicKeyHexOf(privateKey), owner: 'the tests' },
];

/** Sign a model folder as it stands. */
export async function signFolder(directory: string, key = fixtureSigningKey): Promise<void> {
  const manifest = await readFile(join(directory, 'manifest.json'));
  await writeFile(join(directory, SIGNATURE_FILE), signManifest(manifest, key));
}
