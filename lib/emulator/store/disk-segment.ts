import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlockWriter, indexEntryBytes, type Segment } from './table-store.js'

/*
 * Rows of one block as they came, in a file that is only ever written once: a table is a list of segments, and a commit
 * adds to the list. The index has a fixed number of bytes per row, so a range of rows is found with one read however
 * large the table is. Files are synced when a manifest first names them, and not for blocks that are never committed.
 */

const pieceBytes = 256 * 1024

/** A segment in two files: `<id>.rec` has the records, `<id>.idx` the index. */
export class DiskSegment implements Segment {
  readonly id: string
  readonly rows: number
  readonly bytes: number
  readonly #directory: string
  /** Whether the files are sure to outlive a power cut. */
  #synced: boolean

  constructor(directory: string, id: string, size: { rows: number; bytes: number }, synced: boolean) {
    this.#directory = directory
    this.id = id
    this.rows = size.rows
    this.bytes = size.bytes
    this.#synced = synced
  }

  get recordsPath(): string {
    return join(this.#directory, `${this.id}.rec`)
  }

  get indexPath(): string {
    return join(this.#directory, `${this.id}.idx`)
  }

  async readIndex(firstRow: number, rows: number): Promise<Buffer> {
    const file = await open(this.indexPath)
    try {
      return await readFully(file, firstRow * indexEntryBytes, rows * indexEntryBytes)
    } finally {
      await file.close()
    }
  }

  async *read(from: number, to: number): AsyncGenerator<Buffer> {
    const file = await open(this.recordsPath)
    try {
      for (let at = from; at < to; at += pieceBytes)
        yield await readFully(file, at, Math.min(pieceBytes, to - at))
    } finally {
      await file.close()
    }
  }

  async sync(): Promise<void> {
    if (this.#synced) return
    await syncFile(this.recordsPath)
    await syncFile(this.indexPath)
    this.#synced = true
  }

  /** Whether the files have the sizes they should have. */
  async isWhole(): Promise<boolean> {
    try {
      const [records, index] = await Promise.all([stat(this.recordsPath), stat(this.indexPath)])
      return records.size === this.bytes && index.size === this.rows * indexEntryBytes
    } catch {
      return false
    }
  }

  /** A file that cannot be removed now is removed at the next start. */
  async discard(): Promise<void> {
    await Promise.allSettled([rm(this.recordsPath, { force: true }), rm(this.indexPath, { force: true })])
  }
}

const readFully = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(length)
  for (let got = 0; got < length; ) {
    const { bytesRead } = await file.read(bytes, got, length - got, position + got)
    if (bytesRead === 0) throw new Error('a data file of the emulator is shorter than its index requires')
    got += bytesRead
  }
  return bytes
}

const syncFile = async (path: string): Promise<void> => {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Collects small appends, so that a write to the file is worth it. */
class FileAppender {
  readonly #file: FileHandle
  readonly #pending = Buffer.allocUnsafe(pieceBytes)
  #used = 0
  #written = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  get length(): number {
    return this.#written + this.#used
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceBytes - this.#used)
      this.#pending.set(part, this.#used)
      this.#used += part.length
      at += part.length
      if (this.#used === pieceBytes) await this.flush()
    }
  }

  async flush(): Promise<void> {
    for (let at = 0; at < this.#used; ) {
      const { bytesWritten } = await this.#file.write(this.#pending, at, this.#used - at)
      at += bytesWritten
    }
    this.#written += this.#used
    this.#used = 0
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

export const createDiskBlock = async (directory: string, id: string): Promise<BlockWriter> => {
  const paths = new DiskSegment(directory, id, { rows: 0, bytes: 0 }, false)
  const records = new FileAppender(await open(paths.recordsPath, 'wx'))
  const index = new FileAppender(await open(paths.indexPath, 'wx'))
  const close = async (): Promise<void> => {
    await Promise.all([records.close(), index.close()])
  }
  return {
    append: async (bytes, entries) => {
      await records.append(bytes)
      await index.append(entries)
    },
    finish: async () => {
      try {
        await records.flush()
        await index.flush()
      } catch (error) {
        await close()
        await paths.discard()
        throw error
      }
      await close()
      const size = { rows: index.length / indexEntryBytes, bytes: records.length }
      return new DiskSegment(directory, id, size, false)
    },
    abort: async () => {
      await close()
      await paths.discard()
    },
  }
}
