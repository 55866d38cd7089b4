import type { ColumnChunk, RowGroup, SchemaElement } from 'hyparquet'
import type { ByteWriter } from 'hyparquet-writer'
import { loadSnappy } from '../../../compression/snappy-package.js'
import { type Column, TunnelError } from '../../../index.js'
import { CliError } from '../../usage-error.js'
import { RowRefused, type WriteFormat, type WrittenPiece } from '../row-writer.js'
import { type LeafBuffer, type Memory, type Shredder, shredderOf } from './shredder.js'
import { refill, TimeUnits } from './times.js'

/** A row group ends at so many rows, or when its cells take about so much memory. */
const rowsOfGroup = 50_000
const bytesOfGroup = 16 * 2 ** 20
const pageSize = 2 ** 20
/** Of TIMESTAMP columns, in case that their unit changes. */
const bytesKept = 32 * 2 ** 20

/** Writes Parquet, a row group after the other. What Parquet has no type for is text. */
export const writeParquet = (columns: readonly Column[]): WriteFormat =>
  async function* (batches) {
    const file = new ParquetFile(columns, await loadEncoders())
    for await (const rows of batches)
      for (const row of rows) {
        file.add(row)
        if (file.isGroupFull) yield file.endGroup()
      }
    if (file.hasRows) yield file.endGroup()
    yield* file.end()
  }

/** The functions of the package below its objects: encodings, pages, statistics, and the footer. */
interface Encoders {
  readonly newBytes: () => ByteWriter
  readonly writeColumn: typeof import('hyparquet-writer/src/column.js').writeColumn
  readonly writeMetadata: typeof import('hyparquet-writer/src/metadata.js').writeMetadata
  readonly snappy: (input: Uint8Array) => Uint8Array
}

const loadEncoders = async (): Promise<Encoders> => {
  const [{ ByteWriter }, { writeColumn }, { writeMetadata }, { compress }] = await Promise.all([
    import('hyparquet-writer'),
    import('hyparquet-writer/src/column.js'),
    import('hyparquet-writer/src/metadata.js'),
    loadSnappy(),
  ])
  return { newBytes: () => new ByteWriter(), writeColumn, writeMetadata, snappy: compress }
}

class ParquetFile {
  readonly #encoders: Encoders
  readonly #columns: readonly Column[]
  readonly #shredders: readonly Shredder[]
  readonly #leaves: readonly LeafBuffer[]
  readonly #times: ReadonlyMap<LeafBuffer, TimeUnits>
  readonly #memory: Memory = { bytes: 0 }
  readonly #schema: readonly SchemaElement[]
  readonly #out: ByteWriter
  readonly #groups: RowGroup[] = []
  /** Of the rows before this row group. */
  #rows = 0
  #groupRows = 0

  constructor(columns: readonly Column[], encoders: Encoders) {
    this.#encoders = encoders
    this.#columns = columns
    const root: SchemaElement = { name: 'schema', num_children: columns.length }
    this.#shredders = columns.map(column =>
      forColumn(column, undefined, () =>
        shredderOf(column.name, column.type, {
          path: [root],
          definition: 0,
          repetition: 0,
          memory: this.#memory,
        }),
      ),
    )
    this.#leaves = this.#shredders.flatMap(shredder => shredder.leaves)
    const kept = { left: bytesKept }
    this.#times = new Map(
      this.#leaves.filter(leaf => leaf.type.isTime).map(leaf => [leaf, new TimeUnits(leaf, kept)]),
    )
    this.#schema = [root, ...this.#shredders.flatMap(shredder => shredder.elements)]
    this.#out = encoders.newBytes()
    this.#out.appendUint32(0x31524150)
  }

  get hasRows(): boolean {
    return this.#groupRows > 0
  }

  get isGroupFull(): boolean {
    return this.#groupRows >= rowsOfGroup || this.#memory.bytes >= bytesOfGroup
  }

  add(row: readonly unknown[]): void {
    for (let i = 0; i < this.#shredders.length; i++)
      try {
        this.#shredders[i]!.add(row[i], 0)
      } catch (error) {
        throw refusal(error, this.#columns[i]!, this.#rows + this.#groupRows)
      }
    this.#groupRows++
  }

  endGroup(): WrittenPiece {
    const rows = this.#groupRows
    const columns = this.#shredders.flatMap((shredder, i) =>
      shredder.leaves.map(leaf => this.#endLeaf(leaf, this.#columns[i]!)),
    )
    this.#groups.push({ columns, total_byte_size: 0n, num_rows: BigInt(rows) })
    this.#memory.bytes = 0
    this.#rows += rows
    this.#groupRows = 0
    return { bytes: this.#take(), rows }
  }

  /** The footer; before it, what has got another unit since it was written. */
  async *end(): AsyncGenerator<WrittenPiece, void, undefined> {
    for (const [leaf, times] of this.#times)
      for (const kept of times.outdated) {
        await refill(leaf, kept)
        const { columns } = this.#groups[kept.group]!
        columns[columns.indexOf(kept.chunk)] = this.#writeLeaf(leaf, leaf.values)
        leaf.clear()
        yield { bytes: this.#take(), rows: 0 }
      }
    this.#encoders.writeMetadata(this.#out, {
      version: 2,
      created_by: 'odps-tunnel',
      schema: [...this.#schema],
      num_rows: BigInt(this.#rows),
      row_groups: this.#groups.map(withSizes),
      metadata_length: 0,
    })
    this.#out.appendUint32(0x31524150)
    yield { bytes: this.#take(), rows: 0 }
  }

  #endLeaf(leaf: LeafBuffer, column: Column): ColumnChunk {
    const times = this.#times.get(leaf)
    const values =
      times?.take((row, error) => {
        throw refusal(error, column, this.#rows + row)
      }) ?? leaf.values
    const from = this.#out.index
    const chunk = this.#writeLeaf(leaf, values)
    times?.keep(this.#groups.length, chunk, this.#out.getBytes().subarray(from))
    leaf.clear()
    return chunk
  }

  #writeLeaf({ path, maxDefinition, definitions, repetitions }: LeafBuffer, values: unknown[]): ColumnChunk {
    const names = path.slice(1).map(each => each.name)
    return this.#encoders.writeColumn({
      writer: this.#out,
      column: {
        ...{ columnName: names.join('.'), element: path.at(-1)!, schemaPath: [...path] },
        ...{ codec: 'SNAPPY', compressors: { SNAPPY: this.#encoders.snappy } },
        ...{ stats: true, pageSize, columnIndex: false, offsetIndex: false },
        // The package's dictionary takes 0 and -0 for one.
        ...(values.some(isNegativeZero) && { encoding: 'PLAIN' as const }),
      },
      pageData: {
        ...{ values, maxDefinitionLevel: maxDefinition },
        ...{ definitionLevels: definitions, repetitionLevels: repetitions },
      },
    }).chunk
  }

  /** Takes what was written, so that it does not gather. */
  #take(): Uint8Array {
    const bytes = this.#out.getBytes().slice()
    this.#out.index = 0
    return bytes
  }
}

const withSizes = (group: RowGroup): RowGroup => {
  const sum = (size: 'total_uncompressed_size' | 'total_compressed_size'): bigint =>
    group.columns.reduce((total, { meta_data }) => total + meta_data![size], 0n)
  return {
    ...group,
    total_byte_size: sum('total_uncompressed_size'),
    total_compressed_size: sum('total_compressed_size'),
  }
}

const isNegativeZero = (value: unknown): boolean => Object.is(value, -0)

const remedy =
  'Leave the column out (list the others with --columns), or download as csv; bytes that are not text belong in a BINARY column'

const forColumn = <T>(column: Column, row: number | undefined, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw refusal(error, column, row)
  }
}

const refusal = (error: unknown, { name }: Column, row: number | undefined): unknown => {
  if (!(error instanceof TunnelError)) return error
  const what = `column '${name}' cannot be written to Parquet: ${error.message}`
  return row === undefined
    ? new CliError(what, remedy, { cause: error })
    : new RowRefused(row, what, remedy, { cause: error })
}
