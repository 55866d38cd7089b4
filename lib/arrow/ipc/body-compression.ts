import { constants } from 'node:buffer'
import { decompress } from '../../compression/decompressor.js'
import { decompressLz4 } from '../../compression/lz4.js'
import { decodeLz4Block } from '../../compression/lz4-block.js'
import { TunnelError } from '../../errors.js'
import type { ArrowBatch, ArrowData } from './batch.js'
import { ArrowError } from './error.js'

/*
 * Compressed bodies: each buffer is the length that it decodes to, in 8 bytes, and an LZ4 or Zstandard frame; with the
 * length -1 the bytes follow as they are. The length is a claim: output is gathered as it comes, and stops there.
 */

const lengthBytes = 8
const plain = -1n

type Codec = ArrowBatch['codec']

/** The same with all buffers decompressed. */
export const inflate = async (data: ArrowData, codec: Codec): Promise<ArrowData> => {
  if (codec === undefined) return data
  const buffers: Uint8Array[] = []
  for (const buffer of data.buffers) buffers.push(await inflateBuffer(buffer, codec, data))
  const children: ArrowData[] = []
  for (const child of data.children) children.push(await inflate(child, codec))
  return { ...data, buffers, children }
}

const inflateBuffer = async (
  bytes: Uint8Array,
  codec: 'lz4' | 'zstd',
  { field }: ArrowData,
): Promise<Uint8Array> => {
  if (bytes.length === 0) return bytes
  const damaged = (what: string, cause?: unknown): ArrowError =>
    new ArrowError(`field '${field.name}' has a compressed buffer ${what}`, { cause })
  if (bytes.length < lengthBytes) throw damaged('without a length')
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)
  const body = bytes.subarray(lengthBytes)
  if (length === plain) return body
  // Nothing is compressed to nothing at all.
  if (length === 0n && body.length === 0) return body
  if (length < 0n || length > BigInt(constants.MAX_LENGTH)) throw damaged(`of the length ${length}`)
  try {
    return await gather(framesOf(body, codec), Number(length))
  } catch (cause) {
    if (!(cause instanceof TunnelError) || cause.code === 'ODPS_MISSING_PACKAGE') throw cause
    throw damaged(`that cannot be decoded: ${cause.message}`, cause)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

/** Without the package for LZ4, which pandas compresses its files with. */
const framesOf = (body: Uint8Array, codec: 'lz4' | 'zstd'): AsyncIterable<Buffer> =>
  codec === 'lz4' ? decompressLz4(once(body), decodeLz4Block) : decompress('zstd', once(body))

const gather = async (pieces: AsyncIterable<Buffer>, length: number): Promise<Uint8Array> => {
  const gathered: Buffer[] = []
  let got = 0
  for await (const piece of pieces) {
    got += piece.length
    if (got > length) break
    gathered.push(piece)
  }
  if (got !== length)
    throw new ArrowError(`a compressed buffer does not decode to the ${length} bytes it announces`)
  return gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered)
}
