import type { TunnelClient } from '../http/tunnel-client.js'
import {
  formatQuotedPartitionSpec,
  type PartitionPart,
  type PartitionSpec,
} from '../schema/partition-spec.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import { textAt, type XmlElement } from '../xml.js'
import { AnswerJson, unexpected } from './answer-json.js'
import type { CallOptions } from './call-options.js'
import { metadataRequest, requestXml } from './metadata.js'

/** One partition as the service lists it (protocol 10.6). */
export interface PartitionInfo {
  readonly spec: PartitionSpec
  readonly createdAt: Date | undefined
  readonly modifiedAt: Date | undefined
  /** Bytes as stored. */
  readonly size: number | undefined
  readonly recordCount: number | undefined
}

/**
 * Lists partitions, asking for page after page while it is iterated.
 * @param prefix the outer levels of the partitions wanted
 */
export async function* listPartitions(
  client: TunnelClient,
  name: TableName,
  prefix?: PartitionSpec,
  options: CallOptions = {},
): AsyncGenerator<PartitionInfo, void, undefined> {
  const purpose = `Listing the partitions of ${formatTableName(name)}`
  const seen = new Set<string>()
  const markers = new Set<string>()
  let idlePages = 0
  for (let marker = ''; ; ) {
    const query = {
      partitions: '',
      expectmarker: 'true',
      ...(prefix?.length && { partition: formatQuotedPartitionSpec(prefix) }),
      ...(marker !== '' && { marker }),
    }
    const root = await requestXml(
      client,
      { ...metadataRequest(name, purpose, query), ...options },
      'Partitions',
    )
    const before = seen.size
    for (const item of root.children) {
      if (item.name !== 'Partition') continue
      const partition = readPartition(item, purpose)
      // Pages shift when partitions are added meanwhile; each is read once.
      const known = seen.size
      if (seen.add(keyOf(partition.spec)).size > known) yield partition
    }
    const next = textAt(root, 'Marker') ?? ''
    if (next === '') return
    idlePages = seen.size > before ? 0 : idlePages + 1
    if (markers.size === markers.add(next).size) throw unexpected(purpose, 'repeats its page marker')
    if (idlePages > maxIdlePages) throw unexpected(purpose, `has no new partition in ${idlePages} pages`)
    marker = next
  }
}

/** More pages in a row without a new partition are a listing that never ends. */
const maxIdlePages = 20

const keyOf = (spec: PartitionSpec): string =>
  JSON.stringify(spec.map(({ name, value }) => [name.toLowerCase(), value]))

const readPartition = (item: XmlElement, purpose: string): PartitionInfo => {
  const columns = item.children.filter(child => child.name === 'Column')
  const spec = columns.map((column): PartitionPart => {
    const { Name: name, Value: value } = column.attributes
    if (name === undefined || value === undefined)
      throw unexpected(purpose, 'has a partition without name or value')
    return { name, value }
  })
  const fields = new AnswerJson(
    Object.fromEntries(item.children.map(child => [child.name, child.text.trim()])),
    purpose,
  )
  return {
    spec,
    createdAt: fields.optionalTime('CreationTime'),
    modifiedAt: fields.optionalTime('LastModifiedTime'),
    size: fields.optionalCount('PartitionSize'),
    recordCount: fields.optionalCount('PartitionRecordCount'),
  }
}
