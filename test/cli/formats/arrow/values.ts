import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after } from 'node:test'
import { openArrowReader } from '../../../../lib/cli/formats/arrow/source.js'
import type { FileType } from '../../../../lib/cli/formats/file-values/file-type.js'

/** A column as the script `golden/arrow.py` writes it down. */
export interface NotedColumn {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
}

export const readNote = async (path: string): Promise<readonly NotedColumn[]> =>
  JSON.parse(await readFile(`${path}.note`, 'utf8')) as readonly NotedColumn[]

/** A physical value in the form of the notes: digits, the 16 hex digits of a double, hex of bytes, lists. */
const noted = (type: FileType, value: unknown): unknown => {
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

export interface ReadColumn {
  readonly name: string
  readonly values: unknown[]
}

const temporary = await mkdtemp(join(tmpdir(), 'odps-tunnel-arrow-'))
after(() => rm(temporary, { recursive: true }))

/** Everything in a file; a stream comes in chunks of 1 000 bytes. */
export const readBytes = async (bytes: Uint8Array, name: string): Promise<ReadColumn[]> => {
  const path = join(temporary, name)
  if (name.endsWith('.arrow')) {
    await writeFile(path, bytes)
    return readStart(path, bytes.length)
  }
  const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
    bytes.subarray(i * 1000, (i + 1) * 1000),
  )
  return readAll(path, undefined, () => Readable.from(chunks))
}

/** The same of a file that ends at `size`. */
export const readStart = (path: string, size: number): Promise<ReadColumn[]> =>
  readAll(path, size, () => assert.fail('a file is read at its places'))

const readAll = async (
  path: string,
  size: number | undefined,
  open: () => Readable,
): Promise<ReadColumn[]> => {
  const reader = await openArrowReader(
    {
      ...{ path, identity: path, size, isReadOnce: size === undefined },
      ...{ bytesRead: () => 0, open, release: () => {}, checkUnchanged: async () => {}, destroy: () => {} },
    },
    { name: path.endsWith('.arrow') ? 'arrow' : 'arrow-stream', compression: 'none' },
  )
  try {
    const columns = reader.fields.map(({ name }) => ({ name, values: [] as unknown[] }))
    for await (const batch of reader.batches(new Set(reader.fields.keys())))
      for (const [i, { type }] of reader.fields.entries())
        for (let row = 0; row < batch.rowCount; row++)
          columns[i]!.values.push(noted(type, batch.columns[i]!.at(row)))
    return columns
  } finally {
    await reader.close()
  }
}
