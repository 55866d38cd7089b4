import * as zlib from 'node:zlib'
import { optionalPackage } from './optional-package.js'

/** What this library uses of `@toondepauw/node-zstd`: whole frames at once, off the JS thread. */
export interface ZstdFrames {
  readonly Encoder: new (level: number) => { encode(data: Buffer): Promise<Buffer> }
  readonly Decoder: new () => { decode(data: Buffer): Promise<Buffer> }
}

/** node:zlib has zstd from Node.js 22.15 and 23.8. */
export const nodeHasZstd = typeof zlib.createZstdCompress === 'function'

const zstd = optionalPackage<ZstdFrames>('@toondepauw/node-zstd', "compression: 'zstd' below Node.js 22.15")

export const loadZstd = async (): Promise<void> => {
  if (!nodeHasZstd) await zstd.load()
}
export const loadedZstd = zstd.loaded
