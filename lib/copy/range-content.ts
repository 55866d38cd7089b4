import { PieceList } from '../compression/piece-list.js'
import { decodeSnappyFrame, readSnappyFrames, type SnappyFrame } from '../compression/snappy-frames.js'

/*
 * All bytes of a range's answer, of which only the end is looked at. Compressed with snappy they stay so: the trailer is found
 * in the last frames, and the frames before it go into a block as they came. Nobody has looked into these then; the records in
 * them carry their checksums to whoever unpacks them.
 */

/** What an answer holds. */
export interface RangeContent {
  /** Decompressed bytes. */
  readonly rawBytes: number
  /** The last bytes, decompressed: at least so many, or all. */
  last(bytes: number): Buffer
  /** The first bytes: whole frames that are compressed, and what is behind them. To be called once, last. */
  takeFirst(bytes: number): FirstBytes
}

export interface FirstBytes {
  /** Frames as they came. */
  readonly packed: readonly Buffer[]
  /** What follows them, not compressed. */
  readonly pieces: readonly Buffer[]
}

/** Bytes that are not compressed, or not any more. */
export class PlainContent implements RangeContent {
  readonly #pieces: Buffer[]
  readonly rawBytes: number

  /** @param pieces become the content's own */
  constructor(pieces: Buffer[]) {
    this.#pieces = pieces
    this.rawBytes = pieces.reduce((sum, { length }) => sum + length, 0)
  }

  last(bytes: number): Buffer {
    const last: Buffer[] = []
    let left = bytes
    for (let i = this.#pieces.length - 1; i >= 0 && left > 0; i--) {
      const piece = this.#pieces[i]!
      last.unshift(piece.subarray(Math.max(0, piece.length - left)))
      left -= piece.length
    }
    return Buffer.concat(last)
  }

  takeFirst(bytes: number): FirstBytes {
    return { packed: [], pieces: takeBytes(this.#pieces, bytes) }
  }
}

/** A stream of snappy frames. */
export class SnappyContent implements RangeContent {
  readonly #stream: PieceList
  readonly #frames: readonly SnappyFrame[]
  readonly rawBytes: number
  /** The last frames so far, decoded. */
  #tail: Buffer = Buffer.alloc(0)
  /** How many frames are before them. */
  #before: number

  /** @throws TunnelProtocolError ODPS_TRUNCATED_STREAM, ODPS_MALFORMED_STREAM */
  constructor(pieces: readonly Buffer[]) {
    this.#stream = new PieceList(pieces)
    this.#frames = readSnappyFrames(this.#stream)
    this.#before = this.#frames.length
    this.rawBytes = this.#frames.reduce((sum, { rawBytes }) => sum + rawBytes, 0)
  }

  last(bytes: number): Buffer {
    const decoded = [this.#tail]
    let length = this.#tail.length
    while (length < bytes && this.#before > 0) {
      const frame = decodeSnappyFrame(this.#stream, this.#frames[--this.#before]!)
      decoded.unshift(frame)
      length += frame.length
    }
    this.#tail = Buffer.concat(decoded)
    return this.#tail
  }

  takeFirst(bytes: number): FirstBytes {
    const packed: Buffer[] = []
    let [at, end, raw, kept] = [0, 0, 0, 0]
    for (const frame of this.#frames) {
      if (raw + frame.rawBytes > bytes) break
      if (frame.at !== end) {
        packed.push(...this.#stream.views(at, end))
        at = frame.at
      }
      end = frame.end
      raw += frame.rawBytes
      kept++
    }
    packed.push(...this.#stream.views(at, end))
    return { packed, pieces: raw === bytes ? [] : [this.#decoded(kept, bytes - raw)] }
  }

  /** The first bytes of the frames behind so many. */
  #decoded(frames: number, bytes: number): Buffer {
    const parts: Buffer[] = []
    let length = 0
    for (let i = frames; length < bytes; i++) {
      const part = decodeSnappyFrame(this.#stream, this.#frames[i]!)
      parts.push(part)
      length += part.length
    }
    return Buffer.concat(parts).subarray(0, bytes)
  }
}

/** Takes the first bytes out of the pieces. */
export const takeBytes = (pieces: Buffer[], bytes: number): Buffer[] => {
  const taken: Buffer[] = []
  let left = bytes
  while (left > 0) {
    const piece = pieces[0]!
    taken.push(piece.subarray(0, left))
    if (piece.length > left) pieces[0] = piece.subarray(left)
    else pieces.shift()
    left -= Math.min(left, piece.length)
  }
  return taken
}
