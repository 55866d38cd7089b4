import { encodeTrailer } from '../../codec/stream/record-scanner.js'
import {
  type CompressionName,
  compressionOf,
  contentEncodingOf,
  loadCompression,
} from '../../compression/compression.js'
import { compress } from '../../compression/compressor.js'
import type { Column } from '../../schema/table-schema.js'
import type { ServiceClock } from '../clock.js'
import type { ServiceReply } from '../server/service-reply.js'
import type { ServiceRequest } from '../service.js'
import { projectRecords } from '../store/project-records.js'
import { StoredRowReader } from '../store/read-rows.js'
import { joinChunks } from './join-chunks.js'
import { formatMetrics } from './metrics.js'
import { arrowRows } from './serve-arrow.js'
import type { ServedDownload } from './served-download.js'

/*
 * The body of a download. Records are stored as they came, so a range is sent by joining bytes; only a choice of
 * columns, or a CHAR to be padded, means decoding. The trailer's totals come from what is sent, after it.
 */

export interface ServedRange {
  readonly start: number
  readonly count: number
}

/**
 * Answers with a record stream (protocol 4, 6.3), or with record batches of Arrow (7).
 * @param columns undefined for all in their order
 * @throws ServiceRefusal InvalidArgument for a value that Arrow has no room for
 */
export const serveRows = async (
  session: ServedDownload,
  range: ServedRange,
  columns: readonly Column[] | undefined,
  request: ServiceRequest,
  { elapsed }: ServiceClock,
): Promise<ServiceReply> => {
  const startedAt = elapsed()
  const takesMetrics = Number(request.headers['x-odps-tunnel-version']) >= 6
  const metrics = takesMetrics ? () => formatMetrics(elapsed() - startedAt) : () => undefined
  const stream = request.query.has('arrow')
    ? await arrowRows(session, range, columns, request.resource?.kind === 'instances' ? 'result' : 'tunnel')
    : recordStreamOf(session, range, columns, metrics)
  const compression = await chooseCompression(request.headers['accept-encoding'])
  const body = joinChunks(stream)
  const encoding = encodingOf(compression, request.headers['accept-encoding'])
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      ...(encoding !== undefined && { 'Content-Encoding': encoding }),
    },
    body: encoding === undefined ? body : compress(compression, body),
  }
}

/** What a stream of records is made from. */
type RecordSource = Pick<ServedDownload, 'schema' | 'segments'>

/** The records of a range and the trailer, raw. */
export const recordStreamOf = (
  source: RecordSource,
  range: ServedRange,
  columns: readonly Column[] | undefined,
  metrics: () => string | undefined,
): AsyncGenerator<Buffer> => {
  const isStored = columns === undefined && !source.schema.columns.some(hasChar)
  if (isStored) return storedRows(source, range, metrics)
  const { schema, segments } = source
  const names = (columns ?? schema.columns).map(column => column.name)
  return projectRecords({ ...range, segments, columns: schema.columns, names, padChar: true, metrics })
}

/** Its values are padded when they are read, not when they are stored. */
const hasChar = (column: Column): boolean => column.type.kind === 'char'

async function* storedRows(
  { segments }: RecordSource,
  { start, count }: ServedRange,
  metrics: () => string | undefined,
): AsyncGenerator<Buffer> {
  const reader = new StoredRowReader(segments)
  yield* reader.read(start, count)
  yield encodeTrailer(count, reader.checksum, metrics())
}

/** LZ4 has two names, one for records and one for Arrow (protocol 5); the one that was asked for is answered. */
const encodingOf = (compression: CompressionName, acceptEncoding: string | undefined): string | undefined =>
  compression === 'lz4' ? acceptEncoding?.trim().toLowerCase() : contentEncodingOf(compression)

/**
 * A header that names one of the tunnel's encodings asks for it. Anything else gets raw bytes: HTTP libraries send lists
 * of their own accord, and answering raw is always allowed (protocol 5.1).
 */
const chooseCompression = async (acceptEncoding: string | undefined): Promise<CompressionName> => {
  try {
    const name = compressionOf(acceptEncoding)
    await loadCompression(name)
    return name
  } catch {
    return 'raw'
  }
}
