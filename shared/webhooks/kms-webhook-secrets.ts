import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import { secretInput, type WebhookSecrets } from './webhook-secrets.ts';

/** Derived by an HMAC key of KMS, which never leaves it; each secret is asked for once per process. */
export function kmsWebhookSecrets(keyId: string, client = new KMSClient()): WebhookSecrets {
  const derived = new Map<string, Promise<Uint8Array>>();

  async function generate(input: Buffer): Promise<Uint8Array> {
    const { Mac } = await client.send(
      new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: input }),
    );
    if (Mac === undefined) throw new Error('KMS gave no MAC');
    return Mac;
  }

  return {
    derive(tenantId, endpointId, version) {
      const input = secretInput(tenantId, endpointId, version);
      const name = input.toString();
      const known = derived.get(name) ?? generate(input);
      derived.set(name, known);
      known.catch(() => derived.delete(name));
      return known;
    },
  };
}
