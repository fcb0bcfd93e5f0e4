import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretInput, type WebhookSecrets } from '../../shared/webhooks/webhook-secrets.ts';

const KEY_FILE = 'webhooks.key';
const KEY_BYTES = 32;

/** KMS's HMAC key on one machine: a file made at first use, readable by its owner only. */
export async function fileWebhookSecrets(directory: string): Promise<WebhookSecrets> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const key = await openKey(join(directory, KEY_FILE));
  return {
    derive: async (tenantId, endpointId, version) =>
      createHmac('sha256', key)
        .update(secretInput(tenantId, endpointId, version))
        .digest(),
  };
}

async function openKey(path: string): Promise<Buffer> {
  try {
    await writeFile(path, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Made before: by an earlier start, or by another process at this moment.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  }
  const key = await readFile(path);
  if (key.length !== KEY_BYTES) throw new Error(`${path} is not a key of ${KEY_BYTES} bytes`);
  return key;
}
