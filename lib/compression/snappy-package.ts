import { optionalPackage } from './optional-package.js'

/** What this library uses of `snappy`: single blocks. */
export interface SnappyBlocks {
  compressSync(bytes: Uint8Array, options: { readonly copyOutputData: true }): Buffer
  uncompressSync(block: Uint8Array, options: { readonly copyOutputData: true }): Buffer | string
}

const snappy = optionalPackage<SnappyBlocks>('snappy', "compression: 'snappy'", () => import('snappy'))

/** Loaded on first use: while the first request is under way, and not at all for a program that asks for a schema. */
export const loadSnappy = snappy.load
export const loadedSnappy = snappy.loaded
