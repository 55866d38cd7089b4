import { TunnelValueError } from '../../errors.js'
import type { TableSchema } from '../../schema/table-schema.js'

export interface HeaderRules {
  readonly unknownColumns: 'error' | 'ignore'
  readonly missingColumns: 'error' | 'null'
}

/** For each column of the table the position of its field, -1 for none. */
export interface FieldPositions {
  readonly fields: number
  readonly ofColumn: readonly number[]
}

/** Without a header the fields are the columns of the table, in order. */
export const positionsWithoutHeader = (schema: TableSchema): FieldPositions => ({
  fields: schema.columns.length,
  ofColumn: schema.columns.map((_, i) => i),
})

/**
 * Matches the names of a header with the columns of the table, without case and without blanks around them.
 * @throws TunnelValueError names all columns that are missing, unknown or there twice.
 */
export const positionsOfHeader = (
  header: readonly string[],
  schema: TableSchema,
  rules: HeaderRules,
): FieldPositions => {
  const names = header.map(name => name.trim().toLowerCase())
  const positions = new Map(names.map((name, i) => [name, i]))
  const known = new Set(schema.columns.map(column => column.name.toLowerCase()))
  const twice = names.filter((name, i) => known.has(name) && positions.get(name) !== i)
  // With no name in common the file has no header, or is another table's: all its rows would be NULL.
  const isOther = !names.some(name => known.has(name))
  const unknown = rules.unknownColumns === 'error' || isOther ? names.filter(name => !known.has(name)) : []
  const missing =
    rules.missingColumns === 'error' || isOther
      ? schema.columns.map(column => column.name).filter(name => !positions.has(name.toLowerCase()))
      : []
  const problems = [
    unknown.length > 0 ? `names ${quoted(unknown)}, which the table does not have` : '',
    missing.length > 0 ? `lacks ${quoted(missing)}` : '',
    twice.length > 0 ? `names ${quoted(twice)} twice` : '',
  ].filter(problem => problem !== '')
  if (problems.length > 0)
    throw new TunnelValueError(
      'ODPS_UNKNOWN_COLUMN',
      `parseCsv: the header ${problems.join('; it ')}. If the file has no header, set header: false`,
    )
  return {
    fields: header.length,
    ofColumn: schema.columns.map(column => positions.get(column.name.toLowerCase()) ?? -1),
  }
}

const quoted = (names: readonly string[]): string => {
  const shown = names.slice(0, 20).map(name => `'${name.length > 60 ? `${name.slice(0, 57)}...` : name}'`)
  return names.length > 20 ? `${shown.join(', ')}, … (${names.length})` : shown.join(', ')
}
