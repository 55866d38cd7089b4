import {
  formatPartitionSpec,
  type PartitionSpec,
  type TableInfo,
  type Tunnel,
  TunnelServiceError,
} from '../../index.js'
import type { TableTarget } from '../transfer/table-target.js'
import { countOf } from '../transfer/units.js'
import { UsageError } from '../usage-error.js'

/** What a command is about to remove. */
export interface Removal {
  /** `project.schema.t`, `project.t/pt=a` */
  readonly title: string
  /** Of a partitioned table as a whole. */
  readonly partitions: number | undefined
  /** Undefined where the service doesn't say. */
  readonly rows: number | undefined
}

/** @throws UsageError for part of a partition; TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_NO_SUCH_PARTITION */
export const findRemoval = async (tunnel: Tunnel, { table, partition }: TableTarget): Promise<Removal> => {
  const info = await tunnel.getTable(table)
  const { project, schemaName, table: name } = info.name
  const title = [project, schemaName, name].filter(part => part !== undefined).join('.')
  if (partition === undefined && info.schema.partitionColumns.length > 0)
    return { title, ...(await countPartitions(tunnel, info)) }
  if (partition === undefined)
    return { title, partitions: undefined, rows: (await countRows(tunnel, table)) ?? info.recordCount }
  checkWhole(partition, info)
  const spec = formatPartitionSpec(partition)
  return { title: `${title}/${spec}`, partitions: undefined, rows: await countRows(tunnel, table, spec) }
}

const checkWhole = (partition: PartitionSpec, { schema }: TableInfo): void => {
  const levels = schema.partitionColumns.map(column => column.name)
  const given = new Set(partition.map(({ name }) => name.toLowerCase()))
  if (given.size === levels.length && levels.every(name => given.has(name.toLowerCase()))) return
  throw new UsageError(
    `${formatPartitionSpec(partition)} is not one partition`,
    levels.length === 0 ? 'The table is not partitioned' : `Name all levels: ${levels.join(', ')}`,
  )
}

/** Exact. Who may remove rows need not be allowed to read them. */
const countRows = async (
  tunnel: Tunnel,
  table: string,
  partitionSpec?: string,
): Promise<number | undefined> => {
  try {
    return (await tunnel.createDownloadSession({ table, partitionSpec })).recordCount
  } catch (error) {
    if (error instanceof TunnelServiceError && error.code === 'ODPS_ACCESS_DENIED') return undefined
    throw error
  }
}

/** By what the service has noted: there may be too many of them to count each. */
const countPartitions = async (
  tunnel: Tunnel,
  info: TableInfo,
): Promise<Pick<Removal, 'partitions' | 'rows'>> => {
  let partitions = 0
  let rows: number | undefined = 0
  for await (const { recordCount } of tunnel.listPartitions(info.name)) {
    partitions++
    rows = rows === undefined || recordCount === undefined ? undefined : rows + recordCount
  }
  return { partitions, rows: rows ?? info.recordCount }
}

/** `p.t: 3 partitions, 1,234 rows` */
export const formatRemoval = ({ title, partitions, rows }: Removal): string => {
  const counted = rows === undefined ? 'an unknown number of rows' : countOf(rows, 'row')
  return `${title}: ${partitions === undefined ? '' : `${countOf(partitions, 'partition')}, `}${counted}`
}
