import { userInfo } from 'node:os';
import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';
import { signingKeyId } from '../../shared/scoring/model-signature.ts';
import { commandOptions, runCommand } from './command-line.ts';
import { modelFolderOf, ourFeatureList, trustedKeysFile } from './model-folders.ts';
import { signModel } from './sign-model.ts';
import { createSigningKey, readSigningKey, signingKeyFileOf, trustKey } from './signing-key.ts';

const usage = `npm run sign -- VERSION                  sign models/pd/VERSION (or a folder) with this machine's key
npm run sign -- --new-key [--owner NAME] make that key, and trust its public half in models/trusted-keys.json

The key is MODEL_SIGNING_KEY (a PEM file), or .data/keys/model-signing.pem. It is never committed.`;

const options = z.union([
  z.strictObject({ positionals: z.tuple([z.string()]) }),
  z.strictObject({
    'new-key': z.literal(true),
    owner: z.string().min(1).max(120).default(userInfo().username),
  }),
]);

runCommand(async () => {
  const given = commandOptions(options, ['owner'], usage, { flags: ['new-key'] });
  const keyFile = signingKeyFileOf(process.env);
  if ('new-key' in given) {
    const { publicKey } = await trustKey(trustedKeysFile, await createSigningKey(keyFile), given.owner);
    console.log(`${keyFile}: a new key, ${signingKeyId(publicKey)}. Keep it; never commit it.`);
    console.log(`${trustedKeysFile}: its public half is trusted once this change is reviewed and committed.`);
    return;
  }
  const key = await readSigningKey(keyFile);
  if (key === undefined) {
    throw fieldError('invalid_request', 'key', 'missing', `no key at ${keyFile}: npm run sign -- --new-key`);
  }
  const { modelVersion, signatureFile } = await signModel(
    modelFolderOf(given.positionals[0]),
    key,
    ourFeatureList,
  );
  console.log(`${modelVersion}: ${signatureFile}`);
});
