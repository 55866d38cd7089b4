import { RowCells } from '../codec/rows/row-cells.js'
import { nullNotAllowed } from '../codec/rows/row-problem.js'
import { isKeyed, KeyMatcher } from '../codec/types/key-matcher.js'
import { TunnelOptionError, TunnelValueError } from '../errors.js'
import { notAColumn } from '../schema/column-names.js'
import type { PartitionSpec } from '../schema/partition-spec.js'
import type { Column } from '../schema/table-schema.js'
import { deleteOperation, extraCells, upsertOperation } from './record-columns.js'
import { DeleteRow, PartialRow } from './upsert-rows.js'

/*
 * From what callers write to the cells of an upsert record. The service takes a record as it comes: an empty cell of a whole
 * row sets NULL, and that of a deletion or of a column that isn't set is passed over. So what was meant must be known here,
 * and whatever could mean two things is refused.
 */

/** What the session tells of a table with a primary key. */
export interface KeyedTable {
  readonly columns: readonly Column[]
  /** Places of the key's columns, in the order of the key. */
  readonly key: readonly number[]
  /** `column_id` of each column; undefined where the service gives none. */
  readonly columnIds: readonly (bigint | undefined)[]
  /** Whether some columns of a row may be set, and the others left as they are. */
  readonly takesPartialRows: boolean
  readonly partition: PartitionSpec | undefined
}

const wholeRow = extraCells(upsertOperation, '')
const deletion = extraCells(deleteOperation, '')
const wholeAmongPartial = extraCells(upsertOperation, [])
const deletionAmongPartial = extraCells(deleteOperation, [])

export class UpsertCells {
  readonly #table: KeyedTable
  readonly #rows: RowCells
  /** Of partial rows, whose other keys don't count. */
  readonly #looseRows: RowCells
  readonly #keys: KeyMatcher
  readonly #isKey: readonly boolean[]
  readonly #places: ReadonlyMap<string, number>
  /** Written over by each row. */
  readonly #cells: unknown[]
  /** Whether there was a partial row: all cells are then those of {@link recordColumns} with partial rows. */
  hasPartialRows = false
  #rowIndex = 0
  #named: readonly string[] = []
  #namedPlaces: readonly number[] = []

  constructor(table: KeyedTable, unknownColumns: 'error' | 'ignore') {
    const { columns, key, partition } = table
    this.#table = table
    this.#rows = new RowCells(columns, partition, unknownColumns)
    this.#looseRows = new RowCells(columns, partition, 'ignore')
    this.#keys = new KeyMatcher(
      key.map(at => columns[at]!.name),
      (kind, name) => this.#keyFault(kind, name),
    )
    this.#isKey = columns.map((_, at) => key.includes(at))
    this.#places = new Map(columns.map(({ name }, at) => [name.toLowerCase(), at]))
    this.#cells = new Array<unknown>(columns.length)
  }

  /**
   * The cells of the record, to be read before the next row.
   * @throws TunnelValueError for a row that doesn't fit; TunnelOptionError for a partial row where none is taken
   */
  of(row: unknown, rowIndex: number): readonly unknown[] {
    this.#rowIndex = rowIndex
    if (row instanceof DeleteRow) return this.#delete(row)
    return row instanceof PartialRow ? this.#partial(row) : this.#whole(row)
  }

  #whole(row: unknown): readonly unknown[] {
    const given = this.#rows.of(row, this.#rowIndex)
    const { columns } = this.#table
    const cells = this.#cells
    for (let at = 0; at < columns.length; at++) {
      cells[at] = given[at]
      if (!columns[at]!.nullable && isNull(given[at])) throw nullNotAllowed(columns[at]!, this.#rowIndex)
    }
    return this.#end(this.hasPartialRows ? wholeAmongPartial : wholeRow)
  }

  #delete({ key }: DeleteRow): readonly unknown[] {
    const given = this.#keyCells(key)
    this.#cells.fill(undefined, 0, this.#table.columns.length)
    for (const [i, at] of this.#table.key.entries()) this.#cells[at] = given[i]
    return this.#end(this.hasPartialRows ? deletionAmongPartial : deletion)
  }

  #keyCells(key: unknown): readonly unknown[] {
    const count = this.#table.key.length
    if (Array.isArray(key)) {
      if (key.length === count) return key
      throw this.#wrong(
        'ODPS_ROW_LENGTH',
        `deleteRow has ${key.length} values, and ${this.#keyText()} has ${count}`,
      )
    }
    if (!isKeyed(key))
      throw this.#wrong(
        'ODPS_INVALID_ROW',
        `deleteRow takes an object with the columns of ${this.#keyText()}, or an array of their values`,
      )
    const cells = this.#keys.match(key)
    const missing = this.#table.key.find((_, i) => cells[i] === undefined)
    if (missing === undefined) return cells
    const { name } = this.#table.columns[missing]!
    throw this.#wrong('ODPS_INVALID_ROW', `deleteRow lacks '${name}' of ${this.#keyText()}`, name)
  }

  #partial({ row, columns: names }: PartialRow): readonly unknown[] {
    const { columns, key, takesPartialRows } = this.#table
    if (!takesPartialRows) throw noPartialRows()
    const places = this.#placesOf(names)
    const given = this.#looseRows.of(row, this.#rowIndex)
    const cells = this.#cells.fill(undefined, 0, columns.length)
    for (const at of key) cells[at] = given[at]
    for (const at of places) {
      const column = columns[at]!
      if (given[at] === undefined)
        throw this.#wrong(
          'ODPS_INVALID_ROW',
          `the row has no '${column.name}', which partialRow names; pass null to set NULL`,
          column.name,
        )
      if (given[at] === null && !column.nullable) throw nullNotAllowed(column, this.#rowIndex)
      cells[at] = given[at]
    }
    this.hasPartialRows = true
    return this.#end(
      extraCells(
        upsertOperation,
        places.map(at => this.#columnId(at)),
      ),
    )
  }

  /** Rows in a row mostly name the same columns. */
  #placesOf(names: readonly string[]): readonly number[] {
    const known = this.#named
    if (names.length === known.length && names.every((name, i) => name === known[i])) return this.#namedPlaces
    const places = new Set<number>()
    for (const name of names) {
      const at = this.#places.get(name.toLowerCase())
      if (at === undefined)
        throw this.#wrong('ODPS_UNKNOWN_COLUMN', `partialRow: ${notAColumn(name, this.#table.columns)}`, name)
      if (places.has(at)) throw this.#wrong('ODPS_INVALID_ROW', `partialRow names '${name}' twice`, name)
      places.add(at)
    }
    const set = [...places].filter(at => !this.#isKey[at])
    // An empty list would mean the whole row, and set everything else to NULL.
    if (set.length === 0)
      throw this.#wrong('ODPS_INVALID_ROW', `partialRow names no column besides ${this.#keyText()}`)
    this.#named = [...names]
    this.#namedPlaces = set
    return set
  }

  #columnId(at: number): bigint {
    const id = this.#table.columnIds[at]
    if (id !== undefined) return id
    const { name } = this.#table.columns[at]!
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `partialRow: the service gives column '${name}' no id, by which it would have to be named; write whole rows`,
    )
  }

  #end(extra: readonly unknown[]): readonly unknown[] {
    const from = this.#table.columns.length
    for (let i = 0; i < extra.length; i++) this.#cells[from + i] = extra[i]
    return this.#cells
  }

  #keyText(): string {
    const { columns, key } = this.#table
    return `the primary key (${key.map(at => columns[at]!.name).join(', ')})`
  }

  #keyFault(kind: 'unknown' | 'none' | 'twice', name: string): TunnelValueError {
    return kind === 'twice'
      ? this.#wrong('ODPS_INVALID_ROW', `'${name}' and another key of deleteRow differ only in case`, name)
      : this.#wrong(
          'ODPS_UNKNOWN_COLUMN',
          `deleteRow has '${name}', which is not in ${this.#keyText()}`,
          name,
        )
  }

  #wrong(code: TunnelValueError['code'], what: string, column?: string): TunnelValueError {
    const rowIndex = this.#rowIndex
    return new TunnelValueError(code, `Row ${rowIndex}: ${what}`, { column, rowIndex })
  }
}

const isNull = (cell: unknown): boolean => cell === null || cell === undefined

const noPartialRows = (): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    "partialRow: the table takes only whole rows; set its property 'acid.partial.fields.update.enable' to 'true', or write whole rows",
  )
