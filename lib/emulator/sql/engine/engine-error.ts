import type { TableUse } from '../rewrite/rewriting.js'
import { formatPosition, SqlError, semanticException } from '../sql-error.js'
import type { QueryText } from '../statement.js'

/*
 * DuckDB's errors in the service's words: its code, and the place in the query as it was written, where the name that is
 * wrong can be found there. DuckDB counts lines and columns in its own SQL, which nobody has seen.
 */

/** What DuckDB does not find, by the words of its message. */
const missing: readonly (readonly [pattern: RegExp, what: (name: string) => string])[] = [
  [
    /^Binder Error: Referenced column "([^"]+)" (?:not found|was not found)/,
    name => `column ${name} cannot be resolved`,
  ],
  [
    /^Binder Error: Column "([^"]+)" referenced that exists in the SELECT clause/,
    name => `column ${name} cannot be resolved`,
  ],
  [
    /^Binder Error: (?:Table|Values list) "[^"]+" does not have a column named "([^"]+)"/,
    name => `column ${name} cannot be resolved`,
  ],
  [
    /^Binder Error: Column "([^"]+)" in (?:EXCLUDE|REPLACE) list not found/,
    name => `column ${name} cannot be resolved`,
  ],
  [/^Binder Error: Referenced table "([^"]+)" not found/, name => `table ${name} cannot be resolved`],
  [/^Binder Error: Ambiguous reference to column name "([^"]+)"/, name => `column ${name} is ambiguous`],
  [
    /^Binder Error: column "?([^"\s]+)"? must appear in the GROUP BY clause/i,
    name => `column ${name} must stand in GROUP BY or in an aggregate function`,
  ],
]

/** Errors of values, not of the statement. */
const ofValues = /^(?:Conversion|Out of Range|Invalid Input|Constraint) Error: /

/** @returns the error as it is when it isn't one of DuckDB's */
export const sqlErrorOf = (error: unknown, text: QueryText, tables: readonly TableUse[]): unknown => {
  if (!(error instanceof Error) || error instanceof SqlError || !/^[A-Z][\w ]* Error: /.test(error.message))
    return error
  const message = error.message.split('\n')[0]!
  for (const [pattern, what] of missing) {
    const name = pattern.exec(message)?.[1]
    if (name !== undefined) return semanticException(what(writtenName(name, tables)), placeOf(name, text))
  }
  const said = tables.reduce(
    (words, { alias, parts }) => words.replaceAll(new RegExp(`\\b${alias}\\b`, 'g'), parts.join('.')),
    message.replace(/^[A-Z][\w ]* Error: /, ''),
  )
  if (said.startsWith('the emulator does not have')) return semanticException(said)
  if (said.startsWith('Macro mc_')) return withoutOverload(error.message, text)
  if (ofValues.test(message)) return new SqlError('ODPS-0121095', `Invalid argument - ${said}`)
  return semanticException(`the emulator's engine, DuckDB, does not run this query: ${said}`)
}

/**
 * No form of a macro has these types. Several have them when a type isn't known, as that of a column which doesn't exist: the
 * message doesn't name it, but shows the call.
 */
const withoutOverload = (message: string, text: QueryText): SqlError => {
  const names = message.includes('multiple overloads') ? namesOfCall(message) : []
  const place = names[0] === undefined ? undefined : placeOf(names[0], text)
  const columns = `${names.length === 1 ? 'column' : 'one of the columns'} ${names.join(', ')}`
  const unknown = names.length === 0 ? '' : `${columns} cannot be resolved, or `
  return semanticException(
    `${unknown}the emulator does not have a function or an operator of this query for the types that it is given`,
    place,
  )
}

/** The columns in the call under the caret of `LINE 1: …`, as far as the message shows it. */
const namesOfCall = (message: string): string[] => {
  const [line = '', caret = ''] = message.slice(message.indexOf('\nLINE ') + 1).split('\n')
  const shown = line.slice(caret.indexOf('^'))
  let depth = 0
  const end = [...shown].findIndex(sign => {
    depth += sign === '(' ? 1 : sign === ')' ? -1 : 0
    return sign === ')' && depth === 0
  })
  const call = end < 0 ? shown : shown.slice(0, end)
  return [...new Set([...call.matchAll(/(?<!['\w])"(\w+)"(?!\.)/g)].map(([, name]) => name!))]
}

const writtenName = (name: string, tables: readonly TableUse[]): string =>
  tables.find(({ alias }) => alias === name)?.parts.join('.') ?? name

/** Where the name is first written; undefined when it isn't. */
const placeOf = (name: string, { source, tokens }: QueryText): string | undefined => {
  const token = tokens.find(
    ({ kind, text }) => kind !== 'string' && text.toLowerCase() === name.toLowerCase(),
  )
  return token && formatPosition(source, token.from)
}
