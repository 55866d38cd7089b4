import { findTrailer, maxTrailerBytes } from '../codec/stream/find-trailer.js'
import type { ChunkPool } from '../compression/chunk-pool.js'
import { type CompressionName, compressionOf, loadCompression } from '../compression/compression.js'
import { GatheredOutput } from '../compression/gathered-output.js'
import type { RangeDecoder, RangeFormat } from '../download/range-decoder.js'
import { TunnelChecksumError, TunnelProtocolError } from '../errors.js'
import type { Column } from '../schema/table-schema.js'
import { checksumShift, combineChecksums } from '../wire/crc32c-combine.js'
import type { CopyVerification } from './copy-options.js'
import {
  type FirstBytes,
  PlainContent,
  type RangeContent,
  SnappyContent,
  takeBytes,
} from './range-content.js'

/*
 * Rows that stay bytes. A range's answer is the bytes of its records, which are the same in any block of any table with these
 * columns, and a trailer, which isn't. What is kept of the trailer is all that the next one needs: how many records there
 * are, and the checksum over their checksums. Nothing within the bytes says where a record ends, so that an answer that was
 * cut is of no use unless somebody has read it: with `'trailer'` its range is asked for again as a whole, with `'records'`
 * from the first record on that was not complete.
 */

/** Whole records, one behind the other: first those in frames that are compressed, then those that aren't. */
export interface RawRecords extends FirstBytes {
  readonly rows: number
  readonly rawBytes: number
  /** CRC-32C over the checksums of the records. */
  readonly checksum: number
}

/** How many bytes the checksums of so many records are, as they are fed to the checksum over them. */
const checksumBytes = (rows: number): number => 4 * rows

/** The checksum over the checksums of records and of those behind them. */
export const joinChecksums = (first: number, second: number, rowsOfSecond: number): number =>
  combineChecksums(first, second, checksumShift(checksumBytes(rowsOfSecond)))

/** The checksum of those behind: joining is its own inverse. */
const checksumBehind = (first: number, both: number, rowsBehind: number): number =>
  joinChecksums(first, both, rowsBehind)

/** With this version the service sends no metrics, which could not be handed on (protocol 3.1). */
const headers = { 'x-odps-tunnel-version': '5' }

/** More in one range can't be kept without knowing where its records end. */
const maxRangeBytes = 2 ** 30

/**
 * @param compression that of the blocks, for which snappy isn't unpacked where nobody looks into it
 * @param pool where the blocks' buffers go back to: what isn't unpacked lies in its buffers from the start
 */
export const rawFormat = (
  verify: CopyVerification,
  compression: CompressionName,
  pool: ChunkPool,
): RangeFormat<RawRecords> => {
  if (verify === 'records') return { headers, load: loadRecordsDecoder }
  const asSent = compression === 'snappy' ? compression : undefined
  return { headers, asSent, copiesBytes: 'as sent', load: () => loadTrailerDecoder(asSent, pool) }
}

const loadTrailerDecoder = async (
  asSent: CompressionName | undefined,
  pool: ChunkPool,
): ReturnType<RangeFormat<RawRecords>['load']> => {
  if (asSent !== undefined) await loadCompression(asSent)
  return ({ contentEncoding }, firstRow, rowsAsked) => {
    const isPacked = asSent !== undefined && compressionOf(contentEncoding) === asSent
    const collector = isPacked ? new PooledPieces(pool) : new PlainPieces()
    return new TrailerDecoder(firstRow, rowsAsked, collector)
  }
}

const loadRecordsDecoder: RangeFormat<RawRecords>['load'] = async () => {
  const { createRecordVerifier } = await import('../codec/rows/record-verifier.js')
  return ({ columns }, firstRow) => new RecordsDecoder(columns, firstRow, createRecordVerifier)
}

/** What comes of an answer, until its end says what it is. */
interface Pieces {
  push(chunk: Buffer): void
  open(): RangeContent
}

/**
 * Copied together: a range stays for a while, and the buffers of a socket that are kept make the engine collect garbage for them
 * again and again, which costs several times what copying does.
 */
class PooledPieces implements Pieces {
  readonly #gathered: GatheredOutput

  constructor(pool: ChunkPool) {
    this.#gathered = new GatheredOutput(pool)
  }

  push(chunk: Buffer): void {
    this.#gathered.put(chunk)
  }

  open(): RangeContent {
    return new SnappyContent(this.#gathered.take())
  }
}

class PlainPieces implements Pieces {
  readonly #pieces: Buffer[] = []

  push(chunk: Buffer): void {
    this.#pieces.push(chunk)
  }

  open(): RangeContent {
    return new PlainContent(this.#pieces)
  }
}

/** Keeps the bytes of a range until its trailer says what they are. */
class TrailerDecoder implements RangeDecoder<RawRecords> {
  readonly #firstRow: number
  readonly #rowsAsked: number
  readonly #pieces: Pieces
  #sentBytes = 0
  rows = 0
  /** Counted at the end, when they are known. */
  rawBytes = 0
  ended = false

  constructor(firstRow: number, rowsAsked: number, pieces: Pieces) {
    this.#firstRow = firstRow
    this.#rowsAsked = rowsAsked
    this.#pieces = pieces
  }

  push(chunk: Buffer): void {
    this.#sentBytes += chunk.length
    if (this.#sentBytes > maxRangeBytes) throw this.#tooLarge()
    this.#pieces.push(chunk)
  }

  end(items: RawRecords[]): void {
    const content = this.#pieces.open()
    this.rawBytes = content.rawBytes
    if (this.rawBytes > maxRangeBytes) throw this.#tooLarge()
    const tail = findTail(content)
    if (tail === undefined) throw this.#cut()
    const { rows, checksum, metrics, bytes } = tail
    if (metrics !== undefined && metrics.expected !== metrics.actual) throw wrongMetrics(metrics)
    if (rows !== this.#rowsAsked) throw this.#otherCount(rows)
    this.rows = rows
    this.ended = true
    const rawBytes = this.rawBytes - bytes
    items.push({ ...content.takeFirst(rawBytes), rows, rawBytes, checksum })
  }

  #cut(): TunnelProtocolError {
    const what = `The range of ${this.#rowsAsked} rows from row ${this.#firstRow} ended without its trailer; request it again`
    return new TunnelProtocolError('ODPS_TRUNCATED_STREAM', what, { retryable: true })
  }

  #otherCount(rows: number): TunnelProtocolError {
    const what = `The range of ${this.#rowsAsked} rows from row ${this.#firstRow} has a trailer for ${rows} rows; request it again`
    return new TunnelProtocolError('ODPS_COUNT_MISMATCH', what, { retryable: true })
  }

  #tooLarge(): TunnelProtocolError {
    const what = `The range of ${this.#rowsAsked} rows from row ${this.#firstRow} has more than ${maxRangeBytes} bytes, too many to keep; copy with a smaller rangeRows, or with verify: 'records'`
    return new TunnelProtocolError('ODPS_ROW_TOO_LARGE', what)
  }
}

/** Looks at a short end first: only text for metrics makes a trailer long, or text that looks like one. */
const findTail = (content: RangeContent) => {
  for (let wanted = 4096; ; wanted *= 64) {
    const end = content.last(Math.min(wanted, maxTrailerBytes))
    const found = findTrailer(end)
    if (found !== undefined) return { ...found, bytes: end.length - found.at }
    if (wanted >= maxTrailerBytes || end.length === content.rawBytes) return undefined
  }
}

const wrongMetrics = ({ expected, actual }: { expected: number; actual: number }): TunnelChecksumError =>
  new TunnelChecksumError(
    'The checksum of the metrics in the trailer does not match; request the range again',
    {
      ...{ scope: 'metrics', expected, actual, retryable: true },
    },
  )

/** Hands records on as soon as they are read and good. */
class RecordsDecoder implements RangeDecoder<RawRecords> {
  readonly #verifier: import('../codec/rows/record-verifier.js').RecordVerifier
  readonly #pieces: Buffer[] = []
  rows = 0
  rawBytes = 0
  #givenBytes = 0
  #checksum = 0

  constructor(
    columns: readonly Column[],
    firstRow: number,
    create: typeof import('../codec/rows/record-verifier.js').createRecordVerifier,
  ) {
    this.#verifier = create(columns, firstRow)
  }

  get ended(): boolean {
    return this.#verifier.ended
  }

  push(chunk: Buffer, items: RawRecords[]): void {
    this.rawBytes += chunk.length
    this.#pieces.push(chunk)
    this.#verifier.push(chunk)
    const { rows: allRows, recordBytes, checksum } = this.#verifier
    const rows = allRows - this.rows
    if (rows === 0) return
    const rawBytes = recordBytes - this.#givenBytes
    const pieces = takeBytes(this.#pieces, rawBytes)
    items.push({
      packed: [],
      pieces,
      rows,
      rawBytes,
      checksum: checksumBehind(this.#checksum, checksum, rows),
    })
    this.rows = allRows
    this.#givenBytes = recordBytes
    this.#checksum = checksum
  }

  end(): void {
    if (this.ended) return
    const what = `The record stream was cut: it ended after ${this.rows} whole rows without its trailer; request the rest again`
    throw new TunnelProtocolError('ODPS_TRUNCATED_STREAM', what, { retryable: true })
  }
}
