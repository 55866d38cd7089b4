import { createReadStream, fstatSync, open } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { FileCompression } from '../formats/file-format.js'
import type { Terminal } from '../terminal.js'
import { CliError } from '../usage-error.js'
import { FileChunks } from './file-chunks.js'
import { decompressBytes } from './file-compression.js'
import { identityOf, isSameFile, type Place, placeOf, wakeFifo } from './place.js'

/*
 * Bytes of a file, stdin or a FIFO, decompressed. Whether something can be read twice is the question everything else
 * hangs on: types are found, columns checked and uploads resumed by reading again, and only a regular file gives the
 * same bytes then. That it still does is checked, too.
 */

/** Where bytes come from. */
export interface ByteInput {
  /** As it was named; `-` is stdin. */
  readonly path: string
  /** Stdin, a FIFO, a device, a descriptor such as /dev/fd/3: what was read is gone. */
  readonly isReadOnce: boolean
  /** The same for two names of one file or descriptor. */
  readonly identity: string
  /** Bytes of the file as it lies there; undefined when it has no size. */
  readonly size: number | undefined
  /** Bytes read so far, before decompression. */
  readonly bytesRead: () => number
  /** The content, decompressed. To be called once. */
  readonly open: (compression: FileCompression) => AsyncIterable<Uint8Array>
  /** Nobody looks any more at a chunk of the content, or at any part of its memory, which may then hold what follows. Nobody has to say so. */
  readonly release: (chunk: Uint8Array) => void
  /** @throws CliError when the file is another one than when it was opened, or was written to */
  readonly checkUnchanged: () => Promise<void>
  /** Breaks off what is read or waited for. */
  readonly destroy: () => void
}

const chunkBytes = 256 * 1024

/** Looks at what is there; nothing is read before its `open` is called. */
export const openInput = async (path: string, terminal: Terminal): Promise<ByteInput> => {
  const place = await placeOf(path, 0)
  if (place.kind === 'file' && place.stats === undefined)
    throw new CliError(`there is no file ${path}`, 'Check the path')
  let bytes = 0
  const source = new Source(place, terminal)
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of await source.open()) {
      bytes += (chunk as Uint8Array).length
      yield chunk as Uint8Array
    }
  }
  const before = place.kind === 'file' ? place.stats : undefined
  return {
    path,
    isReadOnce: place.kind !== 'file',
    identity: identityOf(place),
    size: before?.size,
    bytesRead: () => bytes,
    open: compression => decompressBytes(counted(), compression, path),
    release: chunk => source.release(chunk),
    checkUnchanged: async () => {
      const now = before && (await stat(path).catch(() => undefined))
      if (before === undefined || (now !== undefined && isSameFile(before, now))) return
      throw new CliError(
        `${path} has changed while it was read: ${now === undefined ? 'it is gone' : `it had ${before.size} bytes of ${before.mtime.toISOString()}, and has ${now.size} of ${now.mtime.toISOString()}`}`,
        'Run it again when the file no longer changes; nothing was committed',
      )
    },
    destroy: () => source.destroy(),
  }
}

/** The bytes of a place, opened once. */
class Source {
  readonly #place: Place
  readonly #terminal: Terminal
  #stream: Readable | FileChunks | undefined
  #isDestroyed = false

  constructor(place: Place, terminal: Terminal) {
    this.#place = place
    this.#terminal = terminal
  }

  async open(): Promise<Readable | FileChunks> {
    if (this.#isDestroyed) throw new Error('the input was cut off')
    this.#stream = await this.#open()
    if (this.#isDestroyed) this.#stream.destroy()
    return this.#stream
  }

  async #open(): Promise<Readable | FileChunks> {
    const place = this.#place
    if (place.kind === 'descriptor')
      return place.descriptor === 0 ? this.#terminal.stdin : ofDescriptor(place.descriptor, false)
    if (place.kind === 'file') return new FileChunks(place.path)
    if (!place.stats.isFIFO()) return createReadStream(place.path, { highWaterMark: chunkBytes })
    // Waits until something writes into the FIFO.
    return ofDescriptor(await promisify(open)(place.path, 'r'), true)
  }

  release(chunk: Uint8Array): void {
    if (this.#stream instanceof FileChunks) this.#stream.release(chunk)
  }

  destroy(): void {
    this.#isDestroyed = true
    if (this.#stream !== undefined) this.#stream.destroy()
    else if (this.#place.kind === 'special' && this.#place.stats.isFIFO()) wakeFifo(this.#place.path)
  }
}

/** Pipes are read as sockets, for a stream of a file waits in a thread that nothing can wake. */
const ofDescriptor = (fd: number, isOurs: boolean): Readable => {
  const stats = fstatSync(fd)
  return stats.isFIFO() || stats.isSocket()
    ? new Socket({ fd, readable: true, writable: false })
    : createReadStream('', { fd, autoClose: isOurs, highWaterMark: chunkBytes })
}
