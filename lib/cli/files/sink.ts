import {
  constants,
  fstatSync,
  open as openDescriptor,
  readSync,
  statSync,
  write as writeDescriptor,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { connect, Socket } from 'node:net'
import { promisify } from 'node:util'
import { raceAbort, watchAbort } from '../../abort.js'
import type { Terminal, TerminalOutput } from '../terminal.js'
import { CliError } from '../usage-error.js'
import { type Place, placeOf, wakeFifo } from './place.js'

/*
 * Writing to what cannot be replaced: stdout, FIFOs, devices, descriptors. Who reads the other end may stop, or never
 * come, and neither is a fault of the data; a wait for it must end with the signal, and a reader that has enough ends
 * the command quietly.
 */

/** What is written as it stands: stdout, a descriptor, a FIFO, a device, a socket, or a file from its beginning. */
export interface Sink {
  /** Waits while it is full. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  readonly close: () => Promise<void>
}

/** @param signal ends what waits for a reader */
export const openSink = async (path: string, terminal: Terminal, signal?: AbortSignal): Promise<Sink> => {
  const place = await outputPlaceOf(path, terminal)
  const sink = await sinkOf(place, terminal, signal)
  return {
    write: chunk =>
      raceAbort(sink.write(chunk), signal).catch(error => {
        const isStdout = place.kind === 'descriptor' && place.descriptor === 1
        throw isStdout ? describeWriteError(error, 'stdout') : describeLostReader(error, path)
      }),
    close: sink.close,
  }
}

const sinkOf = async (place: Place, terminal: Terminal, signal: AbortSignal | undefined): Promise<Sink> => {
  if (place.kind === 'descriptor') {
    if (place.descriptor === 1) return streamSink(terminal.stdout)
    if (place.descriptor === 2) return streamSink(terminal.stderr)
    return ofDescriptor(place.descriptor, false)
  }
  if (place.stats?.isSocket()) return endingSink(await connected(place.path))
  if (place.stats?.isFIFO()) return ofDescriptor(await openFifo(place.path, signal), true)
  return handleSink(await open(place.path, 'w'))
}

/**
 * The place of what is written; nothing is opened yet.
 * @throws CliError for a folder, and when stdout or stderr was closed (`>&-`): rows would be lost, and the command would still succeed
 */
export const outputPlaceOf = async (path: string, terminal: Terminal): Promise<Place> => {
  const place = await placeOf(path, 1)
  const name =
    place.kind === 'descriptor' ? ([undefined, 'stdout', 'stderr'] as const)[place.descriptor] : undefined
  if (name === undefined) return place
  const { fd } = terminal[name] as { readonly fd?: number }
  if (fd !== undefined && isClosed(fd))
    throw new CliError(
      `${name} is closed, so what is written to it would be lost`,
      'Write to a file, or to /dev/null to discard it',
    )
  return place
}

/**
 * In place of a descriptor that is closed Node opens /dev/null, to read and to write. A shell opens it to write only. Programs
 * that discard the output of others (Python's DEVNULL, Node's 'ignore') open it to read as well, and nothing tells the two
 * apart: the flags, the inode and the position are the same. They are told how to do it.
 */
const isClosed = (descriptor: number): boolean => {
  try {
    if (fstatSync(descriptor).rdev !== statSync('/dev/null').rdev) return false
    readSync(descriptor, Buffer.alloc(1))
    return true
  } catch {
    return false
  }
}

/** Waits until something reads from it. */
const openFifo = async (path: string, signal: AbortSignal | undefined): Promise<number> => {
  const unwatch = signal && watchAbort(signal, () => wakeFifo(path))
  try {
    return await promisify(openDescriptor)(path, constants.O_WRONLY, undefined)
  } finally {
    unwatch?.()
  }
}

/** A full pipe would hold a thread; as a socket it does not. */
const ofDescriptor = (descriptor: number, isOurs: boolean): Sink => {
  const stats = fstatSync(descriptor)
  if (!stats.isFIFO() && !stats.isSocket()) return descriptorSink(descriptor)
  const socket = new Socket({ fd: descriptor, readable: false, writable: true })
  return isOurs ? endingSink(socket) : streamSink(socket)
}

const connected = async (path: string): Promise<Socket> => {
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject)
  })
  return socket
}

const streamSink = (stream: TerminalOutput | Socket): Sink => {
  let failure: Error | undefined
  stream.on('error', error => {
    failure = error
  })
  return {
    write: chunk =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure)
        stream.write(chunk, error => (error ? reject(error) : resolve()))
      }),
    close: async () => {},
  }
}

const endingSink = (socket: Socket): Sink => ({
  ...streamSink(socket),
  close: async () => {
    if (!socket.destroyed) await new Promise<void>(resolve => socket.end(() => resolve()))
    socket.destroy()
  },
})

const handleSink = (file: FileHandle): Sink => ({
  write: chunk => file.writeFile(chunk),
  close: () => file.close(),
})

const descriptorSink = (descriptor: number): Sink => ({
  write: async chunk => {
    for (let at = 0; at < chunk.length; ) at += await writeSome(descriptor, chunk, at)
  },
  close: async () => {},
})

const writeSome = async (descriptor: number, chunk: Uint8Array, at: number): Promise<number> => {
  const { bytesWritten } = await promisify(writeDescriptor)(descriptor, chunk, at, chunk.length - at, null)
  return bytesWritten
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['no space is left on the disk', 'Free some space'],
  EDQUOT: ['the disk quota is used up', 'Free some space'],
  EFBIG: ['the file would be larger than the file system or a limit allows', 'Write to another disk'],
  EBADF: ['it is open for reading only', 'Redirect it with > instead of <'],
  EROFS: ['the file system is read-only', 'Write somewhere else'],
}

/** Who reads stdout may have enough, as `head` has; who reads a FIFO that was named for all rows has not got them. */
const describeLostReader = (error: unknown, path: string): unknown =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'
    ? new CliError(
        `${path} cannot be written: its reader ended before the last row`,
        'Find out why it ended, then start both again',
        { cause: error },
      )
    : describeWriteError(error, path)

/** Says which file could not be written; the cause keeps its code. */
export const describeWriteError = (error: unknown, path: string): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const [what, next] = reasons[code] ?? []
  return what === undefined
    ? error
    : new CliError(`${path} cannot be written: ${what}`, next, { cause: error })
}
