import { type FixedCells, RowCells } from '../../codec/rows/row-cells.js'
import { TunnelOptionError, TunnelValueError } from '../../errors.js'
import { notAColumn } from '../../schema/column-names.js'
import {
  orderPartitionSpec,
  type PartitionSpec,
  type PartitionSpecInput,
  parsePartitionSpec,
} from '../../schema/partition-spec.js'
import type { Column, TableSchema } from '../../schema/table-schema.js'
import { PartitionText } from '../../text/partition-text.js'

/** Names of partition columns that rows carry, or a function that tells the partition of a row. */
export type PartitionBy<Row> = readonly string[] | ((row: Row) => PartitionSpecInput)

/** Whose option `partitionBy` is, for its errors. */
export interface PartitionByOwner {
  readonly where: string
  /** The options that together name the partition columns. */
  readonly names: string
}

export interface PartitionPlace {
  /** Values of all partition columns in the table's order. */
  readonly values: readonly string[]
  /** The same for all rows of a partition, and for no others. */
  readonly key: string
}

/** A row's cells, those of data columns first, and where they go. */
export interface LocatedRow {
  readonly cells: readonly unknown[]
  readonly place: PartitionPlace
}

/** Tells the partition of each row. */
export interface PartitionKeys {
  /** @throws TunnelValueError for a row or a value that cannot be; what a function of the caller's throws */
  locate(row: unknown, rowIndex: number): LocatedRow
}

/** Values never hold the sign between them. */
const placeOf = (values: readonly string[]): PartitionPlace => ({ values, key: values.join('/') })

/** Rows mostly go where rows before them went. */
const maxKnown = 100_000

export const specOf = (columns: readonly Column[], values: readonly string[]): PartitionSpec =>
  columns.map(({ name }, i) => ({ name, value: values[i]! }))

/**
 * @param fixed the part of the partition that is the same for all rows
 * @param owner whose option it is
 * @throws TunnelOptionError ODPS_INVALID_OPTION when these are not exactly the partition columns of the table
 */
export const createPartitionKeys = (
  by: PartitionBy<never>,
  fixed: PartitionSpec | undefined,
  schema: TableSchema,
  unknownColumns: 'error' | 'ignore',
  owner: PartitionByOwner,
): PartitionKeys => {
  if (schema.partitionColumns.length === 0)
    throw wrong(owner, 'the table has no partitions; leave partitionBy out')
  if (typeof by === 'function') return new ComputedKeys(by, schema, unknownColumns)
  checkNames(by, fixed ?? [], schema.partitionColumns, owner)
  return new ColumnKeys(fixed ?? [], schema, unknownColumns)
}

/** The values are cells of the row: the last ones of an array, in the table's order. */
class ColumnKeys implements PartitionKeys {
  readonly #cells: RowCells
  readonly #dataColumns: number
  /** For each partition column: its fixed value, or what gives the text of the next cell. */
  readonly #parts: readonly (string | PartitionText)[]
  readonly #known: KnownPlaces

  constructor(fixed: PartitionSpec, schema: TableSchema, unknownColumns: 'error' | 'ignore') {
    const values = new Map(fixed.map(({ name, value }) => [name.toLowerCase(), value]))
    const carried = schema.partitionColumns.filter(({ name }) => !values.has(name.toLowerCase()))
    this.#cells = new RowCells([...schema.columns, ...carried], fixed, unknownColumns)
    this.#dataColumns = schema.columns.length
    this.#known = new KnownPlaces(carried.length)
    this.#parts = schema.partitionColumns.map(
      column => values.get(column.name.toLowerCase()) ?? new PartitionText(column),
    )
  }

  locate(row: unknown, rowIndex: number): LocatedRow {
    const cells = this.#cells.of(row, rowIndex)
    return { cells, place: this.#known.find(cells, this.#dataColumns) ?? this.#placeOf(cells, rowIndex) }
  }

  #placeOf(cells: readonly unknown[], rowIndex: number): PartitionPlace {
    let at = this.#dataColumns
    const values = this.#parts.map(part => (typeof part === 'string' ? part : part.of(cells[at++], rowIndex)))
    const place = placeOf(values)
    this.#known.add(cells, this.#dataColumns, place)
    return place
  }
}

interface KnownValue {
  readonly next: Map<unknown, KnownValue>
  place: PartitionPlace | undefined
}

/** Where rows went, by the cells that say so as they are: printing these again would cost more than encoding the row. */
class KnownPlaces {
  readonly #depth: number
  #root = new Map<unknown, KnownValue>()
  #count = 0

  /** @param depth how many cells tell the place */
  constructor(depth: number) {
    this.#depth = depth
  }

  find(cells: readonly unknown[], from: number): PartitionPlace | undefined {
    let known = this.#root.get(cells[from])
    for (let i = 1; i < this.#depth && known !== undefined; i++) known = known.next.get(cells[from + i])
    return known?.place
  }

  /** Objects may be changed, and are not remembered. */
  add(cells: readonly unknown[], from: number, place: PartitionPlace): void {
    for (let i = 0; i < this.#depth; i++) if (typeof cells[from + i] === 'object') return
    if (this.#count++ === maxKnown) {
      this.#root = new Map()
      this.#count = 1
    }
    let level = this.#root
    for (let i = 0; ; i++) {
      const value = cells[from + i]
      const known = level.get(value) ?? { next: new Map(), place: undefined }
      level.set(value, known)
      if (i + 1 < this.#depth) level = known.next
      else {
        known.place = place
        return
      }
    }
  }
}

const checkNames = (
  by: readonly string[],
  fixed: PartitionSpec,
  columns: readonly Column[],
  owner: PartitionByOwner,
): void => {
  const given = [...by, ...fixed.map(({ name }) => name)].map(name => name.toLowerCase())
  const wanted = columns.map(({ name }) => name.toLowerCase())
  const twice = given.find((name, i) => given.indexOf(name) < i)
  const unknown = given.find(name => !wanted.includes(name))
  const missing = wanted.find(name => !given.includes(name))
  const all = columns.map(({ name }) => name).join(', ')
  if (twice !== undefined) throw wrong(owner, `'${twice}' is given twice in ${owner.names}`)
  if (unknown !== undefined)
    throw wrong(owner, notAColumn(unknown, columns, 'a partition column of the table'))
  if (missing !== undefined)
    throw wrong(owner, `'${missing}' is missing; ${owner.names} must have all partition columns: ${all}`)
}

/** A function of the caller's gives the spec; of the row's own partition columns only an object's are looked at. */
class ComputedKeys implements PartitionKeys {
  readonly #by: (row: never) => PartitionSpecInput
  readonly #schema: TableSchema
  readonly #cells: RowCells
  readonly #texts: readonly PartitionText[]
  /** What was parsed before, by its text. */
  readonly #known = new Map<string, PartitionPlace>()

  constructor(
    by: (row: never) => PartitionSpecInput,
    schema: TableSchema,
    unknownColumns: 'error' | 'ignore',
  ) {
    const compared: FixedCells = schema.partitionColumns.map(({ name }) => ({ name }))
    this.#by = by
    this.#schema = schema
    this.#cells = new RowCells(schema.columns, compared, unknownColumns)
    this.#texts = schema.partitionColumns.map(column => new PartitionText(column))
  }

  locate(row: unknown, rowIndex: number): LocatedRow {
    const cells = this.#cells.of(row, rowIndex)
    const place = this.#placeOf(this.#by(row as never), rowIndex)
    if (!Array.isArray(row)) this.#compare(cells, place.values, rowIndex)
    return { cells, place }
  }

  #placeOf(input: PartitionSpecInput, rowIndex: number): PartitionPlace {
    const known = typeof input === 'string' ? this.#known.get(input) : undefined
    if (known !== undefined) return known
    const spec = orderPartitionSpec(parsePartitionSpec(input), this.#schema)
    const place = placeOf(spec.map(({ value }, i) => this.#texts[i]!.of(value, rowIndex)))
    if (typeof input === 'string') {
      if (this.#known.size === maxKnown) this.#known.clear()
      this.#known.set(input, place)
    }
    return place
  }

  #compare(cells: readonly unknown[], values: readonly string[], rowIndex: number): void {
    for (const [i, { name }] of this.#schema.partitionColumns.entries()) {
      const cell = cells[this.#schema.columns.length + i]
      if (cell === undefined || this.#texts[i]!.of(cell, rowIndex) === values[i]) continue
      const what = `Row ${rowIndex}: '${name}' is a partition column, but its value differs from what partitionBy returned`
      throw new TunnelValueError('ODPS_INVALID_VALUE', what, { column: name, rowIndex })
    }
  }
}

const wrong = ({ where }: PartitionByOwner, what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `${where}: partitionBy: ${what}`)
