import { beforeCommit, type WithBeforeCommit } from '../../internal-options.js'
import { checkSchema } from '../../schema/define-schema.js'
import type { CallOptions } from '../../session/call-options.js'
import { getTable } from '../../session/table-info.js'
import type { TableResource } from '../../session/table-resource.js'
import type { SessionSettings } from '../session-transaction.js'
import type { UploadContext } from '../transaction.js'
import type { AnyUploadOptions } from '../upload-options.js'
import { createUploadSession } from '../upload-session.js'
import { createPartitionKeys, type PartitionBy } from './partition-keys.js'
import { type PartitionsSettings, PartitionsTransaction } from './partitions-transaction.js'

const owner = { where: 'createUploadStream', names: 'partitionBy and partitionSpec together' }

/** Begins a transaction in many partitions of the table. */
export type BeginPartitions = (context: UploadContext) => PartitionsTransaction

/**
 * Asks for the table's partition columns, which options and rows are held to.
 * @throws TunnelOptionError when the options don't fit the table; what asking for it fails with
 */
export const openPartitions = async (
  table: TableResource,
  options: AnyUploadOptions,
  by: PartitionBy<never>,
  blocks: Omit<SessionSettings, 'open'> & Pick<PartitionsSettings, 'maxOpenPartitions' | 'partitionBytes'>,
  call: CallOptions,
): Promise<BeginPartitions> => {
  const { createPartition, overwrite, unknownColumns = 'error' } = options
  const { schema } = await getTable(table.client, table.name, call)
  if (options.schema !== undefined) checkSchema(options.schema, schema, 'write')
  const settings: PartitionsSettings = {
    ...{ ...blocks, schema },
    beforeCommit: (options as WithBeforeCommit)[beforeCommit],
    keys: createPartitionKeys(by, table.partition, schema, unknownColumns, owner),
    open: (partition, first, each) =>
      createUploadSession(table.ofPartition(partition), {
        ...{ createPartition, overwrite, knownSchema: first?.schema },
        ...each,
      }),
  }
  return context => new PartitionsTransaction(settings, context)
}
