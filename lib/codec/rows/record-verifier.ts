import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { layoutsOf } from '../codec-of.js'
import { slackOf } from '../generated/decoder-code.js'
import { StreamTotals } from '../stream/totals.js'
import { StreamWalker } from '../stream/walker.js'
import { ByteWindow } from '../stream/window.js'
import { createStagedVerifier, type StagedReader } from '../wasm/decode.js'

/*
 * Records that are handed on as they came, but not unseen: each is read as a decoder reads it, and its checksum compared,
 * only no values are made of it. What is left is how far the bytes are good.
 */

const defaultMaxRowBytes = 256 * 1024 * 1024
const pieceBytes = 64 * 1024

export interface RecordVerifier {
  /**
   * Takes bytes of a stream.
   * @throws TunnelProtocolError, TunnelChecksumError as a decoder does
   */
  push(chunk: Uint8Array): void
  /** Good records so far. */
  readonly rows: number
  /** Bytes of these records. */
  readonly recordBytes: number
  /** The checksum over their checksums. */
  readonly checksum: number
  /** Whether the trailer was seen and agrees. */
  readonly ended: boolean
}

/** Good records, one behind the other. */
export interface GoodRecords {
  /** Only until the next ones are asked for. */
  readonly bytes: Buffer
  /** Of each record where it ends in `bytes`, and its checksum, in turns. */
  readonly tails: Uint32Array
  /** Of one record that was read carefully: how many bytes stand before its END_RECORD. */
  readonly fieldBytes: number | undefined
}

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know. */
export const createRecordVerifier = (columns: readonly Column[], firstRow = 0): RecordVerifier =>
  new StreamVerifier(columns, { firstRow })

export interface VerifierOptions {
  /** Index of the first record in messages. Default 0. */
  readonly firstRow?: number
  /** Default 256 MiB. */
  readonly maxRowBytes?: number
  /** Always without WebAssembly. Default false. */
  readonly carefully?: boolean
}

export class StreamVerifier implements RecordVerifier {
  readonly #window: ByteWindow
  readonly #totals = new StreamTotals()
  readonly #walker: StreamWalker
  readonly #staged: StagedReader | undefined
  recordBytes = 0
  ended = false

  constructor(
    columns: readonly Column[],
    { firstRow = 0, maxRowBytes = defaultMaxRowBytes, carefully = false }: VerifierOptions,
  ) {
    const layouts = layoutsOf(columns)
    const limits = { maxRowBytes, firstRow }
    this.#window = new ByteWindow(slackOf(columns.length), pieceBytes)
    this.#walker = new StreamWalker(this.#window, layouts, this.#totals, limits)
    if (!carefully) this.#staged = createStagedVerifier(columns, layouts, limits)
  }

  get rows(): number {
    return this.#totals.rows
  }

  get checksum(): number {
    return this.#totals.checksum
  }

  push(chunk: Uint8Array): void {
    for (const _ of this.read(chunk));
  }

  /** Takes bytes of a stream, all of which must be taken out; gives what is good as soon as it is read. */
  *read(chunk: Uint8Array): Generator<GoodRecords, void, undefined> {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      this.#window.append(chunk.subarray(from, from + pieceBytes))
      while (this.#window.length > 0) {
        if (this.ended) throw trailingBytes()
        const records = this.#readStaged() ?? this.#walk()
        if (records === undefined) break
        this.recordBytes += records.bytes.length
        yield records
      }
    }
  }

  /** WebAssembly goes as far as it can. */
  #readStaged(): GoodRecords | undefined {
    if (this.#staged === undefined || this.#walker.busy) return undefined
    const { bytes, start } = this.#window
    const lists: Uint32Array[] = []
    if (this.#staged.readInto(this.#window, this.#totals, lists) === 0) return undefined
    const tails = joined(lists)
    return { bytes: bytes.subarray(start, start + tails.at(-2)!), tails, fieldBytes: undefined }
  }

  /** One step over what it left; undefined when there is no whole record. */
  #walk(): GoodRecords | undefined {
    const step = this.#walker.walk()
    if (step === 'starved') return undefined
    const { checksum, walkedBytes, fieldBytes } = this.#walker
    const bytes = this.#window.slice(0, walkedBytes)
    this.#window.drop(walkedBytes)
    if (step === 'record') {
      this.#totals.add(checksum)
      return { bytes, tails: Uint32Array.of(walkedBytes, checksum), fieldBytes }
    }
    this.ended = true
    if (this.#window.length > 0) throw trailingBytes()
    return undefined
  }
}

const joined = (lists: readonly Uint32Array[]): Uint32Array => {
  if (lists.length === 1) return lists[0]!
  const all = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0))
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all
}

const trailingBytes = (): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_MALFORMED_STREAM', 'The record stream continues after its trailer', {
    retryable: true,
  })
