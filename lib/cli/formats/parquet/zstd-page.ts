import { randomBytes } from 'node:crypto'
import zlib from 'node:zlib'
import { damaged } from '../../../compression/damage.js'
import { declaredBytes, type ZstdFrame, zstdFramesIn } from '../../../compression/zstd-frame.js'

/*
 * A page in Zstandard, which is one frame or several. Node's own decoder is absent before Node.js 22.15. The package's
 * decoder tells nobody how much a frame has made: it fills a room of the size that the header declares, keeps a block's
 * literals at the end of that room until they are used, and drops what is too much. So the frame is given one block more:
 * bytes of ours that nobody can know. Where they lie in the room the decoded bytes end, and nothing is written after them.
 */

const mark = randomBytes(16)

type DecodeFrame = (frame: ZstdFrame, maxBytes: number) => Uint8Array

/**
 * @param maxBytes what all frames together may decode to
 * @throws TunnelProtocolError for frames that are cut, damaged, decode to more or to other than they declare
 */
export const decodeZstdPage = (input: Uint8Array, maxBytes: number, decodeFrame: DecodeFrame): Uint8Array => {
  const parts: Uint8Array[] = []
  let left = maxBytes
  for (const frame of zstdFramesIn(Buffer.from(input.buffer, input.byteOffset, input.byteLength))) {
    const part = decodeFrame(frame, left)
    parts.push(part)
    left -= part.length
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

export const loadZstdFrameDecoder = async (): Promise<DecodeFrame> => {
  const { zstdDecompressSync: decode } = zlib as Partial<Pick<typeof zlib, 'zstdDecompressSync'>>
  if (decode === undefined) return loadPackageDecoder()
  return ({ bytes }, maxBytes) => decode(bytes, { maxOutputLength: Math.max(maxBytes, 1) })
}

export const loadPackageDecoder = async (): Promise<DecodeFrame> => {
  const [{ decompressZstd }, { xxhash64 }] = await Promise.all([
    import('hyparquet-compressors'),
    import('hyparquet/src/xxhash.js'),
  ])
  return (frame, maxBytes) => {
    const declared = declaredBytes(frame.header)
    const room = Math.min(maxBytes, frame.maxDecoded, declared)
    const decoded = decodeMarked(decompressZstd, frame, room)
    if (declared !== Number.POSITIVE_INFINITY && decoded.length !== declared)
      throw damaged('a zstd frame does not decode to the size it declares')
    if (frame.checksum !== undefined && Number(BigInt.asUintN(32, xxhash64(decoded))) !== frame.checksum)
      throw damaged('the checksum of a zstd frame')
    return decoded
  }
}

const decodeMarked = (
  decode: (input: Uint8Array) => Uint8Array,
  { blocks, lastBlock }: ZstdFrame,
  room: number,
): Uint8Array => {
  const input = Buffer.concat([headerOf(room + mark.length), blocks, markBlock])
  input[headerBytes + lastBlock]! &= ~isLast
  try {
    const output = decode(input)
    const end = Buffer.from(output.buffer, output.byteOffset, output.byteLength).lastIndexOf(mark)
    if (end < 0) throw new RangeError('no room was left for the mark')
    return output.subarray(0, end)
  } catch (cause) {
    throw damaged(`a zstd frame cannot be decoded into the ${room} bytes that it may have`, cause)
  }
}

const headerBytes = 9

/** One segment, as large as 4 bytes say: its window is all there is. */
const headerOf = (contentSize: number): Buffer => {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  header.writeUInt32LE(contentSize, 5)
  return header
}

const isLast = 1
/** A plain block, the last one. */
const markBlock = Buffer.from([isLast | (mark.length << 3), 0, 0, ...mark])
