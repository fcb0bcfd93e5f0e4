/** Why a file cannot be read further. What stands before that place is kept; sending the file again is safe. */
export const importStopCodes = [
  'corrupt_gzip',
  'expands_too_much',
  'file_too_large',
  'not_utf8',
  'nul_character',
  'malformed_header',
  'malformed_csv',
] as const;
export type ImportStopCode = (typeof importStopCodes)[number];

export class ImportStopped extends Error {
  readonly code: ImportStopCode;
  /** The physical line, from 1. */
  readonly line: number;

  constructor(code: ImportStopCode, line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'ImportStopped';
    this.code = code;
    this.line = line;
  }
}

export interface FileBounds {
  /** Characters of one line of NDJSON or one record of CSV. */
  readonly lineLengthMax: number;
  /** Of the file as text, whatever it was compressed to. */
  readonly textBytesMax: number;
  /** Text bytes per compressed byte: real transactions reach about 30, a zip bomb 1,000. */
  readonly expansionMax: number;
}

export const defaultFileBounds: FileBounds = {
  lineLengthMax: 65_536,
  textBytesMax: 64 * 2 ** 30,
  expansionMax: 250,
};
