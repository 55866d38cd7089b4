import { TunnelProtocolError } from '../errors.js'
import { loadLz4 } from './lz4-package.js'
import { loadSnappy } from './snappy-package.js'
import { loadZstd } from './zstd-package.js'

/** The names of the option `compression`. */
export const compressionNames = ['raw', 'deflate', 'snappy', 'zstd', 'lz4'] as const

/** How blocks and ranges are compressed; `raw` is not at all. */
export type CompressionName = (typeof compressionNames)[number]

const contentEncodings: Readonly<Record<CompressionName, string | undefined>> = {
  raw: undefined,
  deflate: 'deflate',
  snappy: 'x-snappy-framed',
  zstd: 'zstd',
  lz4: 'x-lz4-frame',
}

/** `x-odps-lz4-frame` is the same LZ4 frame under the name of the arrow tunnel (protocol 5). */
const namesByEncoding = new Map<string, CompressionName>([
  ['', 'raw'],
  ['identity', 'raw'],
  ['deflate', 'deflate'],
  ['x-snappy-framed', 'snappy'],
  ['zstd', 'zstd'],
  ['x-lz4-frame', 'lz4'],
  ['x-odps-lz4-frame', 'lz4'],
])

/** The `Content-Encoding` of a block and the `Accept-Encoding` of a read; undefined for raw (protocol 5). */
export const contentEncodingOf = (name: CompressionName): string | undefined => contentEncodings[name]

/**
 * Which compression a `Content-Encoding` header means, in any case. Without a header, or `identity`, it is raw.
 * @throws TunnelProtocolError ODPS_UNKNOWN_ENCODING
 */
export const compressionOf = (contentEncoding: string | undefined): CompressionName => {
  const encoding = (contentEncoding ?? '').trim().toLowerCase()
  const name = namesByEncoding.get(encoding)
  if (name !== undefined) return name
  throw new TunnelProtocolError(
    'ODPS_UNKNOWN_ENCODING',
    `The content encoding '${encoding.slice(0, 60)}' is not supported; request another one with the option compression`,
  )
}

/**
 * Loads what a compression needs, so that its absence shows before a transfer starts. raw, deflate and snappy need
 * nothing that may be absent; zstd needs Node.js 22.15 or the package `@toondepauw/node-zstd`; lz4 needs the package `lz4-napi`.
 * @throws TunnelOptionError ODPS_MISSING_PACKAGE names the package to install.
 */
export const loadCompression = async (name: CompressionName): Promise<void> => {
  if (name === 'snappy') await loadSnappy()
  if (name === 'zstd') await loadZstd()
  if (name === 'lz4') await loadLz4()
}
