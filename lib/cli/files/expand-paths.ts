import { type Dirent, readdir } from 'node:fs'
import { readdir as listFolder, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../usage-error.js'

/*
 * What Spark, Hive and Hadoop put beside the data is none: `_SUCCESS`, `_temporary`, `.part-0.crc`. In folders and behind
 * wildcards such names are passed over, and named, so that nothing is left out unnoticed; a name that was written out is
 * read whatever it is.
 *
 * No file may be missed or read twice unnoticed: patterns don't follow links to folders (`latest` often leads to `day=3`
 * beside it), and a link that leads nowhere or a folder that cannot be read is an error.
 */

/**
 * The files that operands mean: a path, a pattern with `*`, `?` and `**`, a folder (the files directly in it), or `-`.
 * Sorted within each operand.
 * @param passOver called with an operand and the files in it that are no data
 */
export const expandPaths = async (
  operands: readonly string[],
  passOver: (operand: string, names: readonly string[]) => void,
): Promise<string[]> => {
  const found = new Map<string, string[]>()
  for (const operand of new Set(operands)) {
    const { files, others } = await expandPath(operand)
    if (others.length > 0) passOver(operand, others.sort())
    found.set(operand, files.sort())
  }
  await refuseTwice([...found.values()].flat())
  return operands.flatMap(operand => found.get(operand)!)
}

/**
 * `a.csv` beside `*.csv`, or a link beside its file; who writes one operand twice means it. What is no regular file has
 * other bytes the next time.
 */
const refuseTwice = async (paths: readonly string[]): Promise<void> => {
  const seen = new Map<string, string>()
  for (const path of paths) {
    const real = path === '-' ? undefined : await realpath(path).catch(() => undefined)
    if (real === undefined || !(await stat(path)).isFile()) continue
    const before = seen.get(real)
    if (before !== undefined)
      throw new CliError(
        before === path ? `two operands name ${path}` : `${before} and ${path} are one file`,
        'Name it once, or its rows are loaded twice',
      )
    seen.set(real, path)
  }
}

interface Found {
  readonly files: string[]
  readonly others: string[]
}

const expandPath = async (operand: string): Promise<Found> => {
  if (operand === '-') return { files: ['-'], others: [] }
  const info = await stat(operand).catch(() => undefined)
  if (info?.isDirectory()) return filesIn(operand)
  if (info !== undefined) return { files: [operand], others: [] }
  if (!/[*?]/.test(operand)) throw new CliError(`there is no file ${operand}`, 'Check the path')
  const found = await matchPattern(operand)
  if (found.files.length === 0) throw new CliError(`no file matches ${operand}`, nextStep(found, 'pattern'))
  return found
}

const filesIn = async (folder: string): Promise<Found> => {
  const entries = await listFolder(folder, { withFileTypes: true })
  const names = (await filesAmong(entries)).map(entry => entry.name)
  const found = {
    files: names.filter(name => !isBookkeeping(name)).map(name => join(folder, name)),
    others: names.filter(isBookkeeping),
  }
  if (found.files.length === 0)
    throw new CliError(`${folder} contains no data files`, nextStep(found, 'folder'))
  return found
}

/** Links to files are files; a link that leads nowhere is an error, not a file less. */
const filesAmong = async (entries: readonly Dirent[]): Promise<Dirent[]> => {
  const files: Dirent[] = []
  for (const entry of entries)
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(entry.parentPath, entry.name)))))
      files.push(entry)
  return files
}

/** Of what is a file or a link. */
const isFile = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isFile()
  } catch (cause) {
    throw new CliError(`cannot follow the link ${path}`, 'Remove it, or list the files', { cause })
  }
}

const nextStep = ({ others }: Found, what: string): string =>
  others.length === 0
    ? `Check the ${what}, or list the files`
    : `Names that begin with '.' or '_' are skipped; to load such a file, write its full name`

const isBookkeeping = (name: string): boolean => /^[._]/.test(name)

/** Of all that globs have elsewhere only `*`, `?` and `**` are special here: names with brackets are usual on disks. */
const matchPattern = async (pattern: string): Promise<Found> => {
  const meansFolders = /[\\/]$/.test(pattern)
  if (meansFolders) return { files: [], others: [] }
  const parts = pattern.split(/[\\/]/)
  const fixed = parts.findIndex(part => /[*?]/.test(part))
  const root = parts
    .slice(0, fixed)
    .map(part => `${part}/`)
    .join('')
  const wild = parts.slice(fixed)
  const files: string[] = []
  const others: string[] = []
  for (const path of await matchIn(root === '' ? '.' : root, wild.join('/'))) {
    const found = join(root, path)
    if (!(await isFile(found))) continue
    const isMeant = path
      .split('/')
      .every(part => !isBookkeeping(part) || wild.some(each => each[0] === part[0]))
    ;(isMeant ? files : others).push(found)
  }
  return { files, others }
}

const matchIn = async (cwd: string, pattern: string): Promise<string[]> => {
  const { glob } = await import('tinyglobby')
  const unread: Error[] = []
  const paths = await glob(pattern.replaceAll(/[()[\]{}!+@|^$]/g, '\\$&'), {
    cwd,
    dot: true,
    expandDirectories: false,
    fs: { readdir: readLinksAsFiles(unread) },
  })
  if (unread[0] !== undefined)
    throw new CliError(`cannot read a folder: ${unread[0].message}`, 'List the files', { cause: unread[0] })
  return paths
}

/**
 * The package would follow links to folders, and pass over in silence what it cannot read. So it sees every link as a file
 * (what it leads to is asked for those that match), and errors are collected.
 */
const readLinksAsFiles = (unread: Error[]): typeof readdir =>
  ((
    path: string,
    options: { withFileTypes: true },
    done: (error: Error | null, entries?: Dirent[]) => void,
  ) =>
    readdir(path, options, (error, entries) => {
      if (error !== null && error.code !== 'ENOENT' && error.code !== 'ENOTDIR') unread.push(error)
      done(
        error,
        entries?.map(entry =>
          entry.isSymbolicLink() ? Object.assign(entry, { isFile: () => true }) : entry,
        ),
      )
    })) as typeof readdir
