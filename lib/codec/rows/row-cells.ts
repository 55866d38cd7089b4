import { TunnelValueError } from '../../errors.js'
import { notAColumn } from '../../schema/column-names.js'
import type { Column } from '../../schema/table-schema.js'
import { isKeyed, KeyMatcher } from '../types/key-matcher.js'

/** Partition columns that an object row may carry, if equal to the partition it goes to. Without a value the caller compares. */
export type FixedCells = readonly { readonly name: string; readonly value?: string }[]

/**
 * Turns rows as callers give them into cells in column order. An array is its own cells, and nothing is copied. The keys of objects are
 * matched without case, as the service matches names, and a key that means no column is an error, since a misspelt one would
 * else become NULL without a word.
 */
export class RowCells {
  readonly #columns: readonly Column[]
  readonly #partition: FixedCells
  readonly #matcher: KeyMatcher
  readonly #ignoresUnknown: boolean
  #rowIndex = 0
  #unknown: { readonly key: string; readonly what: string } | undefined

  /** @param unknown what becomes of keys that are no column */
  constructor(columns: readonly Column[], partition: FixedCells = [], unknown: 'error' | 'ignore' = 'error') {
    this.#columns = columns
    this.#ignoresUnknown = unknown === 'ignore'
    this.#partition = partition.filter(
      part => !columns.some(column => column.name.toLowerCase() === part.name.toLowerCase()),
    )
    const names = [...columns, ...this.#partition].map(({ name }) => name)
    this.#matcher = new KeyMatcher(names, (kind, key) => this.#keyFault(kind, key), columns.length)
  }

  /**
   * One cell a column, null or undefined for NULL (more cells may follow).
   * @throws TunnelValueError ODPS_INVALID_ROW, ODPS_ROW_LENGTH, ODPS_UNKNOWN_COLUMN, ODPS_INVALID_VALUE
   */
  of(row: unknown, rowIndex: number): readonly unknown[] {
    if (Array.isArray(row)) {
      if (row.length === this.#columns.length) return row
      const what = `Row ${rowIndex} has ${row.length} cells, the schema has ${this.#columns.length} columns`
      throw new TunnelValueError('ODPS_ROW_LENGTH', what, { rowIndex })
    }
    if (!isKeyed(row)) {
      const what = `Row ${rowIndex} is neither an array of cells nor an object keyed by column name`
      throw new TunnelValueError('ODPS_INVALID_ROW', what, { rowIndex })
    }
    this.#rowIndex = rowIndex
    const cells = this.#matcher.match(row)
    this.#checkPartition(cells)
    return cells
  }

  #checkPartition(cells: readonly unknown[]): void {
    for (const [i, { name, value }] of this.#partition.entries()) {
      const cell = cells[this.#columns.length + i]
      if (
        cell === undefined ||
        value === undefined ||
        (cell !== null && typeof cell !== 'object' && String(cell) === value)
      )
        continue
      const what = `Row ${this.#rowIndex}: '${name}' is a partition column, and its value differs from the partition's`
      throw new TunnelValueError('ODPS_INVALID_VALUE', what, { column: name, rowIndex: this.#rowIndex })
    }
  }

  /** Rows that fail mostly fail by the same key. */
  #notAColumn(key: string): string {
    if (this.#unknown?.key !== key) this.#unknown = { key, what: notAColumn(key, this.#columns) }
    return this.#unknown.what
  }

  #keyFault(kind: 'unknown' | 'none' | 'twice', key: string): TunnelValueError | undefined {
    const rowIndex = this.#rowIndex
    if (kind === 'unknown' && this.#ignoresUnknown) return undefined
    if (kind !== 'twice') {
      const what = `Row ${rowIndex}: ${kind === 'none' ? 'none of its keys is a column; ' : ''}${this.#notAColumn(key)}`
      return new TunnelValueError('ODPS_UNKNOWN_COLUMN', what, { column: key, rowIndex })
    }
    const what = `Row ${rowIndex}: '${key}' and another key differ only in case`
    return new TunnelValueError('ODPS_INVALID_ROW', what, { column: key, rowIndex })
  }
}
