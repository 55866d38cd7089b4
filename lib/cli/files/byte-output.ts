import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { chmod, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Terminal } from '../terminal.js'
import { CliError } from '../usage-error.js'
import type { Place } from './place.js'
import { describeWriteError, openSink, outputPlaceOf, type Sink } from './sink.js'

/*
 * Where the bytes of a file go. A regular file is written under a name of its own beside its place, which no other
 * download has and which no link can lead astray, and gets its name by a rename once it is complete. What is no regular
 * file is written as it stands, and cannot be resumed.
 */
export interface ByteOutput {
  /** Waits while the output is full. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** Bytes written so far; of a file that is resumed, those before as well. */
  readonly bytesWritten: () => number
  /** CRC-32 of all of them. */
  readonly checksum: () => number
  /** The working file; undefined for what is written as it stands. */
  readonly part: string | undefined
  /** Gives the file its name. */
  readonly finish: () => Promise<void>
  /** Lets go of a file that is not complete; `keep` leaves it under its working name, to be resumed. */
  readonly abandon: (keep: boolean) => Promise<void>
}

/** Of a working file, the part that a former run is known to have written. */
export interface WrittenPart {
  readonly part: string
  readonly bytes: number
  readonly checksum: number
}

export const isResumable = async (path: string, terminal: Terminal): Promise<boolean> =>
  (await outputPlaceOf(path, terminal)).kind === 'file'

/** @throws CliError when the working file is not as the former run has left it */
export const openOutput = async (
  path: string,
  terminal: Terminal,
  { former, signal }: { readonly former?: WrittenPart | undefined; readonly signal?: AbortSignal } = {},
): Promise<ByteOutput> => {
  const place = await outputPlaceOf(path, terminal)
  return place.kind === 'file'
    ? fileOutput(path, place, former)
    : sinkOutput(await openSink(path, terminal, signal))
}

const sinkOutput = (sink: Sink): ByteOutput => {
  let [bytes, crc] = [0, 0]
  return {
    part: undefined,
    bytesWritten: () => bytes,
    checksum: () => crc,
    write: async chunk => {
      await sink.write(chunk)
      bytes += chunk.length
      crc = crc32(chunk, crc)
    },
    finish: () => sink.close(),
    abandon: () => sink.close(),
  }
}

const fileOutput = async (
  path: string,
  place: Extract<Place, { kind: 'file' }>,
  former: WrittenPart | undefined,
): Promise<ByteOutput> => {
  await mkdir(dirname(place.path), { recursive: true })
  const part = former?.part ?? partName(place.path)
  const file = former === undefined ? await createPart(part) : await reopenPart(former)
  let [bytes, crc] = [former?.bytes ?? 0, former?.checksum ?? 0]
  return {
    part,
    bytesWritten: () => bytes,
    checksum: () => crc,
    write: async chunk => {
      let at = 0
      while (at < chunk.length) {
        const { bytesWritten } = await file
          .write(chunk, at, chunk.length - at, bytes)
          .catch(error => Promise.reject(describeWriteError(error, part)))
        crc = crc32(chunk.subarray(at, at + bytesWritten), crc)
        at += bytesWritten
        bytes += bytesWritten
      }
    },
    finish: async () => {
      try {
        await giveName(file, part, place)
      } catch (error) {
        throw describeWriteError(error, path)
      }
    },
    abandon: async keep => {
      await file.close().catch(() => {})
      if (!keep) await rm(part, { force: true })
    },
  }
}

/** The file has the mode of the one it replaces. */
const giveName = async (
  file: FileHandle,
  part: string,
  { path, stats }: { readonly path: string; readonly stats: Stats | undefined },
): Promise<void> => {
  await file.sync()
  await file.close()
  if (stats !== undefined) await chmod(part, stats.mode & 0o777)
  await rename(part, path)
}

const longestName = 255

/** Beside the file, so that a rename can give it its name. */
const partName = (path: string): string => {
  const id = randomBytes(4).toString('hex')
  const name = `${basename(path)}.${id}.part`
  return join(dirname(path), Buffer.byteLength(name) > longestName ? `odps-tunnel-${id}.part` : name)
}

const createPart = (part: string): Promise<FileHandle> =>
  open(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow)

/** Absent on Windows, where a link is not followed into what is made exclusively. */
const noFollow = constants.O_NOFOLLOW ?? 0

const reopenPart = async ({ part, bytes, checksum }: WrittenPart): Promise<FileHandle> => {
  const file = await open(part, constants.O_RDWR | noFollow).catch(cause => {
    throw new CliError(`${part} can no longer be opened`, startAnew, { cause })
  })
  try {
    const { size } = await file.stat()
    if (size < bytes)
      throw new CliError(
        `${part} has ${size} bytes, but the interrupted download had written ${bytes}`,
        startAnew,
      )
    const found = await checksumOf(file, bytes)
    if (found !== checksum)
      throw new CliError(
        `${part} has changed since the interrupted download wrote it: the CRC-32 of its first ${bytes} bytes was ${hex(checksum)} and is ${hex(found)}`,
        startAnew,
      )
    await file.truncate(bytes)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

const startAnew = 'Start over, without --resume'

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0')

const checksumOf = async (file: FileHandle, bytes: number): Promise<number> => {
  const chunk = Buffer.alloc(2 ** 20)
  let crc = 0
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, bytes - at), at)
    if (bytesRead === 0) break
    crc = crc32(chunk.subarray(0, bytesRead), crc)
    at += bytesRead
  }
  return crc
}

/** CRC-32 and size of a file as it lies there; undefined when it cannot be read. */
export const fingerprintOf = async (
  path: string,
): Promise<{ readonly bytes: number; readonly checksum: number } | undefined> => {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    return { bytes: size, checksum: await checksumOf(file, size) }
  } finally {
    await file.close()
  }
}
