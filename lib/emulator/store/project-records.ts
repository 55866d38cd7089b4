import { createRecordProjector, encodeTrailer } from '../../codec/stream/record-scanner.js'
import type { Column } from '../../schema/table-schema.js'
import { checksumOf, crcInt32, emptyRegister } from '../../wire/crc32c.js'
import { readStoredRecords } from './read-rows.js'
import type { Segment } from './table-store.js'

/** What to make records from, and of which of their fields. */
export interface Projection {
  readonly segments: readonly Segment[]
  /** The first row. Default 0. */
  readonly start?: number
  readonly count: number
  /** The columns of the records there are. */
  readonly columns: readonly Column[]
  /** The columns of the records to make, by name. */
  readonly names: readonly string[]
  /** CHAR(n) is stored as it came, and read n characters long. Default false. */
  readonly padChar?: boolean
  readonly metrics?: () => string | undefined
}

/** A record stream of some fields of records, numbered anew; no value is decoded. */
export async function* projectRecords(projection: Projection): AsyncGenerator<Buffer> {
  const { segments, start = 0, count, columns, names, padChar = false, metrics } = projection
  const project = createRecordProjector(columns, names, { padChar })
  let register = emptyRegister
  for await (const records of readStoredRecords(segments, start, count)) {
    const made = records.map(project)
    for (const { checksum } of made) register = crcInt32(register, checksum)
    yield Buffer.concat(made.map(record => record.bytes))
  }
  yield encodeTrailer(count, checksumOf(register), metrics?.())
}
