import type { ChunkReader } from './chunk-reader.js'

/* Zstandard and LZ4 have the same frames for what is not data: a magic of 184D2A5x, 4 bytes of length, that many bytes. */

export const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === 0x184d2a50

/** Passes over a frame; false means that the source ends inside it. */
export const skipFrame = async (input: ChunkReader): Promise<boolean> => {
  if (!(await input.has(8))) return false
  return input.skip(input.take(8).readUInt32LE(4))
}
