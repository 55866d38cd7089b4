import { checksumOf, crcInt32, emptyRegister } from '../../wire/crc32c.js'
import { indexEntryBytes, type Segment } from './table-store.js'

/*
 * Rows are read by their places in the index: two offsets give the bytes of a range, and the checksum of its checksums is
 * counted from the index. So serving a range costs a copy and no look at the records, however many rows it has.
 */

/** Index entries that are looked at together. */
const batchRows = 65536

/** Reads the records of a range of rows, as they lie on the wire; `checksum` afterwards is that of their checksums. */
export class StoredRowReader {
  readonly #segments: readonly Segment[]
  #register = emptyRegister

  constructor(segments: readonly Segment[]) {
    this.#segments = segments
  }

  get checksum(): number {
    return checksumOf(this.#register)
  }

  async *read(start: number, count: number): AsyncGenerator<Buffer> {
    for (const part of findParts(this.#segments, start, count)) yield* this.#readPart(part)
  }

  async *#readPart({ segment, first, rows }: SegmentPart): AsyncGenerator<Buffer> {
    let from = await startOf(segment, first)
    for (let row = first; row < first + rows; row += batchRows) {
      const index = await segment.readIndex(row, Math.min(batchRows, first + rows - row))
      const to = index.readUInt32LE(index.length - indexEntryBytes)
      let register = this.#register
      for (let at = 4; at < index.length; at += indexEntryBytes)
        register = crcInt32(register, index.readInt32LE(at))
      this.#register = register
      yield* segment.read(from, to)
      from = to
    }
  }
}

/** Rows of one segment. */
interface SegmentPart {
  readonly segment: Segment
  readonly first: number
  readonly rows: number
}

function* findParts(segments: readonly Segment[], start: number, count: number): Generator<SegmentPart> {
  let [skip, left] = [start, count]
  for (const segment of segments) {
    if (left === 0) return
    const rows = Math.max(0, Math.min(segment.rows - skip, left))
    if (rows > 0) yield { segment, first: skip, rows }
    left -= rows
    skip = Math.max(0, skip - segment.rows)
  }
}

/** Where a row's record begins. */
const startOf = async (segment: Segment, row: number): Promise<number> =>
  row === 0 ? 0 : (await segment.readIndex(row - 1, 1)).readUInt32LE(0)

/** Records that are cut together: so many, or so many bytes. */
const cutRows = 4096
const cutBytes = 1 << 20

/** The records of a range of rows, each by itself, some at a time. */
export async function* readStoredRecords(
  segments: readonly Segment[],
  start: number,
  count: number,
): AsyncGenerator<Buffer[]> {
  for (const { segment, first, rows } of findParts(segments, start, count)) {
    let from = await startOf(segment, first)
    for (let row = first; row < first + rows; ) {
      const index = await segment.readIndex(row, Math.min(cutRows, first + rows - row))
      const ends = readEnds(index, from)
      yield await cutRecords(segment, from, ends)
      from = ends.at(-1)!
      row += ends.length
    }
  }
}

const readEnds = (index: Buffer, from: number): number[] => {
  const ends: number[] = []
  for (let at = 0, end = from; at < index.length && end - from < cutBytes; at += indexEntryBytes) {
    end = index.readUInt32LE(at)
    ends.push(end)
  }
  return ends
}

const cutRecords = async (segment: Segment, from: number, ends: readonly number[]): Promise<Buffer[]> => {
  const chunks: Buffer[] = []
  for await (const chunk of segment.read(from, ends.at(-1)!)) chunks.push(chunk)
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  return ends.map((end, i) => bytes.subarray((ends[i - 1] ?? from) - from, end - from))
}
