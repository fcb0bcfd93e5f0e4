import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A models folder with a champion and a challenger of one byte-for-byte known file each. */
export async function writeRegistry(modelsDirectory: string): Promise<void> {
  for (const version of ['champion-1', 'challenger-2']) {
    await mkdir(join(modelsDirectory, 'pd', version), { recursive: true });
    await writeFile(join(modelsDirectory, 'pd', version, 'model.onnx'), version);
  }
  const model = (modelVersion: string) => ({
    modelVersion,
    path: `pd/${modelVersion}`,
    sha256: createHash('sha256').update(modelVersion).digest('hex'),
  });
  const registry = { champion: model('champion-1'), challengers: [model('challenger-2')] };
  await writeFile(join(modelsDirectory, 'registry.json'), JSON.stringify(registry));
  await writeFile(join(modelsDirectory, 'trusted-keys.json'), JSON.stringify({ keys: [] }));
}
