import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** Beside manifest.json in a model folder. One line: `ed25519 <key id> <signature in hex>`. */
export const SIGNATURE_FILE = 'manifest.sig';
/** Beside registry.json: whose signature a model must bear. Never written by a command that also promotes. */
export const TRUSTED_KEYS_FILE = 'trusted-keys.json';

const PUBLIC_KEY_BYTES = 32;

export const trustedKeysSchema = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        /** The raw Ed25519 public key in hex. */
        publicKey: z.string().regex(/^[0-9a-f]{64}$/, 'must be a raw Ed25519 public key in hex'),
        /** Who signs with it. */
        owner: z.string().min(1).max(120),
      }),
    )
    .max(16),
});
export type TrustedKey = z.output<typeof trustedKeysSchema>['keys'][number];

/** First 16 hex digits of SHA-256 of the raw public key. */
export function signingKeyId(publicKeyHex: string): string {
  return createHash('sha256').update(Buffer.from(publicKeyHex, 'hex')).digest('hex').slice(0, 16);
}

/** The raw public half, in hex, of an Ed25519 key. Raises RangeError on a key of another kind. */
export function publicKeyHexOf(key: KeyObject): string {
  if (key.asymmetricKeyType !== 'ed25519') throw new RangeError('must be an Ed25519 key');
  const spki = createPublicKey(
    key.type === 'private'
      ? key.export({ type: 'pkcs8', format: 'pem' })
      : key.export({ type: 'spki', format: 'pem' }),
  );
  return spki.export({ type: 'spki', format: 'der' }).subarray(-PUBLIC_KEY_BYTES).toString('hex');
}

/** The signature file's text for a manifest's bytes. Deterministic (RFC 8032): signing again gives the same bytes. */
export function signManifest(manifest: Uint8Array, privateKey: KeyObject): string {
  const keyId = signingKeyId(publicKeyHexOf(privateKey));
  return `ed25519 ${keyId} ${sign(null, signedBytes(manifest), privateKey).toString('hex')}\n`;
}

export type SignatureVerdict =
  | { readonly kind: 'valid'; readonly key: TrustedKey }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'unknown_key'; readonly keyId: string }
  | { readonly kind: 'wrong' };

/** Whether a signature file's text is a trusted key's signature of exactly these bytes. */
export function verifyManifest(
  manifest: Uint8Array,
  signatureText: string,
  trustedKeys: readonly TrustedKey[],
): SignatureVerdict {
  const match = /^ed25519 ([0-9a-f]{16}) ([0-9a-f]{128})\n$/.exec(signatureText);
  const [, keyId, signature] = match ?? [];
  if (keyId === undefined || signature === undefined) return { kind: 'malformed' };
  const key = trustedKeys.find(({ publicKey }) => signingKeyId(publicKey) === keyId);
  if (key === undefined) return { kind: 'unknown_key', keyId };
  const isValid = verify(
    null,
    signedBytes(manifest),
    publicKeyOf(key.publicKey),
    Buffer.from(signature, 'hex'),
  );
  return isValid ? { kind: 'valid', key } : { kind: 'wrong' };
}

/** What is signed says what it is, so a signature made for anything else is never one of a model. */
const CONTEXT = Buffer.from('cunxin model manifest v1\n');
const signedBytes = (manifest: Uint8Array) => Buffer.concat([CONTEXT, manifest]);

function publicKeyOf(hex: string): KeyObject {
  return createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') },
  });
}
