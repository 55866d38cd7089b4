import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../usage-error.js'

/*
 * What Spark, Hive and Hadoop put beside the data is none: `_SUCCESS`, `_temporary`, `.part-0.crc`. In folders and behind
 * wildcards such names are passed over, and named, so that nothing is left out unnoticed; a name that was written out is
 * read whatever it is.
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
  const paths: string[] = []
  for (const operand of operands) {
    const { files, others } = await expandPath(operand)
    if (others.length > 0) passOver(operand, others.sort())
    paths.push(...files.sort())
  }
  return paths
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
  const entries = await readdir(folder, { withFileTypes: true })
  const names = (await filesAmong(entries)).map(entry => entry.name)
  const found = {
    files: names.filter(name => !isBookkeeping(name)).map(name => join(folder, name)),
    others: names.filter(isBookkeeping),
  }
  if (found.files.length === 0)
    throw new CliError(`${folder} holds no files of data`, nextStep(found, 'folder'))
  return found
}

/** Links to files are files; a link that leads nowhere is an error, not a file less. */
const filesAmong = async (entries: readonly Dirent[]): Promise<Dirent[]> => {
  const files: Dirent[] = []
  for (const entry of entries)
    if (entry.isFile() || (entry.isSymbolicLink() && (await isLinkToFile(entry)))) files.push(entry)
  return files
}

const isLinkToFile = async (entry: Dirent): Promise<boolean> => {
  const path = join(entry.parentPath, entry.name)
  try {
    return (await stat(path)).isFile()
  } catch (cause) {
    throw new CliError(`cannot follow the link ${path}`, 'Remove it, or name the files', { cause })
  }
}

const nextStep = ({ others }: Found, what: string): string =>
  others.length === 0
    ? `Check the ${what}, or name the files`
    : `Names that begin with '.' or '_' are passed over; write such a file out to load it`

const isBookkeeping = (name: string): boolean => /^[._]/.test(name)

const matchPattern = async (pattern: string): Promise<Found> => {
  const parts = pattern.split(/[\\/]/)
  const fixed = parts.findIndex(part => /[*?]/.test(part))
  const base = parts.slice(0, fixed).join('/')
  const root = base === '' && pattern.startsWith('/') ? '/' : base
  const expression = new RegExp(
    `^${parts.slice(fixed).map(expressionOf).join('/').replaceAll('(?:.*)/', '(?:.*/)?')}$`,
  )
  const isDeep = parts.length - fixed > 1
  const entries = await readdir(root === '' ? '.' : root, { recursive: isDeep, withFileTypes: true }).catch(
    () => [],
  )
  const prefix = root === '' ? '' : root.endsWith('/') ? root : `${root}/`
  const behind = (path: string): string => path.slice(join(prefix, 'x').length - 1)
  const found = (await filesAmong(entries))
    .map(entry => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
    .map(path => path.replace(/^\.\//, ''))
    .filter(path => expression.test(behind(path)))
  const isMeant = (path: string): boolean =>
    behind(path)
      .split('/')
      .every(part => !isBookkeeping(part) || parts.slice(fixed).some(each => each[0] === part[0]))
  return { files: found.filter(isMeant), others: found.filter(path => !isMeant(path)) }
}

const expressionOf = (part: string): string =>
  part === '**'
    ? '(?:.*)'
    : part
        .replaceAll(/[.+^$()|[\]{}\\]/g, '\\$&')
        .replaceAll('*', '[^/]*')
        .replaceAll('?', '[^/]')
