/**
 * The secrets of endpoints, derived and never stored: HMAC-SHA-256, under a key nobody reads, of tenant, endpoint
 * and version. Whoever takes the table, its stream or a backup of it has no secret.
 */
export interface WebhookSecrets {
  derive(tenantId: string, endpointId: string, version: number): Promise<Uint8Array>;
}

/** What the key is applied to. */
export const secretInput = (tenantId: string, endpointId: string, version: number) =>
  Buffer.from(JSON.stringify(['cunxin webhook secret', tenantId, endpointId, version]));

/** A secret as Standard Webhooks writes it. */
export const secretText = (secret: Uint8Array) => `whsec_${Buffer.from(secret).toString('base64')}`;
