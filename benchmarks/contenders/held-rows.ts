import { createRecordDecoder, type DecodeOptions } from '../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder, type RecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { programRows, type WorkloadName, workloadOf } from '../workloads.js'
import type { Part } from './part.js'

/*
 * Rows in memory and their records, for parts that are compared with them. As few as in the other sections: more of them would leave the
 * processor's caches, and the garbage collector would look at all of them again and again.
 */

export const heldCounts = { narrow: 10_000, wide: 4_000, text: 2_000 } as const
export type HeldName = keyof typeof heldCounts & WorkloadName
export const heldNames = Object.keys(heldCounts) as HeldName[]

/** Rows of a file of Parquet, none of them twice: enough that what a file costs by itself does not weigh, as that has a part of its own. */
export const parquetRowCounts: Readonly<Record<HeldName, number>> = {
  narrow: 200_000,
  wide: 40_000,
  text: 20_000,
}

export interface HeldRows {
  readonly name: HeldName
  readonly columns: readonly Column[]
  readonly rows: readonly unknown[][]
  /** With its end. */
  readonly stream: Buffer
  /** Without it. */
  readonly records: Buffer
}

export const holdRows = (name: HeldName): HeldRows => {
  const workload = workloadOf(name)
  const { columns } = workload
  const rows = [...programRows(workload, 0, heldCounts[name])]
  const records = Buffer.from(encode(columns, rows).take())
  return { name, columns, rows, stream: encode(columns, rows).finish(), records }
}

export const encode = (columns: readonly Column[], rows: readonly unknown[]): RecordEncoder => {
  const encoder = createRecordEncoder(columns)
  for (let i = 0; i < rows.length; i++) encoder.write(rows[i], i)
  return encoder
}

const chunkBytes = 65_536
const pieceBytes = 256 * 1024

/** As a download has them: a chunk of the stream at a time. */
export function* decodedBatches(
  columns: readonly Column[],
  stream: Buffer,
  options?: DecodeOptions,
): Generator<unknown[]> {
  const decoder = createRecordDecoder(columns, options)
  for (let from = 0; from < stream.length; from += chunkBytes) {
    const rows: unknown[] = []
    decoder.push(stream.subarray(from, from + chunkBytes), rows)
    yield rows
  }
  decoder.end()
}

/** As an upload does it: memory for all of them at once would cost more than they do. */
export const encodeInPieces = (encoder: RecordEncoder, rows: readonly unknown[]): void => {
  for (let i = 0; i < rows.length; i++) {
    encoder.write(rows[i], i)
    if (!encoder.pendingReaches(pieceBytes)) continue
    encoder.take()
    encoder.reclaim()
  }
  encoder.take()
}

/** What the others are compared with. */
export const heldParts = (held: HeldRows): { readonly encoding: Part; readonly decoding: Part } => {
  const part = (what: string, run: () => void): Part => ({
    name: `${held.name}, ${what}`,
    unit: 'rows/CPU s',
    run: () => {
      run()
      return held.rows.length
    },
  })
  return {
    encoding: part('rows in memory to records', () =>
      encodeInPieces(createRecordEncoder(held.columns), held.rows),
    ),
    decoding: part('records to rows in memory', () => {
      for (const _ of decodedBatches(held.columns, held.stream));
    }),
  }
}
