import type { PartitionSpec } from './partition-spec.js'
import type { TableName } from './table-name.js'

/*
 * What is named in a statement is quoted here, always and in one way: a name or a text may be any that a caller or the
 * service has, and must not become a part of the statement.
 */

export const formatSqlName = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** `` `p`.`s`.`t` `` */
export const formatSqlPath = (parts: readonly string[]): string => parts.map(formatSqlName).join('.')

export const formatSqlTable = ({ project, schemaName, table }: TableName): string =>
  formatSqlPath([project, ...(schemaName === undefined ? [] : [schemaName]), table])

export const formatSqlText = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`

/** `` PARTITION (`a`='x', `b`='y') `` */
export const formatSqlPartition = (spec: PartitionSpec): string =>
  `PARTITION (${spec.map(({ name, value }) => `${formatSqlName(name)}=${formatSqlText(value)}`).join(', ')})`
