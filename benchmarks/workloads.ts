import { parseDataType } from '../lib/schema/parse-data-type.js'
import type { Column } from '../lib/schema/table-schema.js'

/*
 * Benchmark rows made from the row number alone, the same in every language: narrow (46 bytes per row on the wire), wide
 * (253 bytes), text (1.2 kB) and nested (88 bytes). DATETIME cells are epoch milliseconds, DECIMAL cells text. The
 * generators of the official clients are in contenders/, and README.md has the formulas.
 */

export const workloadNames = ['narrow', 'wide', 'text', 'nested'] as const
export type WorkloadName = (typeof workloadNames)[number]

export interface Workload {
  readonly name: WorkloadName
  readonly columns: readonly Column[]
  readonly rows: number
  readonly row: (i: number) => unknown[]
}

/** SHA-256 of the raw stream of the first 1000 rows and of all rows: shortest checksums, entries of maps by key. */
export const workloadHashes: Readonly<Record<WorkloadName, Readonly<Record<number, string>>>> = {
  narrow: {
    1000: 'fc52873741e509a16233ae21375adb478446544752d212000c0e815054038e10',
    500000: 'de9d5af50c139bdd4767868d6e0caeba786ecb6560be4fc51d7ea57f96c7b600',
  },
  wide: {
    1000: 'f5043b3a8f9afa00ff03eb94d9e02eafc318d77f4969777f6b5b8903bd6a79d3',
    200000: '955d58d75c838e96c17b3e02e5aab8a617c642d3b19814012a886127a9dda967',
  },
  text: {
    1000: 'a70df5023f5d7a48b9cf68226785223b4795441d8a1621fd3741207bdd0979bc',
    200000: 'c090dea3c4ab0f2ecacd01215a6c1a09d28e459907dd3e04e3d771ba763370f9',
  },
  nested: {
    1000: '287c0ca92aa7a419191bbf6dd1a20cde0d61b05296ea53015beb613c01a7e97d',
    200000: '83bc88e3e55aca33c39d9a5c37d1e2d7526d1e8ce847595cbc1c3e1e1556e810',
  },
}

/** Where `fanout` sends row i: twenty partitions, in random order. */
export const partitionCount = 20
export const partitionOf = (i: number): string => `p${hash(i, 4242) % partitionCount}`

export const workloadOf = (name: WorkloadName): Workload =>
  workloads.find(workload => workload.name === name)!

/** 32-bit hash of row and slot. */
const hash = (i: number, j: number): number => {
  let x = (Math.imul(i, 0x9e3779b1) + Math.imul(j, 0x85ebca77)) >>> 0
  x ^= x >>> 16
  x = Math.imul(x, 0x7feb352d)
  x ^= x >>> 15
  x = Math.imul(x, 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz012345'
const pool = Buffer.from(
  Array.from({ length: 65_536 }, (_, k) =>
    hash(k, 7777) % 6 === 0 ? ' ' : alphabet[hash(k, 7778) & 31]!,
  ).join(''),
)
const hanPool = Uint16Array.from({ length: 8192 }, (_, k) => 0x4e00 + (hash(k, 7779) % 5000))

/** Real strings, not slices that share the pool: an encoder must not pay for the pool. */
const poolText = (from: number, length: number): string => pool.toString('latin1', from, from + length)
const han = (from: number, length: number): string =>
  String.fromCharCode(...hanPool.subarray(from, from + length))
const flat = (text: string): string => Buffer.from(text).toString()

const epochMs = (i: number, j: number): number =>
  1_500_000_000_000 + ((hash(i, j) * 64 + (hash(i, j + 1) & 63)) % 300_000_000_000)

const letters = (bits: number): string => {
  let text = ''
  for (let k = 0; k < 6; k++) text += alphabet[(bits >>> (5 * k)) & 31]
  return text
}

const narrowRow = (i: number): unknown[] => [
  i * 1_000_003 + 17,
  flat(letters(hash(i, 1)) + letters(hash(i, 2))),
  (hash(i, 3) - 2_147_483_648) / 1000,
  epochMs(i, 4),
]

const wideRow = (i: number): unknown[] => {
  const row: unknown[] = [
    i,
    hash(i, 11),
    -(hash(i, 12) & 0xffff),
    hash(i, 13) * 1_048_576 + (hash(i, 14) & 0xfffff),
  ]
  row.push(BigInt.asIntN(64, (BigInt(hash(i, 15)) << 32n) | BigInt(hash(i, 16))))
  for (let k = 0; k < 5; k++) row.push((hash(i, 20 + k) - 2_147_483_648) / 10 ** k)
  for (let k = 0; k < 6; k++) {
    const length = 8 + (hash(i, 30 + k) % 33)
    if (k < 5) row.push(poolText(hash(i, 40 + k) % 65_472, length))
    else row.push(han(hash(i, 45) % 8000, Math.floor((length + 2) / 3)))
  }
  row.push(epochMs(i, 50), epochMs(i, 52), (hash(i, 60) & 1) === 1)
  const cents = String(hash(i, 63) % 100).padStart(2, '0')
  row.push(flat(`${hash(i, 61) & 1 ? '-' : ''}${hash(i, 62)}.${cents}`))
  for (let c = 0; c < 20; c++) if (hash(i, 100 + c) % 10 === 0) row[c] = null
  return row
}

const textRow = (i: number): unknown[] => {
  const from = hash(i, 2) % 64_512
  const long = i % 4 === 3 ? flat(han(hash(i, 3) % 7936, 256) + poolText(from, 256)) : poolText(from, 1024)
  return [i, poolText(hash(i, 1) % 65_336, 200), long]
}

const nestedText = (i: number, slot: number): string =>
  poolText(hash(i, slot) % 65_472, 4 + (hash(i, slot + 1) % 12))

const nestedRow = (i: number): unknown[] => {
  const tags = Array.from({ length: hash(i, 1) % 5 }, (_, k) => nestedText(i, 10 + 2 * k))
  const counts = new Map(
    Array.from({ length: hash(i, 2) % 4 }, (_, k) => [`key${k}`, hash(i, 30 + k)] as const),
  )
  const x = (hash(i, 3) - 2_147_483_648) / 1000
  const y = (hash(i, 4) - 2_147_483_648) / 1000
  return [i, tags, counts, { x, y, label: nestedText(i, 50) }]
}

const columnsOf = (text: string): Column[] =>
  text.split(' ').map(column => {
    const at = column.indexOf(':')
    return { name: column.slice(0, at), type: parseDataType(column.slice(at + 1)), nullable: true }
  })

const numbered = (prefix: string, count: number, type: string): string =>
  Array.from({ length: count }, (_, k) => `${prefix}${k}:${type}`).join(' ')

const wideColumns = `${numbered('b', 5, 'bigint')} ${numbered('d', 5, 'double')} ${numbered('s', 6, 'string')} \
t0:datetime t1:datetime flag:boolean amount:decimal(18,2)`

const nestedColumns =
  'id:bigint tags:array<string> counts:map<string,bigint> point:struct<x:double,y:double,label:string>'

export const workloads: readonly Workload[] = [
  {
    name: 'narrow',
    columns: columnsOf('id:bigint name:string value:double ts:datetime'),
    rows: 500_000,
    row: narrowRow,
  },
  { name: 'wide', columns: columnsOf(wideColumns), rows: 200_000, row: wideRow },
  { name: 'text', columns: columnsOf('id:bigint s1:string s2:string'), rows: 200_000, row: textRow },
  { name: 'nested', columns: columnsOf(nestedColumns), rows: 200_000, row: nestedRow },
]

/** With a Date where the type is DATETIME: the peers have their objects there too. */
export function* programRows(
  { columns, row }: Workload,
  from: number,
  count: number,
): Generator<unknown[], void, undefined> {
  const isDate = columns.map(({ type }) => type.kind === 'datetime')
  for (let i = from; i < from + count; i++)
    yield row(i).map((cell, c) => (isDate[c] && cell !== null ? new Date(cell as number) : cell))
}
