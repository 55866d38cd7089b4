import { instanceOf, integer, listOf, type OptionSpec, objectOf, oneOf } from '../../check-options.js'
import type { PartitionCommit } from '../../errors.js'
import type { TunnelClient } from '../../http/tunnel-client.js'
import { parsePartitionSpec } from '../../schema/partition-spec.js'
import type { CallOptions } from '../../session/call-options.js'
import { TableResource } from '../../session/table-resource.js'
import { openUploadSession } from '../upload-session.js'
import { commitPartitions } from './commit-partitions.js'

/** At once. */
const concurrency = 16

export const finishCommitSpec: OptionSpec = {
  signal: instanceOf(AbortSignal),
  partitions: listOf(
    objectOf({
      project: 'string',
      schemaName: 'string',
      table: 'string',
      partitionSpec: 'string',
      sessionId: 'string',
      blockIds: listOf(integer(0)),
      state: oneOf('committed', 'open', 'unknown'),
    }),
  ),
}

/**
 * Commits what an upload to many partitions could not. A partition whose outcome was unknown is looked up first.
 * @returns the same partitions, all committed
 * @throws TunnelSessionError ODPS_PARTIAL_COMMIT with what is left
 */
export const finishCommit = async (
  client: TunnelClient,
  partitions: readonly PartitionCommit[],
  call: CallOptions,
): Promise<PartitionCommit[]> => {
  await commitPartitions(
    partitions.map(({ state, ...partition }) => ({
      ...{ partition, state },
      commit: async () => {
        const { partitionSpec, sessionId, blockIds, ...name } = partition
        const spec = parsePartitionSpec(partitionSpec)
        const resource = new TableResource(client, name, { partition: spec })
        const session = await openUploadSession(resource, { sessionId, ...call })
        await session.commit(blockIds, call)
      },
    })),
    concurrency,
  )
  return partitions.map(partition => ({ ...partition, state: 'committed' }))
}
