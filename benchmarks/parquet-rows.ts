import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { type Column, type DataType, Timestamp } from '../lib/index.js'

/* The rows of a Parquet file as hyparquet reads them, who has no code of ours; made the values that a download has. */

export async function* parquetRows(
  path: string,
  { columns }: { readonly columns: readonly Column[] },
): AsyncGenerator<readonly unknown[][]> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  let rowStart = 0
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows)
    const found = await parquetReadObjects({ file, metadata, rowStart, rowEnd, parsers })
    yield found.map(row => columns.map(({ name, type }) => cellOf(row[name], type)))
    rowStart = rowEnd
  }
}

const timestampOf =
  (perSecond: bigint) =>
  (units: bigint): Timestamp => {
    const fraction = ((units % perSecond) + perSecond) % perSecond
    return new Timestamp((units - fraction) / perSecond, Number((fraction * 1_000_000_000n) / perSecond))
  }

/** A Date is coarser than these. */
const parsers = {
  timestampFromMicroseconds: timestampOf(1_000_000n),
  timestampFromNanoseconds: timestampOf(1_000_000_000n),
}

const cellOf = (value: unknown, type: DataType): unknown => {
  if (value === null || value === undefined) return null
  if (type.kind === 'decimal') return (value as number).toFixed(type.scale ?? 0)
  return type.kind === 'map' ? Object.entries(value as object) : value
}
