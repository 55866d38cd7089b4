import { nearest, type OptionCheck } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import { typeKinds } from './data-type.js'

/*
 * What is said of a name that is no column, wherever names of columns are given: a misspelt one is told with the one that was
 * meant, and with those there are. Nothing by such a name would ever happen, which nobody notices.
 */

interface Named {
  readonly name: string
}

/**
 * `'nam' is not a column of the table, which has id, name; did you mean 'name'?`
 * @param what it should be
 */
export const notAColumn = (
  name: string,
  columns: readonly Named[],
  what = 'a column of the table',
): string => {
  const near = nearest(
    name,
    columns.map(column => column.name),
  )
  const hint = near === undefined ? '' : `; did you mean '${near}'?`
  return `'${shortened(name)}' is not ${what}, which has ${namesOf(columns)}${hint}`
}

/** As many names as can be read. */
const namesOf = (columns: readonly Named[]): string => {
  const names = columns.map(({ name }) => name)
  return names.length > 20 ? `${names.slice(0, 20).join(', ')}, … (${names.length})` : names.join(', ')
}

const shortened = (name: string): string => (name.length > 60 ? `${name.slice(0, 57)}...` : name)

/** For the option `parsers`. */
export const parserMap: OptionCheck = value => {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isMap && Object.values(value).every(each => each === undefined || typeof each === 'function')
    ? undefined
    : 'an object of functions by column name or type'
}

/**
 * Holds the keys of `parsers` to the whole table, so that one object serves reads of any of its columns.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for a key that is neither a column nor a type
 */
export const checkParsers = (
  parsers: Readonly<Record<string, unknown>> | undefined,
  {
    columns,
    partitionColumns,
  }: { readonly columns: readonly Named[]; readonly partitionColumns: readonly Named[] },
): void => {
  const known = [...columns, ...partitionColumns]
  const names = new Set(known.map(({ name }) => name.toLowerCase()))
  const isKnown = (key: string): boolean =>
    names.has(key.toLowerCase()) || (typeKinds as readonly string[]).includes(key)
  const unknown = Object.keys(parsers ?? {}).find(key => !isKnown(key))
  if (unknown === undefined) return
  // A type is named without its arguments.
  const near = nearest(unknown.replace(/[(<].*/s, ''), [...known.map(({ name }) => name), ...typeKinds])
  const hint = near === undefined ? `types are ${typeKinds.join(', ')}` : `did you mean '${near}'?`
  throw new TunnelOptionError(
    'ODPS_INVALID_COLUMNS',
    `parsers: '${shortened(unknown)}' is neither a type nor a column; the columns are ${namesOf(known)}; ${hint}`,
  )
}
