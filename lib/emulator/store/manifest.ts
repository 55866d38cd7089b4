import { parseTableSchema, tableSchemaJson } from '../../schema/table-schema.js'
import { partitionKeyOf } from '../table.js'
import { DiskSegment } from './disk-segment.js'
import type { PartitionState, TableState } from './table-store.js'

/*
 * A table on disk is a directory with one manifest that names everything else in it. Names of projects, schemas,
 * tables and partitions stand in the manifest only, never in a path.
 */

const format = 1

interface ManifestPartition {
  readonly spec: PartitionState['spec']
  readonly createdAt: number
  readonly changedAt: number
  readonly segments: readonly { readonly id: string; readonly rows: number; readonly bytes: number }[]
}

type Manifest = Omit<TableState, 'schema' | 'partitions'> & {
  readonly format: number
  readonly schema: unknown
  readonly partitions: readonly ManifestPartition[]
}

export const formatManifest = (state: TableState): string => {
  const partitions = [...state.partitions.values()].map(({ segments, ...partition }) => ({
    ...partition,
    segments: segments.map(segment => {
      if (!(segment instanceof DiskSegment)) throw new Error('a segment in memory cannot be kept on disk')
      return { id: segment.id, rows: segment.rows, bytes: segment.bytes }
    }),
  }))
  const manifest: Manifest = { format, ...state, schema: tableSchemaJson(state.schema), partitions }
  return JSON.stringify(manifest)
}

export const parseManifest = (text: string, directory: string): TableState => {
  const { format: written, partitions, schema, ...rest } = JSON.parse(text) as Manifest
  if (written !== format) throw new Error(`it has format ${written}; this emulator reads format ${format}`)
  const states = partitions.map(({ segments, ...partition }) => ({
    ...partition,
    segments: segments.map(segment => new DiskSegment(directory, segment.id, segment, true)),
  }))
  return {
    ...rest,
    schema: parseTableSchema(schema),
    partitions: new Map(states.map(state => [partitionKeyOf(state.spec), state])),
  }
}
