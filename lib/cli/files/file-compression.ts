import { constants } from 'node:buffer'
import * as zlib from 'node:zlib'
import { isDamage } from '../../compression/damage.js'
import { throughZlib } from '../../compression/through-zlib.js'
import { decompressZstd } from '../../compression/zstd.js'
import { loadedZstd, loadZstd, nodeHasZstd } from '../../compression/zstd-package.js'
import type { FileCompression } from '../formats/file-format.js'
import { CliError } from '../usage-error.js'

/*
 * Files in gzip or zstd as a whole. A file that was cut, or has something else behind its compressed bytes, has lost rows
 * without a word unless all of it is accounted for: gzip's decoder sees to that for its members, and zstd's frames are
 * counted by ourselves. Without Node's own zstd the optional package takes and gives whole frames, so a file is written
 * as frames of some MiB, and a frame that is read is in memory as a whole.
 */

const chunkBytes = 256 * 1024
const frameBytes = 4 * 2 ** 20

export const compressBytes = (
  chunks: AsyncIterable<Uint8Array>,
  compression: FileCompression,
): AsyncIterable<Uint8Array> => {
  if (compression === 'none') return chunks
  if (compression === 'gzip') return throughZlib(zlib.createGzip(), chunks)
  return nodeHasZstd ? throughZlib(zlib.createZstdCompress(), chunks) : compressFrames(chunks)
}

/** @throws CliError for bytes that are not a complete file of this compression */
export const decompressBytes = (
  chunks: AsyncIterable<Uint8Array>,
  compression: FileCompression,
  path: string,
): AsyncIterable<Uint8Array> => {
  if (compression === 'none') return chunks
  return checked(compression === 'gzip' ? gunzip(chunks) : unzstd(chunks), compression, path)
}

const gunzip = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
  throughZlib(zlib.createGunzip({ chunkSize: chunkBytes }), chunks)

async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  await loadPackage()
  const limits = { maxRatio: Number.POSITIVE_INFINITY, maxFrameBytes: constants.MAX_LENGTH, toTheEnd: true }
  yield* decompressZstd(chunks, limits)
}

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  compression: FileCompression,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks
  } catch (cause) {
    if (!isDamage(cause)) throw cause
    const next = 'Check the file, or set its compression with --file-compression'
    throw new CliError(`${path} is not a complete ${compression} file`, next, { cause })
  }
}

const loadPackage = async (): Promise<void> => {
  try {
    await loadZstd()
  } catch (cause) {
    throw new CliError(
      "ODPS_MISSING_PACKAGE: zstd files below Node.js 22.15 need the package '@toondepauw/node-zstd', which cannot be loaded",
      'npm install @toondepauw/node-zstd, or use a newer Node.js',
      { cause },
    )
  }
}

async function* compressFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  await loadPackage()
  const { Encoder } = loadedZstd()
  const encoder = new Encoder(3)
  let frame: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    frame.push(chunk)
    bytes += chunk.length
    if (bytes < frameBytes) continue
    yield await encoder.encode(Buffer.concat(frame))
    frame = []
    bytes = 0
  }
  yield await encoder.encode(Buffer.concat(frame))
}
