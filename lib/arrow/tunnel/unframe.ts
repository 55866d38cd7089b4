import { TunnelChecksumError, TunnelProtocolError } from '../../errors.js'
import { crc32c } from '../../wire/crc32c.js'
import { checksumShift, combineChecksums } from '../../wire/crc32c-combine.js'
import { ByteQueue } from '../ipc/byte-queue.js'

/*
 * The chunk framing of the Arrow tunnel, read:
 *   stream := uint32 chunk size, { that many bytes, their CRC-32C }, fewer bytes, CRC-32C of all bytes       (big-endian)
 * Bytes go out only once a checksum has confirmed them, the last ones when the stream has ended. Each byte is hashed once:
 * the checksum of all is put together from those of the chunks.
 */

const wordBytes = 4

export class Unframer {
  /** Bytes that were confirmed, without the framing. */
  payloadBytes = 0
  #chunkBytes: number | undefined
  #shift = 0
  #total = 0
  readonly #bytes = new ByteQueue()

  /**
   * Takes bytes of the stream; what they confirm is appended to `confirmed`, as views.
   * @throws TunnelChecksumError, TunnelProtocolError ODPS_MALFORMED_STREAM
   */
  push(bytes: Uint8Array, confirmed: Uint8Array[]): void {
    if (bytes.length === 0) return
    this.#bytes.push(bytes)
    if (this.#chunkBytes === undefined) {
      if (this.#bytes.length < wordBytes) return
      this.#chunkBytes = wordOf(this.#bytes.take(wordBytes))
      this.#shift = checksumShift(this.#chunkBytes)
    }
    if (this.#chunkBytes === 0 && this.#bytes.length > 0)
      throw new TunnelProtocolError(
        'ODPS_MALFORMED_STREAM',
        'The Arrow stream announces chunks without bytes',
      )
    while (this.#bytes.length >= this.#chunkBytes + wordBytes) {
      const chunk = this.#bytes.take(this.#chunkBytes)
      const checksum = hash(chunk)
      this.#compare('a chunk', wordOf(this.#bytes.take(wordBytes)), checksum)
      this.#total = combineChecksums(this.#total, checksum, this.#shift)
      this.#confirm(chunk, confirmed)
    }
  }

  /**
   * The stream has ended. One without any bytes, or of a single zero word, is empty: clients write that for no batches.
   * @throws TunnelProtocolError ODPS_TRUNCATED_STREAM, TunnelChecksumError
   */
  end(confirmed: Uint8Array[]): void {
    if (this.#chunkBytes === undefined ? this.#bytes.length === 0 : this.#chunkBytes === 0) return
    const lastBytes = this.#bytes.length - wordBytes
    if (this.#chunkBytes === undefined || lastBytes < 0)
      throw new TunnelProtocolError('ODPS_TRUNCATED_STREAM', 'The Arrow stream ends without its checksum')
    const last = this.#bytes.take(lastBytes)
    const total = combineChecksums(this.#total, hash(last), checksumShift(lastBytes))
    this.#compare('the stream', wordOf(this.#bytes.take(wordBytes)), total)
    this.#confirm(last, confirmed)
  }

  #confirm(pieces: readonly Uint8Array[], confirmed: Uint8Array[]): void {
    for (const piece of pieces) {
      this.payloadBytes += piece.length
      confirmed.push(piece)
    }
  }

  #compare(what: string, expected: number, actual: number): void {
    if (expected === actual) return
    const message = `The checksum of ${what} in Arrow format is wrong: it says ${hex(expected)}, and the bytes have ${hex(actual)}`
    throw new TunnelChecksumError(message, { scope: 'stream', expected, actual })
  }
}

const hash = (pieces: readonly Uint8Array[]): number => {
  let checksum = 0
  for (const piece of pieces) checksum = crc32c(piece, checksum)
  return checksum
}

const wordOf = (pieces: readonly Uint8Array[]): number => {
  let word = 0
  for (const piece of pieces) for (const byte of piece) word = word * 256 + byte
  return word
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0')
