import { publishFallback } from '../diagnostics.js'
import { importNamed, optionalPackage } from './optional-package.js'

/** Single blocks. */
export interface SnappyBlocks {
  compress(bytes: Uint8Array): Buffer
  /** @throws for a block that is damaged, cut, or of another length */
  uncompress(block: Uint8Array, decodedBytes: number): Buffer
}

type Snappy = Pick<typeof import('snappy'), 'compressSync' | 'uncompressSync'>

/*
 * `snappy` is a native addon: it isn't there after `npm install --omit=optional`, and Node refuses to load it under
 * `--no-addons` or its permission model. The default compression must work all the same, so WebAssembly takes its place,
 * two to three times slower; whoever wonders why finds it on a diagnostics channel.
 */
const loadBlocks = async (): Promise<SnappyBlocks> => {
  try {
    const { compressSync, uncompressSync } = (await importNamed('snappy')) as Snappy
    const options = { copyOutputData: true } as const
    return {
      compress: bytes => compressSync(bytes, options),
      uncompress: block => uncompressSync(block, options) as Buffer,
    }
  } catch (cause) {
    const blocks = await loadWasmBlocks()
    publishFallback(() => ({ name: 'snappy', instead: 'hysnappy', cause }))
    return blocks
  }
}

export const loadWasmBlocks = async (): Promise<SnappyBlocks> => {
  const { snappyCompressor, snappyUncompressor } = await import('hysnappy')
  const compress = snappyCompressor()
  const uncompress = snappyUncompressor()
  return {
    compress: bytes => bufferOf(compress(bytes)),
    uncompress: (block, decodedBytes) => bufferOf(uncompress(block, decodedBytes)),
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

const snappy = optionalPackage<SnappyBlocks>('snappy', "compression: 'snappy'", loadBlocks)

/** Loaded on first use: while the first request is under way, and not at all for a program that asks for a schema. */
export const loadSnappy = snappy.load
export const loadedSnappy = snappy.loaded
