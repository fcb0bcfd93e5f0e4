import { generateKeyPairSync } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DomainError } from '../../shared/domain/errors.ts';
import { loadScorer } from '../../shared/scoring/load-scorer.ts';
import {
  publicKeyHexOf,
  signingKeyId,
  signManifest,
  trustedKeysSchema,
  verifyManifest,
} from '../../shared/scoring/model-signature.ts';
import {
  editJson,
  FIXTURE_DIRECTORY,
  fixtureFeatureList,
  fixtureSigningKey,
  fixtureTrustedKeys,
  sha256,
  signFolder,
  withFixtureCopy,
} from './fixture-model.ts';

const manifest = new TextEncoder().encode('{"a":1}\n');

describe('a signature', () => {
  it('is valid for exactly the bytes that were signed, by a key that is trusted', () => {
    const text = signManifest(manifest, fixtureSigningKey);
    expect(verifyManifest(manifest, text, fixtureTrustedKeys)).toEqual({
      kind: 'valid',
      key: fixtureTrustedKeys[0],
    });
    expect(verifyManifest(Uint8Array.of(...manifest, 32), text, fixtureTrustedKeys)).toEqual({
      kind: 'wrong',
    });
    expect(verifyManifest(manifest, text, []).kind).toBe('unknown_key');
  });

  it('is the same each time, so that training to the byte includes it', () => {
    expect(signManifest(manifest, fixtureSigningKey)).toBe(signManifest(manifest, fixtureSigningKey));
  });

  it('is not one when a single character of it is another', () => {
    const text = signManifest(manifest, fixtureSigningKey);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (place, code) => {
        const mutated = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
        fc.pre(mutated !== text);
        expect(verifyManifest(manifest, mutated, fixtureTrustedKeys).kind).not.toBe('valid');
      }),
    );
  });

  it('of another key that claims to be the trusted one is wrong', () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    const trusted = signingKeyId(fixtureTrustedKeys[0]?.publicKey ?? '');
    const forged = signManifest(manifest, other).replace(signingKeyId(publicKeyHexOf(other)), trusted);
    expect(verifyManifest(manifest, forged, fixtureTrustedKeys)).toEqual({ kind: 'wrong' });
  });

  it('is made and checked with Ed25519 keys alone', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => signManifest(manifest, privateKey)).toThrow(RangeError);
    expect(trustedKeysSchema.safeParse({ keys: [{ publicKey: 'ab', owner: 'x' }] }).success).toBe(false);
  });
});

describe('a model folder', () => {
  afterEach(() => void vi.restoreAllMocks());

  const load = (directory: string) =>
    loadScorer({ directory, featureList: fixtureFeatureList, trustedKeys: fixtureTrustedKeys });

  it('is loaded when it is signed', async () => {
    await withFixtureCopy(async (directory) => {
      await signFolder(directory);
      await (await load(directory)).release();
    });
  });

  it('is refused when its files were changed and rehashed, but not signed again', async () => {
    await withFixtureCopy(async (directory) => {
      await signFolder(directory);
      await editJson(directory, 'golden', (golden) => golden);
      await expect(load(directory)).rejects.toMatchObject({
        code: 'model_rejected',
        issues: [{ field: 'manifest.sig', code: 'wrong' }],
      });
    });
  });

  it('is refused in each of 400 mutations, before a byte reaches the runtime', async () => {
    const create = vi.spyOn(InferenceSession, 'create');
    await withFixtureCopy(async (directory) => {
      await signFolder(directory);
      const files = (await readdir(directory)).sort();
      const originals = new Map<string, Buffer>();
      for (const file of files) originals.set(file, await readFile(join(directory, file)));
      const mutations = fc.sample(mutationOf(files), { numRuns: 400, seed: 2026 });
      let refused = 0;
      for (const { file, ...mutation } of mutations) {
        const original = originals.get(file) ?? Buffer.alloc(0);
        const mutated = mutate(original, mutation);
        expect(sha256(mutated)).not.toBe(sha256(original));
        await writeFile(join(directory, file), mutated);
        await expect(load(directory), `${file} ${JSON.stringify(mutation)}`).rejects.toBeInstanceOf(
          DomainError,
        );
        refused += 1;
        await writeFile(join(directory, file), original);
      }
      expect(refused).toBe(400);
      expect(create).not.toHaveBeenCalled();
      await (await load(directory)).release();
      expect(create).toHaveBeenCalledOnce();
    });
  });

  it('is refused when files of another signed model are put in its place', async () => {
    await withFixtureCopy(async (directory) => {
      await withFixtureCopy(async (other) => {
        await editJson(other, 'manifest', (content) =>
          Object.assign(content, { modelVersion: 'pd-fixture.2' }),
        );
        await editJson(other, 'golden', (content) => content);
        await signFolder(other);
        await signFolder(directory);
        await cp(join(other, 'golden.json'), join(directory, 'golden.json'));
        await expect(load(directory)).rejects.toMatchObject({
          issues: [{ field: 'golden.json', code: 'sha256' }],
        });
        await cp(join(FIXTURE_DIRECTORY, 'golden.json'), join(directory, 'golden.json'));
        await cp(join(other, 'manifest.sig'), join(directory, 'manifest.sig'));
        await expect(load(directory)).rejects.toMatchObject({
          issues: [{ field: 'manifest.sig', code: 'wrong' }],
        });
      });
    });
  });
});

type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'truncate' | 'append' | 'insert' | 'drop'; readonly at: number };

const mutationOf = (files: readonly string[]) =>
  fc.record({
    file: fc.constantFrom(...files),
    kind: fc.constantFrom('flip', 'truncate', 'append', 'insert', 'drop'),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    bit: fc.nat(7),
  }) as fc.Arbitrary<Mutation & { readonly file: string }>;

/** `at` is a share of the file's length. */
function mutate(original: Buffer, mutation: Mutation): Buffer {
  const at = Math.floor(mutation.at * original.length);
  switch (mutation.kind) {
    case 'flip': {
      const flipped = Buffer.from(original);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << mutation.bit);
      return flipped;
    }
    case 'truncate':
      return original.subarray(0, at);
    case 'append':
      return Buffer.concat([original, Buffer.of(10)]);
    case 'insert':
      return Buffer.concat([original.subarray(0, at), Buffer.of(0x20), original.subarray(at)]);
    case 'drop':
      return Buffer.concat([original.subarray(0, at), original.subarray(at + 1)]);
  }
}
