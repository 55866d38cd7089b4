import { constants, fstatSync, type Stats } from 'node:fs'
import { lstat, open, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CliError } from '../usage-error.js'

/*
 * What a path of the command line leads to. Only a regular file can be read twice, and only it can be replaced by
 * another one under its name; descriptors of this process (/dev/stdin, /dev/fd/3, what a shell makes of <(command)),
 * FIFOs, devices and sockets give and take bytes once, as they stand.
 */
export type Place =
  | { readonly kind: 'file'; readonly path: string; readonly stats: Stats | undefined }
  | { readonly kind: 'descriptor'; readonly path: string; readonly descriptor: number }
  | { readonly kind: 'special'; readonly path: string; readonly stats: Stats }

/** As many as Linux follows. */
const maxLinks = 40

/**
 * Follows symbolic links, those that lead nowhere yet as well. `-` is stdin or stdout.
 * @param descriptor what `-` stands for
 * @throws CliError for a folder
 */
export const placeOf = async (path: string, descriptor: 0 | 1): Promise<Place> => {
  if (path === '-') return opened(path, descriptor)
  let at = resolve(path)
  for (let links = 0; links <= maxLinks; links++) {
    // A link within its folder's own path changes what '..' in it means; a folder that is not there has none.
    at = join(await realpath(dirname(at)).catch(() => dirname(at)), basename(at))
    const own = ownDescriptor(at)
    if (own !== undefined) return opened(path, own)
    const found = await lstat(at).catch(missing)
    if (!found?.isSymbolicLink()) return placed(path, at, found)
    // What another process has open has a link that no path can follow.
    if (foreignDescriptor.test(at)) return placed(path, at, await stat(at), true)
    at = resolve(dirname(at), await readlink(at))
  }
  throw new CliError(`${path} is a chain of more than ${maxLinks} symbolic links`, 'Check the path')
}

/**
 * Node takes a stdin that is a folder for an empty one, and has descriptors of its own, of no type, where a shell has none.
 * @throws CliError for what holds no bytes
 */
const opened = (path: string, descriptor: number): Place => {
  const name = path === '-' ? (descriptor === 0 ? 'stdin' : 'stdout') : path
  const type = typeOf(descriptor)
  if (type === constants.S_IFDIR) throw new CliError(`${name} is a folder`, 'Redirect it to a file')
  if (!type) throw new CliError(`${name} is not open`, 'Redirect it to a file or a pipe')
  return { kind: 'descriptor', path, descriptor }
}

const typeOf = (descriptor: number): number | undefined => {
  try {
    return fstatSync(descriptor).mode & constants.S_IFMT
  } catch {
    return undefined
  }
}

const placed = (path: string, at: string, stats: Stats | undefined, isOpen = false): Place => {
  if (stats?.isDirectory()) throw new CliError(`${path} is a folder`, 'Use a file in it')
  return stats === undefined || (stats.isFile() && !isOpen)
    ? { kind: 'file', path: at, stats }
    : { kind: 'special', path: at, stats }
}

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
  return undefined
}

const standardNames: Readonly<Record<string, number>> = {
  '/dev/stdin': 0,
  '/dev/stdout': 1,
  '/dev/stderr': 2,
}
const foreignDescriptor = /^\/proc\/\d+\/(?:task\/\d+\/)?fd\/\d+$/

const ownDescriptor = (path: string): number | undefined => {
  const [, pid, digits] =
    /^\/(?:dev\/fd|proc\/(self|thread-self|\d+)\/(?:task\/\d+\/)?fd)\/(\d+)$/.exec(path) ?? []
  const isOwn = pid === undefined || !/\d/.test(pid) || Number(pid) === process.pid
  return digits !== undefined && isOwn ? Number(digits) : standardNames[path]
}

/** The same file, and nothing has been written to it. */
export const isSameFile = (a: Stats, b: Stats): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs

/** Who waits for the other side of a FIFO waits in a thread; only another side wakes it. */
export const wakeFifo = (path: string): void => {
  open(path, constants.O_RDWR | (constants.O_NONBLOCK ?? 0)).then(
    file => file.close(),
    () => {},
  )
}

/** The same for two names of one file or descriptor. */
export const identityOf = (place: Place): string =>
  place.kind === 'descriptor'
    ? `descriptor ${place.descriptor}`
    : place.stats === undefined
      ? place.path
      : `${place.stats.dev}:${place.stats.ino}`
