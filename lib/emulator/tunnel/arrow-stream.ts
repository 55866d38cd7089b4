import type { RecordBatchWriter, Schema } from 'apache-arrow'
import type { Column } from '../../schema/table-schema.js'
import { layOut } from './arrow-data.js'
import { type Arrow, arrowTypeOf } from './arrow-type.js'

/**
 * An Arrow IPC stream: the schema, a batch for each list of rows that is not empty, the end (protocol 6.6). Without rows
 * the schema stays, which the Java and Go clients want; and the Java client takes no batch without rows.
 */
export async function* formatArrow(
  arrow: Arrow,
  columns: readonly Column[],
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
): AsyncGenerator<Buffer> {
  const schema = new arrow.Schema(
    columns.map(({ name, type }) => new arrow.Field(name, arrowTypeOf(arrow, type), true)),
  )
  const { writer, take } = openWriter(arrow, schema)
  for await (const rows of batches) {
    if (rows.length === 0) continue
    const children = columns.map(({ type }, i) =>
      layOut(
        arrow,
        type,
        schema.fields[i]!.type,
        rows.map(row => row[i]),
      ),
    )
    const struct = new arrow.Struct(schema.fields)
    writer.write(new arrow.RecordBatch(schema, new arrow.Data(struct, 0, rows.length, 0, {}, children)))
    yield take()
  }
  writer.finish()
  yield take()
}

/** A writer whose bytes can be taken between two batches. */
const openWriter = (arrow: Arrow, schema: Schema): { writer: RecordBatchWriter; take: () => Buffer } => {
  const chunks: Uint8Array[] = []
  class Writer extends arrow.RecordBatchStreamWriter {
    protected override _write(chunk: Uint8Array): this {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      chunks.push(bytes)
      this._position += bytes.length
      return this
    }
  }
  const writer = new Writer()
  writer.reset(undefined, schema)
  return { writer, take: () => Buffer.concat(chunks.splice(0)) }
}
