import { encodeBatch } from '../../arrow/ipc/encode-message.js'
import { Framer } from '../../arrow/tunnel/frame.js'
import { createRecordDecoder } from '../../codec/rows/record-decoder.js'
import type { Column } from '../../schema/table-schema.js'
import { readStoredRecords } from '../store/read-rows.js'
import { asStored, storedValues } from '../store/stored-type.js'
import { type ArrowUse, arrowForm } from './arrow-forms.js'
import type { ServedDownload } from './served-download.js'

/**
 * Rows as the Arrow tunnel has them: record batches in framed chunks, one for each piece of the store (protocol 7).
 * @param columns undefined for all in their order
 */
export async function* arrowRows(
  { schema, segments }: ServedDownload,
  { start, count }: { readonly start: number; readonly count: number },
  columns: readonly Column[] | undefined,
  use: ArrowUse,
): AsyncGenerator<Buffer> {
  const parts = (columns ?? schema.columns).map(column => ({
    index: schema.columns.indexOf(column),
    form: arrowForm(column.type, use),
  }))
  const decoder = createRecordDecoder(schema.columns.map(asStored), storedValues)
  const framer = new Framer()
  const framed: Uint8Array[] = []
  for await (const records of readStoredRecords(segments, start, count)) {
    const rows: unknown[][] = []
    decoder.push(Buffer.concat(records), rows)
    const laidOut = parts.map(({ index, form }) => form.layOut(rows.map(row => row[index])))
    framer.push(encodeBatch(rows.length, laidOut).bytes, framed)
    yield Buffer.concat(framed.splice(0))
  }
  framer.end(framed)
  yield Buffer.concat(framed)
}
