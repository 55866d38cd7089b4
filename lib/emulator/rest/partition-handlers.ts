import { TunnelOptionError } from '../../errors.js'
import { type PartitionSpec, parsePartitionSpec } from '../../schema/partition-spec.js'
import { invalidPartition } from '../server/service-refusal.js'
import { type ServiceReply, xmlReply } from '../server/service-reply.js'
import type { Service, ServiceRequest } from '../service.js'
import { matchPartitions } from '../sql/match-partitions.js'
import { SqlError } from '../sql/sql-error.js'
import type { PartitionState, TableState } from '../store/table-store.js'
import {
  countBytes,
  countRows,
  formatPartitionPath,
  getPartition,
  isPartitioned,
  parsePartitionParameter,
} from '../table.js'
import { cdata, element, elementWith, type Xml } from '../xml/format-xml.js'
import { cutListPage } from './list-page.js'
import { findObject } from './table-handlers.js'

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** GET …/tables/T?partitions[&partition=prefix][&name][&reverse] (protocol 10.6) */
export const listPartitions = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const { state } = findObject(service, request)
  const { query } = request
  if (!isPartitioned(state)) throw invalidPartition()
  const found = [...findPartitions(state, query.get('partition'))].sort((a, b) =>
    formatPartitionPath(a.spec) < formatPartitionPath(b.spec) ? -1 : 1,
  )
  if (query.has('reverse')) found.reverse()
  const { items, marker, size } = cutListPage(found, query)
  const print = query.has('name') ? formatName : formatPartition
  return xmlReply(
    element('Partitions', element('Marker', marker), element('MaxItems', size), ...items.map(print)).xml,
  )
}

const findPartitions = (state: TableState, text: string | undefined): PartitionState[] => {
  if (text === undefined || text === '') return [...state.partitions.values()]
  try {
    return matchPartitions(state, parsePrefix(text))
  } catch (error) {
    if (error instanceof TunnelOptionError || error instanceof SqlError) throw invalidPartition(error)
    throw error
  }
}

const parsePrefix = (text: string): PartitionSpec =>
  parsePartitionSpec(text.replaceAll('/', ',')).map(({ name, value }) => ({
    name: name.toLowerCase(),
    value,
  }))

const formatName = (partition: PartitionState): Xml =>
  element('Partition', element('Name', formatPartitionPath(partition.spec)))

const formatPartition = ({ spec, segments, createdAt, changedAt }: PartitionState): Xml =>
  element(
    'Partition',
    ...spec.map(({ name, value }) => elementWith('Column', { Name: name, Value: value })),
    element('CreationTime', seconds(createdAt)),
    element('LastDDLTime', seconds(createdAt)),
    element('LastModifiedTime', seconds(changedAt)),
    element('PartitionSize', countBytes(segments)),
    element('PartitionRecordCount', countRows(segments)),
  )

/** GET …/tables/T?partition=a='x'; with `extended` the other half of what there is to know. */
export const getPartitionInfo = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const { state } = findObject(service, request)
  const { query } = request
  const partition = getPartition(state, parsePartitionParameter(state, query.get('partition')))
  const schema = query.has('extended') ? formatExtension(partition) : formatInfo(partition)
  return xmlReply(element('Partition', element('Schema', cdata(JSON.stringify(schema)))).xml)
}

const formatInfo = ({ segments, createdAt, changedAt }: PartitionState): Record<string, unknown> => ({
  createTime: seconds(createdAt),
  lastDDLTime: seconds(createdAt),
  lastModifiedTime: seconds(changedAt),
  partitionSize: countBytes(segments),
  partitionRecordNum: countRows(segments),
})

const formatExtension = ({ segments }: PartitionState): Record<string, unknown> => ({
  IsArchived: false,
  IsExstore: false,
  LifeCycle: -1,
  PhysicalSize: countBytes(segments),
  FileNum: segments.length,
  Reserved: '{}',
})
