import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { defaultFileBounds, type FileBounds, ImportStopped } from './import-stopped.ts';

const NEWLINE = 0x0a;
/** Text of this many bytes may come from however few: expansion is only judged beyond it. */
const EXPANSION_FREE_BYTES = 8 * 2 ** 20;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The text of a file, gzip or plain, in pieces, in constant memory. Raises ImportStopped at the line where it is
 * not UTF-8, holds a NUL, is corrupt, or expands beyond its bounds.
 */
export async function* textOfFile(
  bytes: AsyncIterable<Uint8Array>,
  bounds: FileBounds = defaultFileBounds,
): AsyncGenerator<string> {
  let lines = 1;
  let textBytes = 0;
  let isFirst = true;
  let rest = Buffer.alloc(0);
  const counted = new CountedBytes(bytes);
  try {
    for await (const chunk of inflated(counted)) {
      textBytes += chunk.length;
      if (textBytes > bounds.textBytesMax) {
        throw new ImportStopped('file_too_large', lines, `more than ${bounds.textBytesMax} bytes of text`);
      }
      if (textBytes > EXPANSION_FREE_BYTES && textBytes > counted.bytesRead * bounds.expansionMax) {
        throw new ImportStopped(
          'expands_too_much',
          lines,
          `expands to more than ${bounds.expansionMax} times its size`,
        );
      }
      const block = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
      const whole = block.subarray(0, wholeCharacters(block));
      rest = block.subarray(whole.length);
      const { bytesGood, stop } = checked(whole, lines);
      let text = whole.toString('utf8', 0, bytesGood);
      if (isFirst && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
      isFirst = false;
      lines += newlinesOf(whole);
      yield text;
      if (stop !== null) throw stop;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new ImportStopped('corrupt_gzip', lines, 'the compressed data is damaged or ends too early');
    }
    throw error;
  }
  if (rest.length > 0) throw new ImportStopped('not_utf8', lines, 'ends in the middle of a character');
}

class CountedBytes {
  readonly #bytes: AsyncIterable<Uint8Array>;
  bytesRead = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytes) {
      this.bytesRead += chunk.length;
      yield chunk;
    }
  }
}

/** Gunzips what begins with gzip's magic number. */
async function* inflated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]();
  const first = await source.next();
  if (first.done === true) return;
  const all = async function* () {
    yield first.value;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  };
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* all();
    return;
  }
  const input = Readable.from(all());
  const gunzip = createGunzip();
  input.once('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    yield* gunzip;
  } finally {
    input.destroy();
  }
}

/** Bytes up to the last character that is there whole. */
function wholeCharacters(block: Buffer): number {
  for (let back = 1; back <= Math.min(3, block.length); back += 1) {
    const byte = block[block.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? block.length - back : block.length;
  }
  return block.length;
}

/** How many bytes of a block are text, up to the line that is not. */
function checked(block: Buffer, firstLine: number): { bytesGood: number; stop: ImportStopped | null } {
  if (isUtf8(block) && !block.includes(0)) return { bytesGood: block.length, stop: null };
  let line = firstLine;
  for (let from = 0; ; line += 1) {
    const end = block.indexOf(NEWLINE, from);
    const part = block.subarray(from, end < 0 ? block.length : end);
    const stop = !isUtf8(part)
      ? new ImportStopped('not_utf8', line, 'not UTF-8: save the file as UTF-8')
      : part.includes(0)
        ? new ImportStopped('nul_character', line, 'holds a NUL: this is no text file')
        : null;
    if (stop !== null) return { bytesGood: from, stop };
    from = end + 1;
  }
}

function newlinesOf(block: Buffer): number {
  let count = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
