import type { ValueReader } from '../wire/value-reader.js'
import type { ValueWriter } from '../wire/value-writer.js'

/** How one type goes to the wire and back. NULL is not its business: it never sees null or undefined. */
export interface CellCodec {
  /** @throws CellProblem when the value does not fit; what was written before counts for nothing then. */
  write(out: ValueWriter, value: unknown): void
  /** @throws CellProblem when the value has no form in JS. */
  read(from: ValueReader): unknown
}

/** What callers choose for whole streams; see EncodeOptions and DecodeOptions. */
export interface CodecOptions {
  readonly json: 'parsed' | 'text'
  readonly bigint: 'bigint' | 'number' | 'string'
  readonly string: 'string' | 'buffer' | 'exact'
  readonly map: 'map' | 'pairs'
  readonly maxFieldBytes: number
  /** Whether DATETIME values before 1928 pass. */
  readonly oldDates: 'accept' | 'refuse'
}

export const defaultCodecOptions: CodecOptions = {
  json: 'parsed',
  bigint: 'bigint',
  string: 'string',
  map: 'map',
  maxFieldBytes: 8_388_608,
  oldDates: 'accept',
}
