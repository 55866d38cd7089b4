import { isUtf8 } from 'node:buffer'
import { createProtobufDecoder } from '../codec/rows/record-decoder.js'
import { createProtobufEncoder } from '../codec/rows/record-encoder.js'
import { TunnelValueError } from '../errors.js'
import { partitionValueProblem } from '../schema/partition-spec.js'
import type { Column } from '../schema/table-schema.js'
import { isWellFormed } from '../wire/utf8.js'
import { textOfCell } from './cell-text.js'

/*
 * The text that names a partition, for what a row has in a partition column. Partitions are told apart by text, but rows
 * by values: 7, 7n, '7' and '07' in a BIGINT column are one partition. So a value goes the way of any cell, through the
 * column's codec and back, and what comes out is printed; whatever a cell of that type refuses is refused here as well.
 */

/** Rows mostly repeat the values of rows before them. */
const maxKnown = 100_000

/** Longer text may be too long for a cell, which the codec says. */
const maxPlain = 1024

export class PartitionText {
  readonly #column: Column
  readonly #known = new Map<unknown, string>()

  constructor(column: Column) {
    this.#column = column
  }

  /** @throws TunnelValueError with column and row */
  of(value: unknown, rowIndex: number): string {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const text = this.#print(value, rowIndex)
    if (typeof value !== 'object') {
      if (this.#known.size === maxKnown) this.#known.clear()
      this.#known.set(value, text)
    }
    return text
  }

  #print(value: unknown, rowIndex: number): string {
    const text = this.#isText(value) ? value : this.#roundTrip(value, rowIndex)
    const problem = partitionValueProblem(text)
    if (problem === undefined) return text
    throw this.#refused(problem, rowIndex)
  }

  /** Whether the codec of the column would give it back as it is: nearly all partitions are named by such values. */
  #isText(value: unknown): value is string {
    const isString = this.#column.type.kind === 'string' && typeof value === 'string'
    return isString && value.length <= maxPlain && isWellFormed(value)
  }

  #roundTrip(value: unknown, rowIndex: number): string {
    if (value instanceof Uint8Array && !isUtf8(value)) throw this.#refused('is not UTF-8', rowIndex)
    const column = { ...this.#column, nullable: false }
    const encoder = createProtobufEncoder([column])
    encoder.write([value], rowIndex)
    const rows: unknown[][] = []
    createProtobufDecoder([column]).push(encoder.finish(), rows)
    return textOfCell(rows[0]![0], column.type)
  }

  #refused(problem: string, rowIndex: number): TunnelValueError {
    const { name: column } = this.#column
    const what = `Row ${rowIndex}, column '${column}': the value ${problem}, so it can't name a partition`
    return new TunnelValueError('ODPS_INVALID_VALUE', what, { column, rowIndex })
  }
}
