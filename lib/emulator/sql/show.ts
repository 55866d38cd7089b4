import { orderPartitionSpec } from '../../schema/partition-spec.js'
import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import { defaultSchemaName, formatPartitionPath, isPartitioned, partitionKeyOf } from '../table.js'
import { owner } from '../tunnel/session-json.js'
import { partitionNotFound } from './alter-table.js'
import { describePartition, describeTable } from './describe.js'
import { matchPartitions } from './match-partitions.js'
import { type SqlContext, schemaNotFound } from './resolve-name.js'
import { asSemantic, semanticException } from './sql-error.js'
import type { DescribeTable, ShowPartitions, ShowTables } from './statement.js'

/** A line for each. */
export const formatLines = (lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')

/** `owner:name`, a table or view per line; in a pattern `*` is any text and `|` an alternative. */
export const showTables = (
  service: Service,
  { place, views, like }: ShowTables,
  context: SqlContext,
): string => {
  const [project = context.project, schemaName = context.schemaName ?? defaultSchemaName] = place
  const listed = service.catalog.list(project, schemaName).filter(({ state }) => !views || state.view)
  const names = listed.map(({ state }) => state.name)
  const pattern = like === undefined ? /^/ : patternOf(like)
  return formatLines(names.filter(name => pattern.test(name)).map(name => `${owner}:${name}`))
}

const patternOf = (like: string): RegExp => {
  const alternatives = like.split('|').map(part =>
    part
      .split('*')
      .map(text => text.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&'))
      .join('.*'),
  )
  return new RegExp(`^(?:${alternatives.join('|')})$`, 'i')
}

export const showPartitions = ({ state }: Table, { spec }: ShowPartitions): string => {
  if (!isPartitioned(state)) throw semanticException(`table ${state.name} is not partitioned`)
  const chosen = matchPartitions(state, spec).map(partition => formatPartitionPath(partition.spec))
  return formatLines(chosen.sort())
}

export const describe = ({ state }: Table, { extended, spec }: DescribeTable): string => {
  if (spec === undefined) return describeTable(state, extended)
  const ordered = asSemantic(() => orderPartitionSpec(spec, state.schema))
  const partition = state.partitions.get(partitionKeyOf(ordered))
  if (partition === undefined) throw partitionNotFound()
  return describePartition(partition)
}

export const describeSchema = (service: Service, [project, name]: [string, string]): string => {
  const state = service.schemas.find(project, name)
  if (state === undefined) throw schemaNotFound(name)
  const time = new Date(state.createdAt).toUTCString()
  const { comment } = state
  return `${JSON.stringify({ name: state.name, owner, description: comment, createTime: time, modifyTime: time, type: 'MANAGED' })}\n`
}
