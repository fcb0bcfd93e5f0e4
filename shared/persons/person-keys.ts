/** Whose key: the platform that registered the person, and the person. */
export interface PersonReference {
  readonly tenantId: string;
  readonly entrepreneurId: string;
}

/**
 * One data key for each person, 32 bytes for AES-256-GCM, kept outside the table: what is encrypted under it is
 * in the table, its stream and its backups of 35 days, and all of that is unreadable once the key is destroyed.
 * A wrapped key in the table itself would come back with every backup.
 */
export interface PersonKeys {
  /** The person's key; made at the first call, the same ever after, also for callers at the same moment. */
  obtain(person: PersonReference): Promise<Uint8Array>;
  /** The person's key; undefined when there is none, or no more. */
  find(person: PersonReference): Promise<Uint8Array | undefined>;
  /** Irrevocable, and safe to repeat. */
  destroy(person: PersonReference): Promise<void>;
}
