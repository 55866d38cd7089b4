import { readFile } from 'node:fs/promises'
import type { FileType } from '../../../lib/cli/formats/file-values/file-type.js'

/** A column as the script `golden/arrow.py` writes it down. */
export interface NotedColumn {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
}

export const readNote = async (path: string): Promise<readonly NotedColumn[]> =>
  JSON.parse(await readFile(`${path}.json`, 'utf8')) as readonly NotedColumn[]

/** A physical value in the form of the notes: digits, the 16 hex digits of a double, hex of bytes, lists. */
export const noted = (type: FileType, value: unknown): unknown => {
  if (value === null) return null
  switch (type.kind) {
    case 'boolean':
      return value
    case 'float':
      return bitsOf(value as number)
    case 'text':
    case 'json':
    case 'bytes':
    case 'uuid':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'list':
      return (value as unknown[]).map(each => noted(type.element, each))
    case 'map':
      return (value as [unknown, unknown][]).map(([k, v]) => [noted(type.key, k), noted(type.value, v)])
    case 'struct':
      return (value as unknown[]).map((each, i) => noted(type.fields[i]!.type, each))
    default:
      return String(value)
  }
}

const bitsOf = (value: number): string => {
  if (Number.isNaN(value)) return 'nan'
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}
