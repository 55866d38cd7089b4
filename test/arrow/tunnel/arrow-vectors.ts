import type { DataType } from '../../../lib/schema/data-type.js'
import { loadVectors, type RecordVector } from '../../codec/golden-vectors.js'

/* Streams of the Arrow tunnel that PyODPS wrote; their cells in the values that Arrow's buffers hold, made without our code. */

export interface ArrowVector extends RecordVector {
  readonly batches: readonly number[]
  readonly chunkSize: number
  readonly expect?: 'error' | 'rows'
}

export const arrowVectors = (set: 'streams' | 'malformed' | 'instance'): ArrowVector[] =>
  loadVectors<ArrowVector>(`arrow-${set}`)

type Cell = Readonly<Record<string, unknown>>

/** Text and bytes as hex. */
export const physicalOf = (cell: unknown, type: DataType): unknown => {
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
    case 'json':
      return textHex(cell as string | Cell)
    case 'date':
      return object['days']
    case 'datetime':
      return BigInt(object['ms'] as number)
    case 'timestamp':
    case 'timestamp_ntz':
      return BigInt(object['seconds'] as number) * 1_000_000_000n + BigInt(object['nanos'] as number)
    case 'interval_day_time':
      return [BigInt(object['seconds'] as number), object['nanos']]
    case 'interval_year_month':
      return object['months']
    case 'decimal':
      return unscaled(cell as string, type.precision === undefined ? 18 : (type.scale ?? 0))
    case 'array':
    case 'vector':
      return (cell as unknown[]).map(each => physicalOf(each, type.element))
    case 'map':
      return (cell as [unknown, unknown][]).map(([k, v]) => [
        physicalOf(k, type.key),
        physicalOf(v, type.value),
      ])
    case 'struct':
      return type.fields.map(field => physicalOf(object[field.name], field.type))
    default:
      return cell
  }
}

const textHex = (text: string | Cell): string =>
  typeof text === 'string'
    ? Buffer.from(text).toString('hex')
    : Buffer.from((text['repeat'] as string).repeat(text['times'] as number)).toString('hex')

const unscaled = (text: string, scale: number): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const digits = BigInt(whole + fraction.padEnd(scale, '0'))
  return text.startsWith('-') ? -digits : digits
}

/** What `columnOf` gives, in the same form. */
export const plainValue = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return Array.isArray(value) ? value.map(plainValue) : value
}
