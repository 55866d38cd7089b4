import type { PartitionSpec } from '../../schema/partition-spec.js'
import { isTransactional } from '../primary-key.js'
import type { Service } from '../service.js'
import type { TableState } from '../store/table-store.js'
import { isPartitioned } from '../table.js'
import { multiInsert } from './multi-insert.js'
import { made, parseTokens } from './parse-change.js'
import { findOwnTable, type SqlContext } from './resolve-name.js'
import { ofStatement, semanticException } from './sql-error.js'
import type { ChangeRows, PlacedInsert, Query } from './statement.js'
import type { Token } from './tokenize.js'

/*
 * DELETE and UPDATE write a table anew, each partition by an INSERT OVERWRITE of its own rows: those that stay, with the values that they
 * get. Rows for which the condition is NULL stay as they are.
 */

export const changeRows = (service: Service, change: ChangeRows, context: SqlContext): Promise<void> => {
  const { state } = findOwnTable(service, change.name, context)
  checkChange(state, change)
  const specs = isPartitioned(state) ? [...state.partitions.values()].map(({ spec }) => spec) : [[]]
  const inserts = specs.map((partition): PlacedInsert => {
    const source = queryOf(state, change, partition)
    const target = { name: change.name, overwrite: true, partition, dynamic: [], columns: undefined }
    return { insert: { kind: 'insert', ...target, source }, position: ofStatement }
  })
  return multiInsert(service, { kind: 'multiInsert', inserts }, context)
}

const checkChange = (state: TableState, { values }: ChangeRows): void => {
  const { name, schema, primaryKey } = state
  if (!isTransactional(state)) throw semanticException(`table ${name} is not transactional`)
  for (const column of values?.keys() ?? []) {
    if (!schema.columns.some(each => each.name === column))
      throw semanticException(`column ${column} cannot be resolved in table ${name}`)
    if (primaryKey.includes(column))
      throw semanticException(`column ${column} belongs to the primary key and cannot be set`)
  }
  // Of other types a value has several texts, and which of them names the partition isn't in the rows.
  if (schema.partitionColumns.some(({ type }) => type.kind !== 'string' && type.kind !== 'varchar'))
    throw semanticException(
      'the emulator changes rows only in partitions that are named by a STRING or VARCHAR',
    )
}

/** The rows of one partition as they are to be. */
const queryOf = (state: TableState, change: ChangeRows, partition: PartitionSpec): Query => {
  const { values, where, table, source } = change
  const at = table[0]!.from
  const sql = (text: string): readonly Token[] => made(text, at)
  const inBrackets = (tokens: readonly Token[]): readonly Token[] => [...sql('('), ...tokens, ...sql(')')]
  const items = state.schema.columns.flatMap(({ name }, i) => {
    const column: Token = { kind: 'name', text: name, from: at, to: at }
    const value = values?.get(name)
    const item =
      value === undefined
        ? [column]
        : [
            ...[...sql('case when'), ...inBrackets(where), ...sql('then'), ...inBrackets(value)],
            ...[...sql('else'), column, ...sql('end as'), column],
          ]
    return [...(i === 0 ? [] : sql(',')), ...item]
  })
  const conditions = partition.map(({ name, value }): readonly Token[] => [
    { kind: 'name', text: name, from: at, to: at },
    ...sql('='),
    { kind: 'string', text: value, from: at, to: at },
  ])
  if (values === undefined) conditions.push([...inBrackets(where), ...sql('is not true')])
  return parseTokens(source, [
    ...[...sql('select'), ...items, ...sql('from'), ...table],
    ...conditions.flatMap((condition, i) => [...sql(i === 0 ? 'where' : 'and'), ...condition]),
  ])
}
