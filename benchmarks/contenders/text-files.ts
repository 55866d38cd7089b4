/* Files of text in memory, beside rows in memory: CSV, TSV and lines of JSON to records, and records to them. */
import { openDelimited } from '../../lib/cli/formats/csv/source.js'
import { openJson } from '../../lib/cli/formats/json/source.js'
import { writerOf } from '../../lib/cli/formats/open-writer.js'
import type { RowSource } from '../../lib/cli/formats/row-source.js'
import type { FileBatch, FileWriter } from '../../lib/cli/formats/row-writer.js'
import type { TextOptions } from '../../lib/cli/formats/text-options.js'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { PrintedRows } from '../../lib/codec/rows/record-printing.js'
import { decodedBatches, type HeldName, type HeldRows } from './held-rows.js'
import type { Part } from './part.js'

const formats = { csv: 'CSV', tsv: 'TSV', ndjson: 'lines of JSON' } as const
type Format = keyof typeof formats

/** How often a file has the rows: what it costs to open one shall not weigh, nor the first thousand lines of JSON. */
const rounds: Readonly<Record<HeldName, number>> = { narrow: 40, wide: 20, text: 20 }
/** As the command line reads a file. */
const chunkBytes = 256 * 1024

interface TextFile {
  readonly header: Buffer
  /** All rows once. */
  readonly body: Buffer
}

export interface TextFileParts {
  readonly toRecords: readonly Part[]
  readonly fromRecords: readonly Part[]
}

/** @throws Error where bytes or records are not those of the careful way */
export const textFileParts = async (held: HeldRows, text: TextOptions): Promise<TextFileParts> => {
  const toRecords: Part[] = []
  const fromRecords: Part[] = []
  for (const format of Object.keys(formats) as Format[]) {
    const writer = await writerOf(held.columns, format, text)
    const file = await carefulFile(held, writer, format)
    proveBytes(held, writer, file, format)
    await proveRecords(held, file, format, text)
    fromRecords.push({
      name: `${held.name}, records to ${formats[format]}`,
      unit: 'rows/CPU s',
      run: () => {
        print(held, writer, () => {})
        return held.rows.length
      },
    })
    toRecords.push({
      name: `${held.name}, ${formats[format]} to records`,
      unit: 'rows/CPU s',
      run: () => toRecordsOf(held, file, format, text, rounds[held.name], () => {}),
    })
  }
  return { toRecords, fromRecords }
}

/** Printed from values, cell by cell. */
const carefulFile = async (
  { columns, stream }: HeldRows,
  { write }: FileWriter,
  format: Format,
): Promise<TextFile> => {
  async function* batches(): AsyncGenerator<FileBatch> {
    yield* decodedBatches(columns, stream, {
      ...({ string: 'exact', map: 'pairs', json: 'text' } as const),
    }) as Generator<FileBatch & unknown[]>
  }
  const pieces: Uint8Array[] = []
  for await (const { bytes } of write(batches())) pieces.push(Buffer.from(bytes))
  const all = Buffer.concat(pieces)
  const headerEnd = format === 'ndjson' ? 0 : all.indexOf('\n') + 1
  return { header: all.subarray(0, headerEnd), body: all.subarray(headerEnd) }
}

const print = (
  { columns, stream }: HeldRows,
  { printing }: FileWriter,
  take: (bytes: Buffer) => void,
): void => {
  for (const items of decodedBatches(columns, stream, { printing }))
    for (const item of items) {
      if (!(item instanceof PrintedRows)) throw new Error('a row was not printed in WebAssembly')
      take(item.bytes)
      item.release()
    }
}

const proveBytes = (held: HeldRows, writer: FileWriter, { body }: TextFile, format: Format): void => {
  const pieces: Buffer[] = []
  print(held, writer, bytes => pieces.push(Buffer.from(bytes)))
  if (!Buffer.concat(pieces).equals(body))
    throw new Error(`${held.name}: ${formats[format]} of records is not that of their rows`)
}

const proveRecords = async (
  held: HeldRows,
  file: TextFile,
  format: Format,
  text: TextOptions,
): Promise<void> => {
  const pieces: Buffer[] = []
  await toRecordsOf(held, file, format, text, 2, bytes => pieces.push(Buffer.from(bytes)))
  if (!Buffer.concat(pieces).equals(Buffer.concat([held.records, held.records])))
    throw new Error(`${held.name}: the records of ${formats[format]} are not those of its rows`)
}

async function* chunksOf({ header, body }: TextFile, times: number): AsyncGenerator<Buffer> {
  yield header
  for (let i = 0; i < times; i++)
    for (let from = 0; from < body.length; from += chunkBytes) yield body.subarray(from, from + chunkBytes)
}

/**
 * @param take what is given is good until the next time
 * @returns how many rows there were
 */
const toRecordsOf = async (
  { columns }: HeldRows,
  file: TextFile,
  format: Format,
  text: TextOptions,
  times: number,
  take: (records: Uint8Array) => void,
): Promise<number> => {
  const chunks = chunksOf(file, times)
  const source: RowSource =
    format === 'ndjson' ? await openJson(chunks, format, text) : await openDelimited(chunks, format, text)
  const encoder = createRecordEncoder(columns)
  const [fieldOf, records] = [columns.map((_, i) => i), {}]
  let [rows, asRecords] = [0, 0]
  for await (const batch of source.rows({ columns, fieldOf, strict: true, records })) {
    for (let i = 0; i < batch.rows.length; i++) encoder.write(batch.rows[i], i)
    rows += batch.rows.length
    if (batch.rows.length > 0) take(encoder.take())
    if (batch.records === undefined) continue
    take(batch.records.bytes)
    rows += batch.records.rows
    asRecords += batch.records.rows
  }
  await source.close()
  if (asRecords < rows / 2) throw new Error('records did not come the way they should')
  return rows
}
