import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../usage-error.js'

/**
 * The files that operands mean: a path, a pattern with `*`, `?` and `**`, a folder (the files directly in it), or `-`.
 * Sorted within each operand.
 */
export const expandPaths = async (operands: readonly string[]): Promise<string[]> => {
  const paths: string[] = []
  for (const operand of operands) paths.push(...(await expandPath(operand)))
  return paths
}

const expandPath = async (operand: string): Promise<string[]> => {
  if (operand === '-') return ['-']
  const info = await stat(operand).catch(() => undefined)
  if (info?.isDirectory()) {
    const entries = await readdir(operand, { withFileTypes: true })
    const files = entries
      .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
      .map(entry => join(operand, entry.name))
    if (files.length === 0)
      throw new CliError(`${operand} holds no files`, 'Name files, or a pattern in quotes')
    return files.sort()
  }
  if (info !== undefined) return [operand]
  if (!/[*?]/.test(operand)) throw new CliError(`there is no file ${operand}`, 'Check the path')
  const found = (await matchPattern(operand)).sort()
  if (found.length === 0) throw new CliError(`no file matches ${operand}`, 'Check the pattern')
  return found
}

const matchPattern = async (pattern: string): Promise<string[]> => {
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
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
    .map(path => path.replace(/^\.\//, ''))
    .filter(path => expression.test(path.slice(join(prefix, 'x').length - 1)))
}

const expressionOf = (part: string): string =>
  part === '**'
    ? '(?:.*)'
    : part
        .replaceAll(/[.+^$()|[\]{}\\]/g, '\\$&')
        .replaceAll('*', '[^/]*')
        .replaceAll('?', '[^/]')
