import { folded } from '../fold'
import { storedEndTag } from '../layout'
import { writeChecksum } from '../varint'
import { allWritten, columnBytes, columnsAt, noRoom, refused } from './layout'
import { checksum, gatherBetween, writeLongRow, writeRow } from './row'

/* Writes records, a row after the other. */

/** From so many bytes on, on average, records are long (see ../gathered.ts): for less, it costs more than it gains. */
const manyWritten: u32 = 200

/** Rows whose values fit into the caches beside the records made of them. */
const touchedRows: u32 = 128

/** Exported, or the compiler would leave out what makes it. */
export let touched: u32 = 0

/**
 * Looks at values of the next rows, a column after the other, so that those which are in no cache are fetched together: a row has one of
 * each column, far from each other, and would wait for them one by one.
 */
function touch(columnsEnd: usize, row: u32, rows: u32): void {
  let sum: u32 = 0
  for (let column = columnsAt; column < columnsEnd; column += columnBytes) {
    let cells = <usize>load<u32>(column, 12) + (<usize>row << 2)
    for (const end = cells + (<usize>rows << 2); cells < end; cells += 4) sum += load<u8>(<usize>load<u32>(cells))
  }
  touched = sum
}

/** Whether the records of the last call were long on average, so that what the checksums of the next ones are taken of is gathered. */
let areLong: bool = false

/** Where the records of the last call end. */
export let writtenTo: usize = 0
/** The rows that it wrote. */
export let writtenRows: u32 = 0

/**
 * Writes records of the next `rows` rows from `p` on; each where there is room for `recordBytes` besides its text.
 * @param gather where there is room for what the checksum of a record is taken of, its text up to `gatherBytes`
 * @param ends gets where each record ends, counted from `start`, and `checksums` what its checksum is
 * @returns how it ended
 */
export function writeRows(
  rows: u32,
  columns: u32,
  start: usize,
  p: usize,
  to: usize,
  recordBytes: usize,
  ends: usize,
  checksums: usize,
  gather: usize,
  gatherBytes: usize,
): i32 {
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  memory.fill(gather, 0, folded)
  gatherBetween(gather + folded, gather + gatherBytes)
  let end = allWritten
  let row: u32 = 0
  const from = p
  for (; row < rows; row++) {
    if (row % touchedRows === 0) touch(columnsEnd, row, min(rows - row, touchedRows))
    const place = <usize>row << 2
    const written =
      p + recordBytes > to
        ? 1
        : areLong
          ? writeLongRow(place, columnsEnd, p, to, recordBytes)
          : writeRow(place, columnsEnd, p, to, recordBytes)
    if (written <= 1) {
      end = written === 1 ? noRoom : refused
      break
    }
    store<u32>(written, storedEndTag)
    p = writeChecksum(written + 4, checksum)
    store<u32>(ends + place, <u32>(p - start))
    store<u32>(checksums + place, checksum)
  }
  writtenTo = p
  writtenRows = row
  if (row > 0) areLong = p - from >= <usize>(manyWritten * row)
  const done = row << 2
  for (let column = columnsAt; column < columnsEnd; column += columnBytes)
    store<u32>(column, load<u32>(column, 12) + done, 12)
  return end
}
