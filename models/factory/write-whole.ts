import { open, rename } from 'node:fs/promises';

/** Replace a file at once: a reader, or a crash, sees the old content or the new, never a part. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
