import { crc32c } from '../wire/crc32c.js'
import type { Compressor } from './block-compressor.js'
import { ChunkPool } from './chunk-pool.js'
import { ChunkReader } from './chunk-reader.js'
import { damaged, truncated } from './damage.js'
import { GatheredOutput } from './gathered-output.js'
import { snappyBlockLength } from './snappy-block.js'
import { loadedSnappy } from './snappy-package.js'

/*
 * The snappy framing format (protocol 5.2):
 *   stream := identifier chunk*
 *   chunk  := type (1 byte) length (3 bytes LE) body
 *   00 compressed: masked CRC-32C of the decoded bytes (4 bytes LE), raw snappy block     01 plain: CRC, bytes
 *   ff identifier: "sNaPpY"     80-fe: to be skipped     02-7f: not allowed
 * A chunk decodes to at most 65536 bytes. There is no end mark: a cut between chunks shows only in the records.
 */

export const snappyIdentifier: Buffer = Buffer.from('ff060000734e61507059', 'hex')
const maxDecodedBytes = 1 << 16
/** Type, length and checksum. */
const headBytes = 8
/** Snappy's own bound for a compressed block of 65536 bytes. */
const maxBlockBytes = 32 + maxDecodedBytes + Math.floor(maxDecodedBytes / 6)

/**
 * Packs chunk by chunk on the JS thread and lets the package copy what it packed. Its streaming compressor hands out
 * memory of its own that the engine frees late: uploads held 400 MiB more, and spent as much time on fresh pages as on
 * packing.
 */
class SnappyCompressor extends GatheredOutput implements Compressor {
  readonly #snappy = loadedSnappy()
  readonly #head = Buffer.alloc(headBytes)
  /** Bytes that do not make a chunk yet. */
  #rest: Buffer | undefined
  #restLength = 0
  /** Chunks in a row that packing did not make smaller. */
  #failures = 0
  /** Chunks to come that go out plain untried. */
  #skips = 0

  constructor(pool: ChunkPool | undefined) {
    super(pool)
    this.put(snappyIdentifier)
  }

  write(bytes: Uint8Array): void {
    let at = this.#restLength === 0 ? 0 : this.#fillRest(bytes)
    for (; at + maxDecodedBytes <= bytes.length; at += maxDecodedBytes)
      this.#pack(bytes.subarray(at, at + maxDecodedBytes))
    if (at < bytes.length) this.#keep(bytes.subarray(at))
  }

  join(packed: readonly Buffer[]): void {
    this.#packRest()
    for (const bytes of packed) this.putWhole(bytes)
  }

  finish(): Promise<Buffer[]> {
    this.#packRest()
    return Promise.resolve(this.take())
  }

  destroy(): void {
    this.#restLength = 0
    this.take()
  }

  /** @returns how many bytes it took */
  #fillRest(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, maxDecodedBytes - this.#restLength)
    this.#keep(bytes.subarray(0, taken))
    if (this.#restLength === maxDecodedBytes) this.#packRest()
    return taken
  }

  #keep(bytes: Uint8Array): void {
    this.#rest ??= Buffer.allocUnsafeSlow(maxDecodedBytes)
    this.#rest.set(bytes, this.#restLength)
    this.#restLength += bytes.length
  }

  #packRest(): void {
    if (this.#rest !== undefined && this.#restLength > 0) this.#pack(this.#rest.subarray(0, this.#restLength))
    this.#restLength = 0
  }

  #pack(bytes: Uint8Array): void {
    const packed = this.#packed(bytes)
    const body = packed ?? bytes
    this.#head.writeUInt32LE((((body.length + 4) << 8) | (packed ? 0 : 1)) >>> 0)
    this.#head.writeUInt32LE(mask(crc32c(bytes)), 4)
    this.put(this.#head)
    this.put(body)
  }

  /**
   * What packing does not make an eighth smaller goes out plain, and costs its reader less. Where this happens to one
   * chunk after the other it is not tried with 1, then 3, then 7 of 8.
   */
  #packed(bytes: Uint8Array): Buffer | undefined {
    if (this.#skips > 0) {
      this.#skips--
      return undefined
    }
    const packed = this.#snappy.compress(bytes)
    if (packed.length < bytes.length - (bytes.length >>> 3)) {
      this.#failures = 0
      return packed
    }
    this.#failures = Math.min(this.#failures + 1, 4)
    this.#skips = 2 ** (this.#failures - 1) - 1
    return undefined
  }
}

export const createSnappyCompressor = (pool?: ChunkPool): Compressor => new SnappyCompressor(pool)

/**
 * Walks the chunks itself: 32 MiB took 57 ms of CPU with checksums, the package's streaming decoder 90 ms. That one
 * also has a thread of its own, cannot be closed, hands out bytes late and does not tell a cut from damage.
 *
 * Nearly every chunk of 64 KiB lies in two reads of a socket. It is joined in the same place as the one before, unless it's plain and
 * nobody says when its bytes are done with: memory that is new for each is collected late, and a long download would hold more and more.
 */
export async function* decompressSnappy(
  chunks: AsyncIterable<Uint8Array>,
  release?: (chunk: Uint8Array) => void,
): AsyncGenerator<Buffer> {
  const input = new ChunkReader(chunks, release)
  const pool = new ChunkPool()
  const room = pool.take()
  try {
    if (!(await input.has(snappyIdentifier.length)))
      throw truncated('the snappy stream identifier is not complete')
    if (!input.take(snappyIdentifier.length).equals(snappyIdentifier))
      throw damaged('the snappy stream identifier is missing')
    while (await input.has(4)) {
      const header = input.take(4).readUInt32LE(0)
      const [type, length] = [header & 0xff, header >>> 8]
      if (type === 0x00 || type === 0x01) {
        const isKept = type === 0x01 && release === undefined
        yield await decodeChunk(input, type, length, isKept ? undefined : room)
      } else if (type === 0xff) await readIdentifier(input, length)
      else if (type < 0x80) throw damaged(`the snappy chunk type ${type} is reserved`)
      else if (!(await input.skip(length))) throw truncated('inside a snappy chunk')
    }
    if (input.length > 0) throw truncated('inside the header of a snappy chunk')
  } finally {
    pool.give([room])
    pool.clear()
    await input.close()
  }
}

/** The identifier may stand between chunks, too. */
const readIdentifier = async (input: ChunkReader, length: number): Promise<void> => {
  const name = snappyIdentifier.subarray(4)
  if (length !== name.length) throw damaged('a snappy stream identifier has a wrong length')
  if (!(await input.has(length))) throw truncated('inside a snappy stream identifier')
  if (!input.take(length).equals(name)) throw damaged('a snappy stream identifier is wrong')
}

/** @param room for the body of a chunk that lies in two pieces; of a plain one, that is what comes out */
const decodeChunk = async (
  input: ChunkReader,
  type: number,
  length: number,
  room: Buffer | undefined,
): Promise<Buffer> => {
  checkSnappyLength(type, length)
  if (!(await input.has(length))) throw truncated('inside a snappy chunk')
  return decodeSnappyBody(type, input.take(length, room))
}

/** @throws TunnelProtocolError ODPS_MALFORMED_STREAM for what no chunk of data is long */
export const checkSnappyLength = (type: number, length: number): void => {
  if (length < 4 || length > 4 + (type === 0 ? maxBlockBytes : maxDecodedBytes))
    throw damaged(`a snappy chunk of ${length} bytes`)
}

/**
 * What a chunk of data says that it decodes to.
 * @param head the first bytes of its body: 9, or all
 * @throws TunnelProtocolError ODPS_MALFORMED_STREAM
 */
export const snappyDecodedLength = (type: number, head: Uint8Array, bodyBytes: number): number => {
  const length = type === 0 ? snappyBlockLength(head.subarray(4)) : bodyBytes - 4
  if (length > maxDecodedBytes) throw damaged('a snappy chunk decodes to more than 64 KiB')
  return length
}

/**
 * A chunk of data, behind its header, decoded and checked.
 * @throws TunnelProtocolError ODPS_MALFORMED_STREAM
 */
export const decodeSnappyBody = (type: number, body: Buffer): Buffer => {
  const bytes =
    type === 0
      ? decodeBlock(body.subarray(4), snappyDecodedLength(type, body, body.length))
      : body.subarray(4)
  if (mask(crc32c(bytes)) !== body.readUInt32LE(0)) throw damaged('the checksum of a snappy chunk')
  return bytes
}

const mask = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0

const decodeBlock = (block: Buffer, length: number): Buffer => {
  try {
    return loadedSnappy().uncompress(block, length)
  } catch (cause) {
    throw damaged('a snappy block cannot be decoded', cause)
  }
}
