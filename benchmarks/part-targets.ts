import { type HeldName, heldNames } from './contenders/held-rows.js'

/*
 * Targets of single parts. One part beside others is judged by the quotients of neighbouring runs: `least` times as fast as they are one after
 * the other, or at most `most` times their time. A part alone must reach a speed.
 */

export interface PartTarget {
  readonly part: string
  readonly beside?: readonly string[]
  readonly least?: number
  readonly most?: number
}

const filesOf = (name: HeldName): PartTarget[] => {
  const [encoding, decoding] = [`${name}, rows in memory to records`, `${name}, records to rows in memory`]
  const writer = `${name}, columns to Parquet, by hyparquet-writer alone`
  return [
    ...['CSV', 'TSV', 'lines of JSON'].flatMap(format => [
      { part: `${name}, ${format} to records`, beside: [encoding], most: 1 },
      { part: `${name}, records to ${format}`, beside: [decoding], most: 1 },
    ]),
    { part: `${name}, Parquet of pyarrow to records`, beside: [encoding], least: 1 },
    { part: `${name}, Parquet to records, by pages`, beside: [encoding], least: 1 },
    { part: `${name}, records to Parquet`, beside: [writer, decoding], most: 1.3 },
  ]
}

export const partTargets: readonly PartTarget[] = [
  ...heldNames.flatMap(filesOf),
  {
    part: 'encode wide, arrays, with a column of JSON as text',
    beside: ['encode wide, arrays'],
    most: 1.25,
  },
  { part: 'decode wide, arrays, with a column of JSON as text', beside: ['decode wide, arrays'], most: 1.4 },
  { part: 'find and verify the records of wide', least: 1_500_000 },
  { part: 'crc32c of 1024 bytes, in WebAssembly', least: 5000 },
  { part: 'crc32c of 65536 bytes', least: 7000 },
  { part: 'compress snappy', beside: ['compress snappy, without SIMD'], least: 1.3 },
]

export const besideOf = ({ beside = [] }: PartTarget): string => beside.join(' and ')

/** How fast parts are one after the other. */
export const speedTogether = (speeds: readonly number[]): number =>
  1 / speeds.reduce((sum, speed) => sum + 1 / speed, 0)
