/** Where files wait to be imported: a bucket, or a folder that stands in for one. Keys as in file-import.ts. */
export interface ImportFiles {
  /** Where to PUT the file, until when. */
  readonly uploadUrl: (key: string, nowMs: number) => Promise<{ url: string; expiresAtMs: number }>;
  /** Where to GET an object from. */
  readonly downloadUrl: (key: string) => Promise<string>;
  readonly open: (key: string) => Promise<AsyncIterable<Uint8Array>>;
  /** Keep a local file under a key. */
  readonly save: (key: string, path: string) => Promise<void>;
}
