import { columnOf } from '../arrow/columns/column.js'
import { readBatch } from '../arrow/ipc/batch.js'
import { encodeBatch } from '../arrow/ipc/encode-message.js'
import { ArrowError } from '../arrow/ipc/error.js'
import type { ArrowField } from '../arrow/ipc/schema.js'
import { openArrowStream } from '../arrow/ipc/stream.js'
import { BatchReader } from '../arrow/tunnel/batch-reader.js'
import { Framer } from '../arrow/tunnel/frame.js'
import { wireForm } from '../arrow/tunnel/wire-forms.js'
import { type WireBatch, WireTypes } from '../arrow/tunnel/wire-types.js'
import type { Column } from '../schema/table-schema.js'
import { type Answer, expectDone } from './answer.js'
import { different } from './finding.js'
import { chunksOf, type Rows, rawBytesOf } from './records.js'

/** Rows as one block of the Arrow tunnel has them; text is UTF-8 there. */
export const encodeArrow = (columns: readonly Column[], rows: Rows): Buffer => {
  const framer = new Framer()
  const framed: Uint8Array[] = []
  const cells = columns.map((_, c) =>
    rows.map(row => (typeof row[c] === 'string' ? Buffer.from(row[c]) : row[c])),
  )
  const laidOut = columns.map((column, c) => wireForm(column.type).layOut(cells[c]!))
  if (rows.length > 0) framer.push(encodeBatch(rows.length, laidOut).bytes, framed)
  framer.end(framed)
  return Buffer.concat(framed)
}

export interface DecodedArrow {
  /** What the columns were found to be. */
  readonly fields: readonly ArrowField[]
  /** Text as text, everything else as it lies in the buffers. */
  readonly rows: Rows
  /** As the stream says. */
  readonly chunkBytes: number
}

/** Framing and checksums are verified; a schema, a dictionary or a compressed batch is refused. @throws Finding, TunnelError */
export const decodeArrow = async (columns: readonly Column[], answer: Answer): Promise<DecodedArrow> => {
  const raw = await rawBytesOf(expectDone(answer, 'the rows'))
  const reader = new BatchReader(new WireTypes(columns))
  const batches: WireBatch[] = []
  reader.push(raw, batches)
  reader.end(batches)
  const [first] = batches
  if (first === undefined) throw different('no rows')
  return { fields: first.fields, rows: batches.flatMap(rowsOf), chunkBytes: raw.readUInt32BE(0) }
}

const rowsOf = ({ columns, length }: WireBatch): unknown[][] => {
  const readers = columns.map(data => columnOf(data, () => []))
  return Array.from({ length }, (_, i) =>
    readers.map(({ at }) => {
      const value = at(i)
      return value instanceof Uint8Array ? Buffer.from(value).toString() : value
    }),
  )
}

/** Rows of an ordinary Arrow stream, which begins with a schema. @throws Finding */
export const countStreamRows = async (bytes: Buffer): Promise<number> => {
  try {
    const { fields, messages } = await openArrowStream(chunksOf(bytes))
    let rows = 0
    for await (const message of messages)
      if (message.kind === 'batch') rows += readBatch(message.header, fields, message).length
    return rows
  } catch (error) {
    if (error instanceof ArrowError) throw different('not an Arrow stream with a schema', error.message)
    throw error
  }
}
