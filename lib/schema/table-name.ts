import { checkOptions, type OptionSpec } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'

/*
 * Names of tables. Two parts mean schema and table, since projects have schemas; in older code they meant project and
 * table, so errors about a missing table name both meanings. A name that contradicts an option of the same call is
 * refused and not overruled, for nobody can tell which of the two was meant.
 */

/** A table's full name. Without `schemaName` the service means its schema `default`. */
export interface TableName {
  readonly project: string
  readonly schemaName?: string
  readonly table: string
}

/** What may complete a name: options of the same call must agree with it, defaults only fill what it leaves out. */
export interface TableNameParts {
  readonly project?: string | undefined
  readonly schemaName?: string | undefined
}

/** What callers name a table by: `t`, `schema.t`, `project.schema.t`; or a full name, as lists of tables hold it. */
export type TableNameInput = string | TableName

const partPattern = /^[\p{L}\p{N}_$-]+$/u

/** What stands in the parts is looked at as that of a text is. */
const partsSpec: OptionSpec = { project: 'any', schemaName: 'any', table: 'any' }

/**
 * Parses `t`, `schema.t` or `project.schema.t`; parts may stand in back quotes.
 * @throws TunnelOptionError ODPS_INVALID_TABLE_NAME for another form, or a part that contradicts an option;
 * ODPS_MISSING_PROJECT when no project is named anywhere; ODPS_UNKNOWN_OPTION for an object with other keys.
 */
export const parseTableName = (
  input: TableNameInput,
  options: TableNameParts = {},
  defaults: TableNameParts = {},
): TableName => {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return checkName(input)
  const text = input
  if (typeof text !== 'string')
    throw wrong(
      `table must be text, got ${text === null ? 'null' : Array.isArray(text) ? 'a list' : typeof text}`,
    )
  const parts = text.split('.').map(part => part.trim().replace(/^`(.*)`$/, '$1'))
  if (parts.length > 3) throw wrong(`'${shorten(text)}' has more than three parts; use project.schema.table`)
  const bad = parts.find(part => !partPattern.test(part))
  if (bad !== undefined)
    throw wrong(`'${shorten(text)}' has the part '${shorten(bad)}', which is not a valid name`)
  const table = parts.at(-1)!
  const named = { schemaName: parts.at(-2), project: parts.at(-3) }
  const schemaName = agree('schemaName', named, options, text)
  const project = agree('project', named, options, text)
  return { ...parsePlace({ project, schemaName }, defaults), table }
}

/** Where tables are: a project and one of its schemas. Without `schemaName` the service means its schema `default`. */
export type TablePlace = Omit<TableName, 'table'>

/**
 * @throws TunnelOptionError ODPS_INVALID_TABLE_NAME for what can't be a name; ODPS_MISSING_PROJECT when no project is named
 * anywhere.
 */
export const parsePlace = (options: TableNameParts, defaults: TableNameParts): TablePlace => {
  const { project = defaults.project, schemaName = defaults.schemaName } = options
  if (project === undefined)
    throw new TunnelOptionError(
      'ODPS_MISSING_PROJECT',
      'No project: set the option project, the environment variable ODPS_PROJECT, or write project.schema.table',
    )
  checkOption('project', project)
  if (schemaName !== undefined) checkOption('schemaName', schemaName)
  return { project, ...(schemaName !== undefined && { schemaName }) }
}

/**
 * A name that is in its parts already, and so complete. It may come from a list of the service, so it is looked at like any
 * other. A misspelt `schemaName` would be another table, which might be dropped.
 */
const checkName = (name: TableName): TableName => {
  checkOptions('table', name, partsSpec)
  const { project, schemaName, table } = name
  if (project === undefined)
    throw new TunnelOptionError(
      'ODPS_MISSING_PROJECT',
      'table: an object is a full name, and this one has no project; add it, or pass the name as text',
    )
  if (typeof table !== 'string' || !partPattern.test(table))
    throw wrong(`'${shorten(String(table))}' is not a valid name of a table`)
  return { ...parsePlace({ project, schemaName }, {}), table }
}

const agree = (
  key: 'project' | 'schemaName',
  named: TableNameParts,
  options: TableNameParts,
  text: string,
): string | undefined => {
  const [name, option] = [named[key], options[key]]
  if (name !== undefined && option !== undefined && name.toLowerCase() !== option.toLowerCase())
    throw wrong(`'${shorten(text)}' names the ${key} '${name}', but the option ${key} is '${option}'`)
  return name ?? option
}

/** They become segments of a path, where `..` would mean another one. */
const checkOption = (key: 'project' | 'schemaName', name: string): void => {
  if (typeof name !== 'string' || !partPattern.test(name))
    throw wrong(`the option ${key} is '${shorten(String(name))}', which is not a valid name`)
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text)

/** Prints `project.schema.table` or `project.table`, for messages. */
export const formatTableName = (name: TableName): string =>
  [name.project, name.schemaName, name.table].filter(part => part !== undefined).join('.')

const wrong = (what: string): TunnelOptionError => new TunnelOptionError('ODPS_INVALID_TABLE_NAME', what)
