import { nearest } from '../../check-options.js'
import type { Column, TableSchema } from '../../index.js'
import { columnNameOf, columnNames } from '../formats/infer/columns.js'
import type { ColumnPlan, RowSource } from '../formats/row-source.js'
import { CliError, UsageError } from '../usage-error.js'
import { countOf } from './units.js'

/*
 * Which field of a file goes to which column. A header goes by its names and a file without one by position; in doubt
 * nothing is guessed, for a shifted column loads without an error. All that is missing, unknown or double is told at
 * once, so a header is mended in one go.
 */

export interface ColumnRules {
  /** --columns; undefined: all. */
  readonly columns: readonly string[] | undefined
  /** Undefined: only where columns were chosen, and the file has names. */
  readonly ignoreExtra: boolean | undefined
  readonly fillMissing: boolean
  /** Of --partition-by: a row without them has no partition. */
  readonly needed?: readonly string[]
  /** What the columns are of, for messages; undefined: the table. */
  readonly owner?: string
  /** Records must have exactly as many fields as the header or the table. */
  readonly strict: boolean
}

/**
 * Says which field of the file goes to which column of the table.
 * @throws CliError that lists all columns that are missing, unknown or there twice
 */
export const planColumns = (
  path: string,
  source: Pick<RowSource, 'fields' | 'hasNames' | 'widthHint'>,
  schema: TableSchema,
  rules: ColumnRules,
): ColumnPlan => {
  const chosen = rules.columns === undefined ? undefined : chooseColumns(schema, rules)
  return source.hasNames || source.fields.length === 0
    ? planByName(path, source, schema, chosen, rules)
    : planByPosition(path, source, schema, chosen, rules)
}

const chooseColumns = (
  schema: TableSchema,
  { columns: names = [], needed = [] }: ColumnRules,
): readonly Column[] => {
  const left = needed.find(name => !names.some(each => each.toLowerCase() === name.toLowerCase()))
  if (left !== undefined)
    throw new UsageError(`--columns lacks '${left}', which --partition-by needs`, 'Add it to --columns')
  return names.map((name, i) => {
    const column = schema.columns.find(each => each.name.toLowerCase() === name.toLowerCase())
    if (column === undefined)
      throw new UsageError(`--columns: the table has no column '${name}'`, suggestion(name, schema))
    if (names.findIndex(each => each.toLowerCase() === name.toLowerCase()) !== i)
      throw new UsageError(`--columns has '${name}' twice`)
    return column
  })
}

const ownerOf = ({ owner = 'the table' }: ColumnRules): string => owner

const isNeeded = ({ needed = [] }: ColumnRules, { name }: Column): boolean =>
  needed.some(each => each.toLowerCase() === name.toLowerCase())

const planByName = (
  path: string,
  { fields, widthHint }: Pick<RowSource, 'fields' | 'widthHint'>,
  schema: TableSchema,
  chosen: readonly Column[] | undefined,
  rules: ColumnRules,
): ColumnPlan => {
  const known = new Set(schema.columns.map(column => column.name.toLowerCase()))
  const names = namesOf(
    fields.map(field => field.name),
    known,
  )
  const wanted = chosen ?? schema.columns
  const hint = fields.length === 1 && wanted.length > 1 ? widthHint : undefined
  const ifOther =
    widthHint === undefined
      ? 'Check that it is the right file for this table, or rename its columns'
      : afterHint(hint, 'If the file has no header, use --no-header; otherwise rename its columns')
  const ignoreExtra = rules.ignoreExtra ?? chosen !== undefined
  refuseNames(path, names, known, schema, wanted, { ...rules, ignoreExtra }, ifOther)
  const wantedNames = new Set(wanted.map(column => column.name.toLowerCase()))
  const fieldOf = schema.columns.map(({ name }) =>
    wantedNames.has(name.toLowerCase()) ? names.indexOf(name.toLowerCase()) : -1,
  )
  refuseTypes(path, fields, schema, fieldOf)
  return {
    columns: schema.columns,
    fieldOf,
    strict: rules.strict,
    unseen: { wanted, ignoreExtra },
  }
}

/**
 * @param ifOther what to do about a file without any of the columns
 */
const refuseNames = (
  path: string,
  names: readonly string[],
  known: ReadonlySet<string>,
  schema: TableSchema,
  wanted: readonly Column[],
  rules: ColumnRules,
  ifOther: string,
): void => {
  const twice = names.filter((name, i) => known.has(name) && names.indexOf(name) !== i)
  // Whatever may be missing: of a file without any of the columns all rows would be NULL. It is another table's, or what
  // was taken for its header is its first record.
  const isOther = names.length > 0 && !wanted.some(column => names.includes(column.name.toLowerCase()))
  const refusesExtra = isOther || !rules.ignoreExtra
  const extra = refusesExtra ? names.filter(name => !known.has(name)) : []
  const mayFill = rules.fillMissing && !isOther
  const missing = wanted.filter(
    column =>
      names.length > 0 && !names.includes(column.name.toLowerCase()) && (!mayFill || isNeeded(rules, column)),
  )
  const problems = [
    extra.length > 0
      ? `has ${list(extra)}, which ${ownerOf(rules)} does not have${partitionHint(extra, schema)}`
      : '',
    missing.length > 0 ? `lacks ${list(missing.map(column => column.name))}` : '',
    twice.length > 0 ? `has ${list([...new Set(twice)])} twice` : '',
  ].filter(problem => problem !== '')
  if (problems.length > 0)
    throw new CliError(
      `${path} ${problems.join('; it ')}`,
      isOther
        ? ifOther
        : nextStep(
            extra.length > 0,
            missing.filter(column => !isNeeded(rules, column)).length > 0,
            missing.some(column => isNeeded(rules, column)),
          ),
    )
}

const afterHint = (hint: string | undefined, next: string): string =>
  hint === undefined ? next : `${hint}. ${next}`

/** A file that has types says which columns can hold none of its values; that is known before the first row. */
const refuseTypes = (
  path: string,
  fields: RowSource['fields'],
  schema: TableSchema,
  fieldOf: readonly number[],
): void => {
  const refused = schema.columns.flatMap(({ name, type }, i) => {
    const reason = fields[fieldOf[i]!]?.refuses?.(type)
    return reason === undefined ? [] : [`column '${name}': ${reason}`]
  })
  if (refused.length > 0)
    throw new CliError(
      `${path} does not fit the table: ${refused.join('; ')}`,
      'Leave the column out: list the others with --columns',
    )
}

/**
 * The columns that fields mean, in lower case: those of their names; or those that `infer` makes of all of them, if that is
 * what the table has; or, one by one, of a name that no column may have the one that `infer` makes of it alone.
 */
const namesOf = (fields: readonly string[], known: ReadonlySet<string>): readonly string[] => {
  const own = fields.map(name => name.toLowerCase())
  const isOwn = own.every(name => known.has(name)) && new Set(own).size === own.length
  const made = columnNames(fields)
  if (!isOwn && made.every(name => known.has(name))) return made
  return own.map((name, i) => {
    const alone = columnNameOf(fields[i]!)
    return !known.has(name) && known.has(alone) ? alone : name
  })
}

const planByPosition = (
  path: string,
  { fields, widthHint }: Pick<RowSource, 'fields' | 'widthHint'>,
  schema: TableSchema,
  chosen: readonly Column[] | undefined,
  rules: ColumnRules,
): ColumnPlan => {
  const wanted = chosen ?? schema.columns
  const [has, needs] = [fields.length, wanted.length]
  if ((has > needs && !rules.ignoreExtra) || (has < needs && !rules.fillMissing))
    throw new CliError(
      `${path} has ${countOf(has, 'field')} in its first record, ${chosen === undefined ? ownerOf(rules) : '--columns'} ${countOf(needs, 'column')}`,
      afterHint(
        widthHint,
        'List the columns of the file with --columns a,b,c, or, if missing fields are NULL and others of no use, use --strict-schema=false',
      ),
    )
  const beyond = wanted.slice(has).find(column => isNeeded(rules, column))
  if (beyond !== undefined)
    throw new CliError(
      `${path} has ${countOf(has, 'field')} in its first record, and none for '${beyond.name}', which --partition-by needs`,
      'Partition columns come last; list the columns of the file with --columns a,b,c if they are in another order',
    )
  return {
    columns: schema.columns,
    fieldOf: schema.columns.map(column => {
      const at = wanted.indexOf(column)
      return at < has ? at : -1
    }),
    strict: rules.strict,
  }
}

const nextStep = (hasExtra: boolean, hasMissing: boolean, lacksPartition: boolean): string => {
  const choices = [
    ...(lacksPartition
      ? ['--partition <column>=<value> says the partition of rows that do not carry it']
      : []),
    ...(hasExtra ? ['--extra-columns ignore drops them'] : []),
    ...(hasMissing ? ['--missing-columns null makes them NULL'] : []),
  ]
  return choices.length > 0 ? choices.join(', ') : 'Rename one of them'
}

const partitionHint = (extra: readonly string[], schema: TableSchema): string =>
  extra.some(name => schema.partitionColumns.some(column => column.name.toLowerCase() === name))
    ? ' among its columns (name its partition columns in --partition-by, or give one partition by --partition)'
    : ''

const suggestion = (name: string, schema: TableSchema): string => {
  const near = nearest(
    name,
    schema.columns.map(column => column.name),
  )
  return near === undefined ? "See them with 'odps-tunnel schema <table>'" : `Did you mean '${near}'?`
}

const list = (names: readonly string[]): string => {
  const shown = names.slice(0, 20).map(name => `'${name.length > 60 ? `${name.slice(0, 57)}...` : name}'`)
  return names.length > 20 ? `${shown.join(', ')}, … (${names.length})` : shown.join(', ')
}
