import type { Data, DataType, Schema } from 'apache-arrow'
import { encodeBatch, encodeSchema, endMark, type LaidOut } from '../../arrow/ipc/encode-message.js'
import type { ArrowField } from '../../arrow/ipc/schema.js'
import { type ApacheArrow, apacheArrow, type RecordBatch } from '../apache-arrow.js'
import type { OutputBatch } from './projection.js'

/* What becomes of the batches of a download: bytes of an Arrow IPC stream, or record batches of the package apache-arrow. */

export interface BatchOutput<Chunk> {
  /** @throws TunnelOptionError ODPS_MISSING_PACKAGE */
  prepare(): Promise<void>
  add(batch: OutputBatch, fields: readonly ArrowField[]): Chunk[]
  end(fields: readonly ArrowField[]): Chunk[]
}

/** A schema, the batches, an end mark, also where there are no rows. */
export class IpcOutput implements BatchOutput<Buffer> {
  #isBegun = false

  async prepare(): Promise<void> {}

  add(batch: OutputBatch, fields: readonly ArrowField[]): Buffer[] {
    const pieces = batch.pieces ?? [encodeBatch(batch.length, batch.columns).bytes]
    return [...this.#begin(fields), ...pieces.map(bytesOf)]
  }

  end(fields: readonly ArrowField[]): Buffer[] {
    return [...this.#begin(fields), Buffer.from(endMark)]
  }

  #begin(fields: readonly ArrowField[]): Buffer[] {
    if (this.#isBegun) return []
    this.#isBegun = true
    return [encodeSchema(fields).bytes]
  }
}

const bytesOf = (piece: Uint8Array): Buffer => Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)

export class RecordBatchOutput implements BatchOutput<RecordBatch> {
  #schema: Schema | undefined

  async prepare(): Promise<void> {
    await apacheArrow.load()
  }

  add({ length, columns }: OutputBatch, fields: readonly ArrowField[]): RecordBatch[] {
    const arrow = apacheArrow.loaded()
    // All batches of a stream share their schema.
    this.#schema ??= readSchema(arrow, fields)
    const schema = this.#schema
    const children = schema.fields.map(({ type }, i) => dataOf(arrow, type, columns[i]!))
    const type = new arrow.Struct(schema.fields)
    return [new arrow.RecordBatch(schema, arrow.makeData({ type, length, nullCount: 0, children }))]
  }

  end(): RecordBatch[] {
    return []
  }
}

const readSchema = (arrow: ApacheArrow, fields: readonly ArrowField[]): Schema =>
  arrow.tableFromIPC(Buffer.concat([encodeSchema(fields).bytes, endMark])).schema

/** The buffers of a column as the package has them, which are views of those that came. */
const dataOf = (arrow: ApacheArrow, type: DataType, column: LaidOut): Data => {
  const { length, nullCount, buffers, children } = column
  const [nullBitmap, first, second] = buffers
  const inner = (index: number): Data =>
    dataOf(arrow, type.children[index]!.type as DataType, children[index]!)
  const common = { type, length, nullCount, nullBitmap: nullCount > 0 ? nullBitmap : undefined }
  if (arrow.DataType.isStruct(type))
    return arrow.makeData({ ...common, type, children: children.map((_, i) => inner(i)) })
  if (arrow.DataType.isList(type))
    return arrow.makeData({ ...common, type, valueOffsets: offsets(first!), child: inner(0) })
  if (arrow.DataType.isMap(type))
    return arrow.makeData({ ...common, type, valueOffsets: offsets(first!), child: inner(0) })
  if (arrow.DataType.isUtf8(type) || arrow.DataType.isBinary(type))
    return arrow.makeData({ ...common, type, valueOffsets: offsets(first!), data: second! } as never)
  return arrow.makeData({ ...common, type, data: first! } as never)
}

/** Of no values the offsets may be absent. */
const offsets = (bytes: Uint8Array): Uint8Array => (bytes.length === 0 ? new Uint8Array(4) : bytes)
