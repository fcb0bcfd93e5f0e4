const DASHES = new Set([8, 13, 18, 23]);
const UUID_LENGTH = 36;
const UUID_BYTES = 16;

const digitByCode = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit += 1) digitByCode[digit.toString(16).charCodeAt(0)] = digit;
const textByByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Pack a canonical UUID (lower case, four dashes) into 16 bytes of `into` at `offset`. False, and nothing
 * useful written, when the id is anything else: then it is kept as the text it is.
 */
export function packUuid(id: string, into: Uint8Array, offset: number): boolean {
  if (id.length !== UUID_LENGTH) return false;
  let at = offset;
  let high = -1;
  for (let index = 0; index < UUID_LENGTH; index += 1) {
    const code = id.charCodeAt(index);
    if (DASHES.has(index)) {
      if (code !== 0x2d) return false;
      continue;
    }
    const digit = code < 128 ? (digitByCode[code] ?? -1) : -1;
    if (digit < 0) return false;
    if (high < 0) high = digit;
    else {
      into[at] = high * 16 + digit;
      at += 1;
      high = -1;
    }
  }
  return true;
}

/** The canonical UUID of 16 bytes. */
export function unpackUuid(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < UUID_BYTES; index += 1) {
    text += textByByte[bytes[index] ?? 0];
    if (index === 3 || index === 5 || index === 7 || index === 9) text += '-';
  }
  return text;
}
