import type { Column } from '../../schema/table-schema.js'
import type { RecordPrinting } from './record-printing.js'

/** What rows look like, as users choose it. */
export interface RowOptions {
  /** Cells in column order, or an object keyed by column name. Default `'array'`. */
  readonly rowShape?: 'array' | 'object'
  /** What a BIGINT becomes, nested ones too; `'number'` refuses unsafe ones (ODPS_UNSAFE_INTEGER). Default `'bigint'`. */
  readonly bigint?: 'bigint' | 'number' | 'string'
  /** What STRING, VARCHAR and CHAR become, nested ones too; as strings, invalid UTF-8 becomes U+FFFD. Default `'string'`. */
  readonly string?: 'string' | 'buffer'
  /** What a JSON column becomes. Default `'parsed'`. */
  readonly json?: 'parsed' | 'text'
  /** By column name, else by type kind: makes the cell from the default value. Not called for NULL. */
  readonly parsers?: Readonly<Record<string, (value: unknown, column: Column) => unknown>>
}

export interface DecodeOptions extends Omit<RowOptions, 'string'> {
  /**
   * As in {@link RowOptions}; `'exact'` gives text that is not UTF-8, and such JSON text, as a Buffer, and other text as a
   * string.
   */
  readonly string?: 'string' | 'buffer' | 'exact'
  /** What a MAP becomes: `'pairs'` is an array of `[key, value]` as they lie in the record. Default `'map'`: the last of equal keys. */
  readonly map?: 'map' | 'pairs'
  /** `'refuse'`: a DATETIME before 1928 is a TunnelProtocolError. For sessions with `dateTransform`. Default `'accept'`. */
  readonly oldDates?: 'accept' | 'refuse'
  /** Partition columns to append to every row, with their text from the partition spec. */
  readonly partition?: readonly { readonly column: Column; readonly value: string }[]
  /** `rowIndex` of the first row, for errors. Default 0. */
  readonly firstRow?: number
  /** A larger record is refused before memory is taken for it. Default 256 MiB. */
  readonly maxRowBytes?: number
  /** Rows are wanted as text where that can be had: see {@link PrintedRows}. */
  readonly printing?: RecordPrinting | undefined
}
