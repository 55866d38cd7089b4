import assert from 'node:assert/strict'
import type { DataType, IntervalDayTime, Timestamp } from '../../../lib/index.js'

export type Cell = null | string | readonly Cell[]

/** The exact form of canonical.py, of a value that was read for a file: text as a string or as bytes, a MAP as pairs. */
export const cellOf = (value: unknown, type: DataType): Cell => {
  if (value === null) return null
  switch (type.kind) {
    case 'float':
    case 'double':
      return bitsOf(value as number, type.kind)
    case 'boolean':
      return String(value)
    case 'decimal':
      return unscaled(value as string, type.scale ?? 0)
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
    case 'binary':
      return Buffer.from(value as string).toString('hex')
    case 'date':
      return String(Date.parse(`${value as string}T00:00:00Z`) / 86_400_000)
    case 'datetime':
      return String((value as Date).getTime())
    case 'timestamp':
    case 'timestamp_ntz': {
      const { seconds, nanos } = value as Timestamp | IntervalDayTime
      return String(seconds * 1_000_000_000n + BigInt(nanos))
    }
    case 'array':
      return (value as unknown[]).map(each => cellOf(each, type.element))
    case 'map':
      return (value as [unknown, unknown][]).map(([k, v]) => [cellOf(k, type.key), cellOf(v, type.value)])
    case 'struct':
      return type.fields.map(({ name, type: of }) => cellOf((value as Record<string, unknown>)[name], of))
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return String(value)
    default:
      return assert.fail(`no exact form of ${type.kind}`)
  }
}

const bitsOf = (value: number, kind: 'float' | 'double'): string => {
  if (Number.isNaN(value)) return 'nan'
  const bytes = Buffer.alloc(kind === 'float' ? 4 : 8)
  if (kind === 'float') bytes.writeFloatBE(value)
  else bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}

/** The digits at the column's scale; what does not fit it shows as it is, and so differs. */
const unscaled = (text: string, scale: number): string => {
  const [, sign, whole, fraction = ''] =
    /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? assert.fail(`no decimal: ${text}`)
  if (/[^0]/.test(fraction.slice(scale))) return `${text} beyond the scale`
  const digits = BigInt(whole! + fraction.slice(0, scale).padEnd(scale, '0'))
  return `${digits === 0n ? '' : sign}${digits}`
}
