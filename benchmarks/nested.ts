import { parseDataType } from '../lib/schema/parse-data-type.js'
import type { Column } from '../lib/schema/table-schema.js'
import { hash, poolText } from './workloads.js'

const types = {
  id: 'bigint',
  tags: 'array<string>',
  counts: 'map<string,bigint>',
  point: 'struct<x:double,y:double,label:string>',
}

/** Rows with nested values: about 115 bytes on the wire. */
export const nestedColumns: readonly Column[] = Object.entries(types).map(([name, type]) => ({
  name,
  type: parseDataType(type),
  nullable: true,
}))

const text = (i: number, slot: number): string =>
  poolText(hash(i, slot) % 65_472, 4 + (hash(i, slot + 1) % 12))

export const nestedRow = (i: number): unknown[] => {
  const tags = Array.from({ length: hash(i, 1) % 5 }, (_, k) => text(i, 10 + 2 * k))
  const counts = new Map(
    Array.from({ length: hash(i, 2) % 4 }, (_, k) => [`key${k}`, hash(i, 30 + k)] as const),
  )
  const x = (hash(i, 3) - 2_147_483_648) / 1000
  const y = (hash(i, 4) - 2_147_483_648) / 1000
  return [i, tags, counts, { x, y, label: text(i, 50) }]
}
