import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filePersonKeys } from '../../infra/local/file-person-keys.ts';
import { KEY_BYTES, seal, sealFor, unseal, unsealFor } from '../../shared/persons/sealed-text.ts';

const li = { tenantId: 'ten_platform', entrepreneurId: 'ent_li' };
const wang = { tenantId: 'ten_platform', entrepreneurId: 'ent_wang' };
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-person-keys-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('a sealed text', () => {
  const key = randomBytes(KEY_BYTES);

  it('opens with its key and context, and differs each time it is sealed', () => {
    const [one, other] = [seal(key, 'name', '李明'), seal(key, 'name', '李明')];
    expect(unseal(key, 'name', one).toString()).toBe('李明');
    expect(Buffer.compare(one, other)).not.toBe(0);
    expect(Buffer.from(one).includes('李明')).toBe(false);
  });

  it('does not open with another key, in another place, cut short, or with any bit changed', () => {
    const sealed = seal(key, 'name', '李明');
    const refused = (change: () => Uint8Array) => {
      expect(change).toThrow(expect.objectContaining({ code: 'corrupt_record' }));
    };
    refused(() => unseal(randomBytes(KEY_BYTES), 'name', sealed));
    refused(() => unseal(key, 'phone', sealed));
    refused(() => unseal(key, 'name', sealed.subarray(0, 20)));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      refused(() => unseal(key, 'name', changed));
    }
  });
});

describe('person keys in files', () => {
  it('are made once, whoever asks at once, and found by a second process', async () => {
    const keys = await filePersonKeys(join(directory, 'once'));
    const obtained = await Promise.all(Array.from({ length: 20 }, () => keys.obtain(li)));
    expect(new Set(obtained.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    const again = await filePersonKeys(join(directory, 'once'));
    expect(await again.find(li)).toEqual(obtained[0]);
    expect(await again.find(wang)).toBeUndefined();
    expect(await again.obtain(wang)).not.toEqual(obtained[0]);
  });

  it('lie wrapped, readable by their owner only, under names that tell nobody', async () => {
    const folder = join(directory, 'wrapped');
    const keys = await filePersonKeys(folder);
    const key = await keys.obtain(li);
    for (const name of await readdir(folder)) {
      expect(name).not.toContain('ent_li');
      expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
      expect((await readFile(join(folder, name))).includes(Buffer.from(key))).toBe(false);
    }
  });

  it('once destroyed, open nothing any more, and a new key is another', async () => {
    const keys = await filePersonKeys(join(directory, 'destroyed'));
    const sealed = await sealFor(keys, li, 'details', '13800000000');
    expect(await unsealFor(keys, li, 'details', sealed)).toBe('13800000000');
    await expect(unsealFor(keys, li, 'note', sealed)).rejects.toMatchObject({ code: 'corrupt_record' });
    await keys.destroy(li);
    await keys.destroy(li);
    expect(await unsealFor(keys, li, 'details', sealed)).toBeUndefined();
    await keys.obtain(li);
    expect(await unsealFor(keys, li, 'details', sealed)).toBeUndefined();
  });
});
