import type { TunnelClient } from '../http/tunnel-client.js'
import {
  formatQuotedPartitionSpec,
  type PartitionPart,
  type PartitionSpec,
} from '../schema/partition-spec.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import type { XmlElement } from '../xml.js'
import { unexpected } from './answer-json.js'
import type { CallOptions } from './call-options.js'
import { fieldsOf, listItems } from './listing.js'
import { metadataRequest } from './metadata.js'

/*
 * A table may have a hundred thousand partitions, which the service lists in pages. They are given while pages come, so
 * that the first is there at once and nothing holds them all.
 */

/** One partition as the service lists it (protocol 10.6). */
export interface PartitionInfo {
  readonly spec: PartitionSpec
  readonly createdAt: Date | undefined
  readonly modifiedAt: Date | undefined
  /** Bytes as stored. */
  readonly size: number | undefined
  /** Rows; undefined when the service does not know. */
  readonly recordCount: number | undefined
}

/**
 * Lists partitions, asking for page after page while it is iterated.
 * @param prefix the outer levels of the partitions wanted
 */
export const listPartitions = (
  client: TunnelClient,
  name: TableName,
  prefix?: PartitionSpec,
  options: CallOptions = {},
): AsyncGenerator<PartitionInfo, void, undefined> => {
  const purpose = `Listing the partitions of ${formatTableName(name)}`
  const query = {
    partitions: '',
    ...(prefix?.length && { partition: formatQuotedPartitionSpec(prefix) }),
  }
  return listItems(client, {
    request: { ...metadataRequest(name, purpose, query), ...options },
    root: 'Partitions',
    item: 'Partition',
    read: item => readPartition(item, purpose),
    keyOf: ({ spec }) => JSON.stringify(spec.map(part => [part.name.toLowerCase(), part.value])),
  })
}

const readPartition = (item: XmlElement, purpose: string): PartitionInfo => {
  const columns = item.children.filter(child => child.name === 'Column')
  const spec = columns.map((column): PartitionPart => {
    const { Name: name, Value: value } = column.attributes
    if (name === undefined || value === undefined)
      throw unexpected(purpose, 'has a partition without name or value')
    return { name, value }
  })
  const fields = fieldsOf(item, purpose)
  return {
    spec,
    createdAt: fields.optionalTime('CreationTime'),
    modifiedAt: fields.optionalTime('LastModifiedTime'),
    size: fields.optionalCount('PartitionSize'),
    recordCount: fields.optionalCount('PartitionRecordCount'),
  }
}
