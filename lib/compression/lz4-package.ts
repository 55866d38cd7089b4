import { optionalPackage } from './optional-package.js'

/** Raw LZ4 blocks with the decoded size before them as 4 bytes, little-endian. */
export interface Lz4Blocks {
  compressSync(data: Buffer): Buffer
  uncompressSync(data: Buffer, dictionary?: Buffer): Buffer
}

const lz4 = optionalPackage<Lz4Blocks>('lz4-napi', "compression: 'lz4'")

export const loadLz4 = lz4.load
export const loadedLz4 = lz4.loaded
