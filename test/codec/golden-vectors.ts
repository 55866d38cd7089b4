import { readFileSync } from 'node:fs'
import type { DataType } from '../../lib/schema/data-type.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { Timestamp } from '../../lib/values/timestamp.js'

/** A record vector as it stands in test/vectors (its README tells the form). */
export interface RecordVector {
  readonly name: string
  readonly schema: readonly { readonly name: string; readonly type: string }[]
  readonly columns?: readonly string[]
  readonly rows?: readonly (readonly unknown[])[]
  readonly sparseRows?: readonly (readonly (readonly [number, unknown])[])[]
  readonly count: number
  readonly bytes: number
  readonly sha256: string
  readonly hex?: string
  readonly hexWide?: string
  readonly base64?: string
  readonly encode?: boolean
  readonly metrics?: string | null
  readonly category?: string
  readonly rowsBefore?: readonly (readonly unknown[])[]
}

export const loadVectors = <T = RecordVector>(set: string): T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${set}.json`, import.meta.url), 'utf8')).vectors

export const columnsOf = (vector: RecordVector): Column[] =>
  vector.schema.map(({ name, type }) => ({ name, type: parseDataType(type), nullable: true }))

/** The rows of a vector as a decoder with `json: 'text'` should give them. */
export const rowsOf = (vector: RecordVector): unknown[][] => {
  const picked = vector.columns
    ? vector.columns.map(name => vector.schema.find(column => column.name === name)!)
    : vector.schema
  const types = picked.map(({ type }) => parseDataType(type))
  const rows = vector.rows ?? vector.rowsBefore ?? vector.sparseRows!.map(cells => fill(cells, types.length))
  return rows.map(row => row.map((cell, i) => cellOf(cell, types[i]!)))
}

const fill = (cells: readonly (readonly [number, unknown])[], length: number): unknown[] => {
  const row = new Array<unknown>(length).fill(null)
  for (const [i, cell] of cells) row[i] = cell
  return row
}

export const streamOf = (vector: RecordVector): Buffer | undefined => {
  if (vector.hex !== undefined) return Buffer.from(vector.hex, 'hex')
  return vector.base64 === undefined ? undefined : Buffer.from(vector.base64, 'base64')
}

type Cell = Readonly<Record<string, never>>

/** A cell of a vector as callers give it, and as a decoder with `json: 'text'` should give it. */
export const cellOf = (cell: unknown, type: DataType): unknown => {
  if (cell === null) return null
  const object = cell as Cell
  switch (type.kind) {
    case 'bigint':
      return BigInt(cell as string)
    case 'float':
    case 'double':
      return Number(cell)
    case 'string':
    case 'varchar':
    case 'char':
      return textOf(cell)
    case 'binary':
      return typeof cell === 'string'
        ? Buffer.from(cell, 'hex')
        : Buffer.from((object['repeatHex'] as unknown as string).repeat(object['times']!), 'hex')
    case 'datetime':
      return new Date(object['ms']!)
    case 'date':
      return object['iso']
    case 'timestamp':
    case 'timestamp_ntz':
      return new Timestamp(object['seconds']!, object['nanos'])
    case 'interval_day_time':
      return new IntervalDayTime(object['seconds']!, object['nanos'])
    case 'interval_year_month':
      return new IntervalYearMonth(object['months']!)
    case 'array':
    case 'vector':
      return (cell as unknown[]).map(element => cellOf(element, type.element))
    case 'map':
      return new Map(
        (cell as [unknown, unknown][]).map(([k, v]) => [cellOf(k, type.key), cellOf(v, type.value)]),
      )
    case 'struct':
      return Object.fromEntries(type.fields.map(f => [f.name, cellOf(object[f.name] ?? null, f.type)]))
    default:
      return cell
  }
}

const textOf = (cell: unknown): unknown => {
  if (typeof cell === 'string') return cell
  const object = cell as { repeat?: string; times?: number; bytesHex?: string }
  if (object.bytesHex !== undefined) return Buffer.from(object.bytesHex, 'hex')
  return object.repeat!.repeat(object.times!)
}
