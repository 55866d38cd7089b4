import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FileCompression } from '../formats/file-format.js'
import type { Terminal } from '../terminal.js'
import { CliError } from '../usage-error.js'
import { zstdDecompressor } from './zstd.js'

/** A file or stdin, as bytes. */
export interface ByteInput {
  /** `-` is stdin. */
  readonly path: string
  /** Bytes of the file as it lies there; undefined when it has no size. */
  readonly size: number | undefined
  readonly modifiedMs: number | undefined
  /** Bytes read so far, before decompression. */
  readonly bytesRead: () => number
  /** The content, decompressed. `onBytes` sees what is read before that. To be called once. */
  readonly open: (compression: FileCompression) => AsyncIterable<Uint8Array>
}

const chunkBytes = 256 * 1024

export const openInput = async (
  path: string,
  terminal: Terminal,
  onBytes: (chunk: Uint8Array) => void = () => {},
): Promise<ByteInput> => {
  const info = path === '-' ? undefined : await stat(path)
  if (info?.isDirectory())
    throw new CliError(`${path} is a folder`, 'Name a file in it, or a pattern in quotes')
  let bytes = 0
  const counted = async function* (source: Readable): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      onBytes(chunk)
      yield chunk
    }
  }
  return {
    path,
    size: info?.isFile() ? info.size : undefined,
    modifiedMs: info?.mtimeMs,
    bytesRead: () => bytes,
    open: compression => {
      const source = path === '-' ? terminal.stdin : createReadStream(path, { highWaterMark: chunkBytes })
      return decompress(counted(source), compression, path)
    },
  }
}

const decompress = (
  chunks: AsyncIterable<Uint8Array>,
  compression: FileCompression,
  path: string,
): AsyncIterable<Uint8Array> => {
  if (compression === 'none') return chunks
  return compression === 'gzip' ? gunzip(chunks, path) : zstdDecompressor(chunks, path)
}

async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { Readable: NodeReadable } = await import('node:stream')
  const source = NodeReadable.from(chunks, { objectMode: false })
  const stream = createGunzip({ chunkSize: chunkBytes })
  source.on('error', error => stream.destroy(error))
  source.pipe(stream)
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (!code.startsWith('Z_')) throw cause
    throw new CliError(
      `${path} is no complete gzip file`,
      'Check the file, or name its compression with --file-compression',
      {
        cause,
      },
    )
  } finally {
    source.destroy()
    stream.destroy()
  }
}
