import { damaged, truncated } from './damage.js'
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

/**
 * The chunks of data of a whole stream, in order.
 * @throws TunnelProtocolError ODPS_TRUNCATED_STREAM, ODPS_MALFORMED_STREAM as decompressing it does, but for what shows only
 * within a chunk
 */
export const readSnappyFrames = (stream: Buffer): SnappyFrame[] => {
  const frames: SnappyFrame[] = []
  if (stream.length < snappyIdentifier.length) throw truncated('the snappy stream identifier is not complete')
  if (!stream.subarray(0, snappyIdentifier.length).equals(snappyIdentifier))
    throw damaged('the snappy stream identifier is missing')
  for (let at = snappyIdentifier.length; at < stream.length; ) {
    if (at + headerBytes > stream.length) throw truncated('inside the header of a snappy chunk')
    const header = stream.readUInt32LE(at)
    const [type, length] = [header & 0xff, header >>> 8]
    const end = at + headerBytes + length
    if (type <= 0x01) checkSnappyLength(type, length)
    else if (type < 0x80) throw damaged(`the snappy chunk type ${type} is reserved`)
    if (end > stream.length) throw truncated('inside a snappy chunk')
    const body = stream.subarray(at + headerBytes, end)
    if (type <= 0x01) frames.push({ at, end, rawBytes: snappyDecodedLength(type, body) })
    else if (type === 0xff && !body.equals(snappyIdentifier.subarray(headerBytes)))
      throw damaged('a snappy stream identifier is wrong')
    at = end
  }
  return frames
}

/**
 * One chunk decoded, and compared with its checksum.
 * @throws TunnelProtocolError ODPS_MALFORMED_STREAM
 */
export const decodeSnappyFrame = (stream: Buffer, { at, end }: SnappyFrame): Buffer =>
  decodeSnappyBody(stream[at]!, stream.subarray(at + headerBytes, end))
