import { readFile } from 'node:fs/promises'
import type { AsyncBuffer } from 'hyparquet'
import type { FileType } from '../../../lib/cli/formats/file-values/file-type.js'
import { openParquetFile } from '../../../lib/cli/formats/parquet/file.js'

/* Values of a file in the form that golden/make_parquet.py describes. */

export interface PhysicalColumn {
  readonly name: string
  readonly type: FileType
  /** Undefined when the field cannot be read. */
  readonly values: unknown[] | undefined
}

/** Bytes in memory as the reader wants a file. */
export const accessTo = (file: Uint8Array): AsyncBuffer => {
  const bytes = Uint8Array.from(file)
  return { byteLength: bytes.length, slice: (start, end) => bytes.buffer.slice(start, end) }
}

/** @param file its path or its bytes */
export const readPhysical = async (
  file: string | URL | Uint8Array,
  isWanted: (name: string) => boolean = () => true,
): Promise<PhysicalColumn[]> => {
  const reader = await openParquetFile(
    accessTo(file instanceof Uint8Array ? file : await readFile(file)),
    'a file',
  )
  const columns = reader.fields.map(({ name, type }) => ({ name, type, values: [] as unknown[] }))
  const wanted = new Set([...columns.keys()].filter(i => isWanted(columns[i]!.name)))
  const unread = new Set<number>()
  for await (const batch of reader.batches(wanted))
    for (const [i, { type, values }] of columns.entries()) {
      const column = batch.columns[i]
      if (column === undefined) unread.add(i)
      else for (let row = 0; row < batch.rowCount; row++) values.push(canonical(type, column.at(row)))
    }
  return columns.map((column, i) => (unread.has(i) ? { ...column, values: undefined } : column))
}

const nanosOf = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }

const canonical = (type: FileType, value: unknown): unknown => {
  if (value === null) return null
  switch (type.kind) {
    case 'boolean':
      return value
    case 'float':
      return hexOfDouble(value as number)
    case 'timestamp':
      return String((value as bigint) * nanosOf[type.unit])
    case 'list':
      return (value as unknown[]).map(each => canonical(type.element, each))
    case 'map':
      return (value as [unknown, unknown][]).map(([k, v]) => [
        canonical(type.key, k),
        canonical(type.value, v),
      ])
    case 'struct':
      return type.fields.map((field, i) => canonical(field.type, (value as unknown[])[i]))
    default:
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
  }
}

const hexOfDouble = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN'
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}
