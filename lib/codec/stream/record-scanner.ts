import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { endRecordTagBytes, tagBytes } from '../../wire/tags.js'
import { type GoodRecords, StreamVerifier, type VerifierOptions } from '../rows/record-verifier.js'

export { createRecordProjector, type ScannedRecord } from '../rows/record-projector.js'
export { encodeTrailer } from './trailer.js'

/** Records one behind the other, each with END_RECORD and its checksum in their shortest spelling. */
export interface ScannedRecords {
  /** Good until the next ones are asked for. */
  readonly bytes: Buffer
  /** Of each record where it ends in `bytes`, and its CRC-32C, unsigned, in turns. */
  readonly tails: Uint32Array
}

/**
 * Cuts a record stream into records, verified and not decoded: what is stored and served again as it came, as the emulator does,
 * needs no values. The fields stay as they came; the end of a record comes out in its shortest form, whatever spelling of it the
 * sender has chosen.
 */
export interface RecordScanner {
  /**
   * Takes a chunk, and gives every complete record whose checksum agrees. It must be iterated to its end.
   * @throws TunnelProtocolError, TunnelChecksumError as a decoder does; bytes after the trailer are refused too
   */
  scan(chunk: Uint8Array): Generator<ScannedRecords, void, undefined>
  /** @throws TunnelProtocolError ODPS_TRUNCATED_STREAM when no complete, verified trailer was seen. */
  end(): void
  readonly rows: number
  readonly ended: boolean
}

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know. */
export const createRecordScanner = (
  columns: readonly Column[],
  options: Pick<VerifierOptions, 'maxRowBytes' | 'carefully'> = {},
): RecordScanner => new StreamScanner(new StreamVerifier(columns, options))

class StreamScanner implements RecordScanner {
  readonly #verifier: StreamVerifier
  #failure: { error: unknown } | undefined

  constructor(verifier: StreamVerifier) {
    this.#verifier = verifier
  }

  get rows(): number {
    return this.#verifier.rows
  }

  get ended(): boolean {
    return this.#verifier.ended
  }

  *scan(chunk: Uint8Array): Generator<ScannedRecords, void, undefined> {
    if (this.#failure) throw this.#failure.error
    try {
      for (const records of this.#verifier.read(chunk)) yield shortest(records)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  end(): void {
    if (this.#failure) throw this.#failure.error
    if (this.ended) return
    const what = `The record stream was cut: it ended after ${this.rows} whole rows without its trailer`
    throw new TunnelProtocolError('ODPS_TRUNCATED_STREAM', what, { retryable: true })
  }
}

/** Nearly all are in their shortest spelling, and stay where they are. */
const shortest = (records: GoodRecords): ScannedRecords => {
  const { bytes, tails } = records
  for (let i = 0; i < tails.length; i += 2)
    if (!isShortest(bytes, tails[i]!, tails[i + 1]!)) return respelled(records)
  return records
}

const lastTagByte = endRecordTagBytes.at(-1)!

/** The last byte of the shortest tag stands where a longer one, or a longer checksum, has another. */
const isShortest = (bytes: Buffer, end: number, checksum: number): boolean =>
  bytes[end - 1 - varintBytes(checksum)] === lastTagByte

const varintBytes = (value: number): number => Math.ceil((32 - Math.clz32(value | 1)) / 7)

const respelled = ({ bytes, tails, fieldBytes }: GoodRecords): ScannedRecords => {
  const parts: Uint8Array[] = []
  const newTails = new Uint32Array(tails.length)
  let [from, end] = [0, 0]
  for (let i = 0; i < tails.length; i += 2) {
    const checksum = tails[i + 1]!
    const fields = bytes.subarray(from, fieldBytes ?? shortTagAt(bytes, tails[i]!))
    const tail = Uint8Array.from([...endRecordTagBytes, ...tagBytes(checksum)])
    parts.push(fields, tail)
    end += fields.length + tail.length
    newTails.set([end, checksum], i)
    from = tails[i]!
  }
  return { bytes: Buffer.concat(parts), tails: newTails }
}

/** Where the tag of four bytes before the checksum that ends at `end` begins: its last byte is below 128. */
const shortTagAt = (bytes: Buffer, end: number): number => {
  let checksumAt = end - 1
  while (bytes[checksumAt - 1]! > 127) checksumAt--
  return checksumAt - endRecordTagBytes.length
}
