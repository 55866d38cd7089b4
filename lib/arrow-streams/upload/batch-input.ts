import type { ArrowBatch } from '../../arrow/ipc/batch.js'
import { ArrowError } from '../../arrow/ipc/error.js'
import type { ArrowField } from '../../arrow/ipc/schema.js'
import { checkFields, WirePlan, type WireRows } from '../../arrow/tunnel/wire-plan.js'
import { TunnelValueError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { type ApacheArrow, apacheArrow, type RecordBatch } from '../apache-arrow.js'
import { BatchSource, explained } from './batch-source.js'
import { fieldsOf, partsOf } from './record-batch-parts.js'

/** What the chunks of an upload become. */
export interface BatchInput {
  /** @throws TunnelValueError for a chunk that is none; as {@link BatchSource.push} */
  batches(chunk: unknown, row: () => number): AsyncGenerator<WireRows, void, undefined>
  /** No more chunks come. @throws TunnelValueError when something is missing */
  end(): void
}

type Columns = () => Promise<readonly Column[]>

/** Chunks are bytes of one Arrow IPC stream, cut anywhere. */
export const ipcInput = (columns: Columns): BatchInput => {
  const source = new BatchSource(columns)
  return {
    batches: (chunk, row) => {
      if (!(chunk instanceof Uint8Array)) throw wrongChunk("bytes of an Arrow IPC stream (as: 'ipc')")
      return source.push(chunk, row)
    },
    end: () => source.end(),
  }
}

/**
 * Chunks are record batches, or tables of them. What can't be sent as it lies in memory the package writes as a stream of its
 * own, which re-bases slices and says what the dictionaries hold; from there on all is as with bytes.
 */
export const recordBatchInput = (columns: Columns): BatchInput => {
  const plans = new WeakMap<object, Planned>()
  return {
    async *batches(chunk, row) {
      const arrow = apacheArrow.loaded()
      const { schema, batches } = batchesOf(arrow, chunk)
      const planned = plans.get(schema) ?? (await planOf(arrow, schema, columns))
      plans.set(schema, planned)
      for (const batch of batches) {
        if (batch.numRows === 0) continue
        const parts = partsOf(batch, planned.fields)
        if (parts !== undefined) yield await layOut(planned, parts, row())
        else {
          const source = new BatchSource(columns)
          yield* source.push(arrow.tableToIPC(new arrow.Table([batch]), 'stream'), row)
          source.end()
        }
      }
    },
    end: () => {},
  }
}

interface Planned {
  readonly fields: readonly ArrowField[]
  readonly plan: WirePlan
}

const planOf = async (
  arrow: ApacheArrow,
  schema: RecordBatch['schema'],
  columns: Columns,
): Promise<Planned> => {
  const fields = fieldsOf(arrow, schema)
  checkFields(fields)
  return { fields, plan: new WirePlan(fields, await columns()) }
}

const layOut = async ({ plan }: Planned, parts: ArrowBatch, firstRow: number): Promise<WireRows> => {
  try {
    return await plan.layOut(parts, noDictionary, firstRow)
  } catch (error) {
    throw explained(error)
  }
}

const noDictionary = (): never => {
  throw new ArrowError('it has no dictionaries')
}

/** The package's own tests for its classes work across copies of it, which a program may have several of. */
const batchesOf = (
  arrow: ApacheArrow,
  chunk: unknown,
): { schema: RecordBatch['schema']; batches: readonly RecordBatch[] } => {
  if (arrow.isArrowRecordBatch(chunk)) return { schema: chunk.schema, batches: [chunk] }
  if (arrow.isArrowTable(chunk)) return chunk
  throw wrongChunk('a RecordBatch or Table of the package apache-arrow')
}

const wrongChunk = (what: string): TunnelValueError =>
  new TunnelValueError('ODPS_INVALID_ROW', `A chunk of an Arrow upload must be ${what}`)
