import { damaged, truncated } from './damage.js'
import type { PieceList } from './piece-list.js'
import { checkSnappyLength, decodeSnappyBody, snappyDecodedLength, snappyIdentifier } from './snappy.js'

/*
 * A snappy stream is chunks that know nothing of each other, so whoever wants its bytes in another stream need not unpack
 * them: the chunks are found by their headers, and stay what they are, with the checksums of what they decode to.
 */

/** A chunk of data within a stream. */
export interface SnappyFrame {
  /** Where its header begins. */
  readonly at: number
  /** Where the next one begins. */
  readonly end: number
  /** Bytes that it says it decodes to, at most 65 536. */
  readonly rawBytes: number
}

const headerBytes = 4
/** A checksum, and as much of a block as its length may take. */
const bodyHeadBytes = 4 + 5

/**
 * The chunks of data of a whole stream, in order.
 * @throws TunnelProtocolError ODPS_TRUNCATED_STREAM, ODPS_MALFORMED_STREAM as decompressing it does, but for what shows only
 * within a chunk
 */
export const readSnappyFrames = (stream: PieceList): SnappyFrame[] => {
  const frames: SnappyFrame[] = []
  if (stream.length < snappyIdentifier.length) throw truncated('the snappy stream identifier is not complete')
  if (!stream.bytes(0, snappyIdentifier.length).equals(snappyIdentifier))
    throw damaged('the snappy stream identifier is missing')
  for (let at = snappyIdentifier.length; at < stream.length; ) {
    const from = at + headerBytes
    if (from > stream.length) throw truncated('inside the header of a snappy chunk')
    const header = stream.bytes(at, from).readUInt32LE()
    const [type, length] = [header & 0xff, header >>> 8]
    if (type <= 0x01) checkSnappyLength(type, length)
    else if (type < 0x80) throw damaged(`the snappy chunk type ${type} is reserved`)
    const end = from + length
    if (end > stream.length) throw truncated('inside a snappy chunk')
    if (type <= 0x01) frames.push({ at, end, rawBytes: decodedLength(stream, type, from, end) })
    else if (type === 0xff && !stream.bytes(from, end).equals(snappyIdentifier.subarray(headerBytes)))
      throw damaged('a snappy stream identifier is wrong')
    at = end
  }
  return frames
}

const decodedLength = (stream: PieceList, type: number, from: number, end: number): number =>
  snappyDecodedLength(type, stream.bytes(from, Math.min(end, from + bodyHeadBytes)), end - from)

/**
 * One chunk decoded, and compared with its checksum.
 * @throws TunnelProtocolError ODPS_MALFORMED_STREAM
 */
export const decodeSnappyFrame = (stream: PieceList, { at, end }: SnappyFrame): Buffer =>
  decodeSnappyBody(stream.bytes(at, at + 1)[0]!, stream.bytes(at + headerBytes, end))
