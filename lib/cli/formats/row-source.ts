import type { EncodedRecords } from '../../codec/rows/encoded-records.js'
import type { EncodeOptions } from '../../codec/rows/record-encoder.js'
import type { Column, DataType } from '../../index.js'

/** A record that makes no row. */
export interface BadRecord {
  /** From 1, the header not counted. */
  readonly record: number
  readonly column?: string | undefined
  readonly code: string
  readonly reason: string
  /** Its fields as they stood in the file, or its text. */
  readonly fields: readonly unknown[]
  /** The one field is the text of the record, which has no fields to speak of. */
  readonly isText?: boolean
}

/** Rows, arrays of cells in the order of the plan's columns, and what could not be made one. */
export interface SourceBatch {
  readonly rows: unknown[][]
  readonly bad: readonly BadRecord[]
  /** Rows that are records already, in place of `rows`, which are none then; good until the next batch. */
  readonly records?: EncodedRecords | undefined
  /** The record that the i-th row was made of. */
  readonly originOf: (row: number) => Pick<BadRecord, 'record' | 'fields'>
}

/** Which field goes to which column: -1 for a column that the file does not have, and that becomes NULL. */
export interface ColumnPlan {
  readonly columns: readonly Column[]
  readonly fieldOf: readonly number[]
  /** A record of another length is bad; else what is missing is NULL, and what is too much is dropped. */
  readonly strict: boolean
  /** How records of the rows are encoded, if batches may have records of all columns; undefined: rows only. */
  readonly records?: EncodeOptions | undefined
  /** For keys that only later records have (JSON); without it they are unknown. */
  readonly unseen?: { readonly wanted: readonly Column[]; readonly ignoreExtra: boolean }
}

/** A field of a file, as far as the file tells. */
export interface SourceField {
  readonly name: string
  /** Where the format has types; one of kind `unsupported`, or that has one in it, if no column can hold the field. */
  readonly type?: DataType | undefined
  /** Why no value of the field can be one of a column's type; undefined if some can. */
  readonly refuses?: (columnType: DataType) => string | undefined
}

/** What a look at records found. */
export interface Survey {
  readonly records: number
  readonly firstBad: BadRecord | undefined
  readonly badRecords: number
}

/** An opened file of any format. */
export interface RowSource {
  /** Whether the names come from the file. */
  readonly hasNames: boolean
  /** With a file that names none: `_1`, `_2`, … ; empty for a file without any record. */
  readonly fields: readonly SourceField[]
  /** Of delimited text: what to look at first when it has another number of fields than is expected. */
  readonly widthHint?: string
  /** All records in order; to be called once. */
  readonly rows: (plan: ColumnPlan) => AsyncGenerator<SourceBatch, void, undefined>
  /** The values of the first records, for {@link inferColumns}: text, or values as the format has them. */
  readonly sample: (records: number) => Promise<readonly (readonly unknown[])[]>
  /**
   * The same for formats whose records name their fields: looks at so many records, or all with Infinity, when none of
   * them comes as a row any more. `fields` has all of their names then.
   */
  readonly survey?: (limit: number, look: (values: readonly unknown[]) => void) => Promise<Survey>
  readonly close: () => Promise<void>
}
