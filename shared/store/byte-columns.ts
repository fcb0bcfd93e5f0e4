import { DomainError } from '../domain/errors.ts';

/** Stored bytes that are not what a codec writes. */
export const corrupt = (what: string) => new DomainError('corrupt_record', `stored record: ${what}`);

/** Appends numbers and text to a buffer that grows. Made anew, or reset, for each record. */
export class ByteWriter {
  #bytes = new Uint8Array(4_096);
  #length = 0;

  reset(): void {
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  uint32(value: number): void {
    this.byte(value >>> 24);
    this.byte(value >>> 16);
    this.byte(value >>> 8);
    this.byte(value);
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** LEB128: seven bits a byte, least first; 0 to 2^53 - 1. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a varint: ${value}`);
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length] = (rest % 0x80) | 0x80;
      this.#length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  /** A signed integer as a varint: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Text of one byte a character, without its length. */
  ascii(text: string): void {
    this.#reserve(text.length);
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) throw new RangeError(`not ASCII: ${text}`);
      this.#bytes[this.#length + index] = code;
    }
    this.#length += text.length;
  }

  text(text: string): void {
    this.varint(text.length);
    this.ascii(text);
  }

  /** Each value in `width` bits, least first, padded to whole bytes. Width 0 to 24. */
  packed(values: readonly number[], width: number): void {
    if (width === 0) return;
    let pending = 0;
    let bits = 0;
    for (const value of values) {
      pending |= value << bits;
      bits += width;
      while (bits >= 8) {
        this.byte(pending & 0xff);
        pending >>>= 8;
        bits -= 8;
      }
    }
    if (bits > 0) this.byte(pending & 0xff);
  }
}

/** Reads what ByteWriter wrote. Raises DomainError `corrupt_record` rather than read beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  byte(): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) throw corrupt('ends too early');
    this.#offset += 1;
    return value;
  }

  uint32(): number {
    return ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0;
  }

  /** The next bytes, not copied. */
  bytes(count: number): Uint8Array {
    if (count > this.remaining) throw corrupt('ends too early');
    const part = this.#bytes.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return part;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw corrupt('a number beyond 2^53');
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A varint that counts things of at least `bitsEach` bits, so that no count promises more than there is. */
  count(bitsEach: number): number {
    const count = this.varint();
    if (count * bitsEach > this.remaining * 8) throw corrupt('a count beyond the end');
    return count;
  }

  ascii(length: number): string {
    return String.fromCharCode(...this.bytes(length));
  }

  text(): string {
    return this.ascii(this.count(8));
  }

  packed(count: number, width: number): number[] {
    const values: number[] = [];
    const mask = 2 ** width - 1;
    let pending = 0;
    let bits = 0;
    for (let index = 0; index < count; index += 1) {
      while (bits < width) {
        pending |= this.byte() << bits;
        bits += 8;
      }
      values.push(pending & mask);
      pending >>>= width;
      bits -= width;
    }
    return values;
  }

  end(): void {
    if (this.remaining !== 0) throw corrupt(`${this.remaining} bytes too many`);
  }
}

/** Bits that hold any of `count` values: 0 for one, 1 for two, 2 for three or four. */
export const bitWidth = (count: number): number => (count <= 1 ? 0 : 32 - Math.clz32(count - 1));
