import { isDeepStrictEqual } from 'node:util'
import { createRecordDecoder } from '../codec/rows/record-decoder.js'
import { createRecordEncoder } from '../codec/rows/record-encoder.js'
import { findTrailer } from '../codec/stream/find-trailer.js'
import { decompress } from '../compression/decompressor.js'
import type { Column } from '../schema/table-schema.js'
import { type Answer, expectDone } from './answer.js'
import { different } from './finding.js'

export type Rows = readonly (readonly unknown[])[]

/** Rows as one block has them: records, count, checksum. */
export const encodeRows = (columns: readonly Column[], rows: Rows): Buffer => {
  const encoder = createRecordEncoder(columns)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return Buffer.from(encoder.finish())
}

/** The raw bytes of an answer, by its Content-Encoding. */
export const rawBytesOf = async ({ headers, body }: Answer): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of decompress(headers['content-encoding'], chunksOf(body))) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function* chunksOf(body: Buffer): AsyncGenerator<Buffer> {
  yield body
}

export interface Decoded {
  readonly rows: Rows
  /** Of the footer. */
  readonly metrics: string | undefined
}

/** What a local round trip makes of rows: cells as they are read, not as they are written. */
const readBack = (columns: readonly Column[], rows: Rows): Rows => {
  const decoder = createRecordDecoder(columns)
  const back: unknown[][] = []
  decoder.push(encodeRows(columns, rows), back)
  return back
}

/**
 * The checksum over the checksums of all records is enough where it agrees. Where it doesn't, values may be spelled otherwise and be
 * the same.
 * @throws Finding that names the first row and column that differ, and no value
 * @returns whether the bytes that go into the checksum are the same
 */
export const expectSameRows = async (
  columns: readonly Column[],
  answer: Answer,
  expected: Rows,
): Promise<boolean> => {
  const raw = await rawBytesOf(expectDone(answer, 'the rows'))
  const { rows } = decodeRaw(columns, raw)
  const wanted = findTrailer(encodeRows(columns, expected))
  const found = findTrailer(raw)
  if (found?.rows === wanted?.rows && found?.checksum === wanted?.checksum) return true
  expectRows(columns, rows.map(spell(columns)), readBack(columns, expected).map(spell(columns)))
  return false
}

/** Padding and the zeros of a DECIMAL say nothing about a value. */
const spell =
  (columns: readonly Column[]) =>
  (row: readonly unknown[]): unknown[] =>
    row.map((cell, c) => {
      const { kind } = columns[c]!.type
      if (typeof cell !== 'string') return cell
      if (kind === 'char') return cell.trimEnd()
      return kind === 'decimal' && cell.includes('.') ? cell.replace(/\.?0+$/, '') : cell
    })

/** Every checksum is verified, and the stream has to be whole. @throws Finding, TunnelProtocolError, TunnelChecksumError */
export const decodeRows = async (columns: readonly Column[], answer: Answer): Promise<Decoded> =>
  decodeRaw(columns, await rawBytesOf(expectDone(answer, 'the rows')))

const decodeRaw = (columns: readonly Column[], raw: Buffer): Decoded => {
  const decoder = createRecordDecoder(columns)
  const rows: unknown[][] = []
  decoder.push(raw, rows)
  decoder.end()
  return { rows, metrics: decoder.metrics }
}

/** @throws Finding that names the first row and column that differ, and no value */
export const expectRows = (columns: readonly Column[], rows: Rows, expected: Rows): void => {
  if (rows.length !== expected.length) throw different(`${rows.length} rows, not ${expected.length}`)
  for (const [i, row] of rows.entries())
    for (const [c, column] of columns.entries()) {
      const [came, wanted] = [row[c], expected[i]![c]]
      if (isDeepStrictEqual(came, wanted)) continue
      const what = came === null ? 'NULL' : 'another value'
      throw different(
        `row ${i}, column ${column.name}: ${what}`,
        `${String(came)} instead of ${String(wanted)}`,
      )
    }
}
