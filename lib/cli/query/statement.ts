import { readFile } from 'node:fs/promises'
import type { Call } from '../call.js'
import type { OptionDefinition } from '../option-definition.js'
import { quoteText } from '../quote-text.js'
import { UsageError } from '../usage-error.js'

/** A statement as the command line gives it. */
export interface GivenStatement {
  readonly sql: string
  readonly hints: Readonly<Record<string, string>> | undefined
  readonly priority: number | undefined
  /** The operands behind the statement. */
  readonly operands: readonly string[]
}

export const statementOptions: readonly OptionDefinition[] = [
  { name: 'file', aliases: ['f'], type: 'text', value: '<path>', help: 'Read the statement from a file' },
  {
    name: 'hint',
    type: 'list',
    value: '<name=value>',
    help: 'A flag of the service, e.g. odps.sql.allow.fullscan=true; may be repeated',
  },
  {
    name: 'priority',
    type: 'integer',
    value: '<n>',
    min: 0,
    max: 9,
    help: 'From 0, which goes first, to 9',
    fallback: '9',
  },
]

/** @param most how many operands may follow the statement. @throws UsageError */
export const readStatement = async (call: Call, most: number): Promise<GivenStatement> => {
  const { values, operands } = call
  const path = values.text('file')
  const rest = path === undefined ? operands.slice(1) : operands
  if (rest.length > most)
    throw new UsageError(
      `${quoteText(rest[most]!)}: too many operands`,
      path === undefined ? 'Quote the statement' : 'Leave the statement out: it is read from --file',
    )
  const sql = path === undefined ? operands[0] : (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
  if (sql === undefined || sql.trim() === '')
    throw new UsageError(
      path === undefined ? 'there is no statement' : `${path} holds no statement`,
      "Write it in quotes, as in 'SELECT 1', or in a file for --file",
    )
  return { sql, hints: readHints(values.list('hint')), priority: values.number('priority'), operands: rest }
}

const readHints = (texts: readonly string[]): Record<string, string> | undefined => {
  if (texts.length === 0) return undefined
  return Object.fromEntries(
    texts.map(text => {
      const at = text.indexOf('=')
      if (at < 1) throw new UsageError(`--hint must be name=value, not ${quoteText(text)}`)
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()] as const
    }),
  )
}
