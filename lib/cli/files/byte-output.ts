import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FileCompression } from '../formats/file-format.js'
import type { Terminal, TerminalOutput } from '../terminal.js'
import { zstdCompressor } from './zstd.js'

/** Where bytes go: stdout, or a file that has its name only once it is complete. */
export interface ByteOutput {
  readonly path: string
  /** Waits while the output is full. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** Bytes written so far; of a file that is resumed, those before as well. */
  readonly bytesWritten: () => number
  /** Gives the file its name. */
  readonly finish: () => Promise<void>
  /** Lets go of a file that is not complete; `keep` leaves it under its working name, to be resumed. */
  readonly abandon: (keep: boolean) => Promise<void>
}

export const partOf = (path: string): string => `${path}.part`

/** @param from bytes of the working file to keep, when a download is resumed */
export const openOutput = async (path: string, terminal: Terminal, from = 0): Promise<ByteOutput> =>
  path === '-' ? stdoutOutput(terminal.stdout) : fileOutput(path, from)

const fileOutput = async (path: string, from: number): Promise<ByteOutput> => {
  await mkdir(dirname(path), { recursive: true })
  const part = partOf(path)
  const file: FileHandle = await open(part, from > 0 ? 'r+' : 'w')
  await file.truncate(from)
  let bytes = from
  return {
    path,
    bytesWritten: () => bytes,
    write: async chunk => {
      let at = 0
      while (at < chunk.length) {
        const { bytesWritten } = await file.write(chunk, at, chunk.length - at, bytes)
        at += bytesWritten
        bytes += bytesWritten
      }
    },
    finish: async () => {
      await file.sync()
      await file.close()
      await rename(part, path)
    },
    abandon: async keep => {
      await file.close()
      if (!keep) await rm(part, { force: true })
    },
  }
}

const stdoutOutput = (stdout: TerminalOutput): ByteOutput => {
  let bytes = 0
  let failure: Error | undefined
  stdout.on('error', error => {
    failure = error
  })
  return {
    path: '-',
    bytesWritten: () => bytes,
    write: chunk =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        bytes += chunk.length
        stdout.write(chunk, error => (error ? reject(error) : resolve()))
      }),
    finish: async () => {},
    abandon: async () => {},
  }
}

export const compressBytes = (
  chunks: AsyncIterable<Uint8Array>,
  compression: FileCompression,
): AsyncIterable<Uint8Array> => {
  if (compression === 'none') return chunks
  return compression === 'gzip' ? gzip(chunks) : zstdCompressor(chunks)
}

async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const source = Readable.from(chunks, { objectMode: false })
  const stream = createGzip()
  source.on('error', error => stream.destroy(error))
  source.pipe(stream)
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } finally {
    source.destroy()
    stream.destroy()
  }
}
