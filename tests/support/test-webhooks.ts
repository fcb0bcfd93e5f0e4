import { createHmac } from 'node:crypto';
import type { LocalFunctionDependencies } from '../../infra/local/functions.ts';
import type { DeliveryMessage } from '../../shared/webhooks/delivery-queue.ts';
import { secretInput, type WebhookSecrets } from '../../shared/webhooks/webhook-secrets.ts';

export const testSecrets: WebhookSecrets = {
  derive: async (tenantId, endpointId, version) =>
    createHmac('sha256', 'test')
      .update(secretInput(tenantId, endpointId, version))
      .digest(),
};

/** An address that is nobody's secret; nothing is sent to it. */
export const PUBLIC_ADDRESS = { address: '93.184.216.34', family: 4 };

/** Webhooks that go into `sent` and nowhere else; every name is on a public address. */
export function testWebhooks(sent: DeliveryMessage[] = []): LocalFunctionDependencies['webhooks'] {
  return {
    queue: {
      async send(messages) {
        sent.push(...messages);
      },
    },
    secrets: testSecrets,
    resolve: async () => [PUBLIC_ADDRESS],
    allowPrivateAddresses: false,
  };
}
