import type { Column } from '../../schema/table-schema.js'
import { fitOf, sizeProblem } from '../columns/sizes.js'
import { type ArrowData, readBatch } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import type { StreamMessage } from '../ipc/message.js'
import type { ArrowField } from '../ipc/schema.js'
import { variantsOf, wireFields } from './wire-fields.js'

export interface WireBatch {
  /** Rows. */
  readonly length: number
  /** The types its columns have in this stream. */
  readonly fields: readonly ArrowField[]
  readonly columns: readonly ArrowData[]
  /** The encapsulated message as it came. */
  readonly bytes: Uint8Array
}

/**
 * Which types the columns have in the batches of one table. The first batch with rows settles it, for all that are read with
 * the same object.
 */
export class WireTypes {
  readonly columns: readonly Column[]
  #fields: readonly ArrowField[] | undefined

  /** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE */
  constructor(columns: readonly Column[]) {
    this.columns = columns
    wireFields(columns)
  }

  /** What a schema says that comes before the first batch. */
  get fields(): readonly ArrowField[] {
    return this.#fields ?? wireFields(this.columns)
  }

  /** The batch by these types. @throws ArrowError when it has others */
  read(message: StreamMessage): WireBatch {
    const fields = this.#fields ?? this.#fieldsOf(message)
    const { length, columns } = readColumns(message, fields)
    // Batches without rows don't show what their columns are.
    if (length > 0) this.#fields = fields
    return { length, fields, columns, bytes: message.bytes }
  }

  /** Finds the variant that the batch is of: the only one that it fits, or that it fits best. */
  #fieldsOf(message: StreamMessage): readonly ArrowField[] {
    const found: { fields: readonly ArrowField[]; fit: number; length: number }[] = []
    let problem: unknown
    for (const variant of variantsOf(this.columns)) {
      const fields = wireFields(this.columns, variant)
      try {
        const { length, columns } = readColumns(message, fields)
        found.push({ fields, fit: Math.min(...columns.map(fitOf)), length })
      } catch (error) {
        if (!(error instanceof ArrowError)) throw error
        problem ??= error
      }
    }
    const [best, next] = found.sort((a, b) => b.fit - a.fit)
    if (best === undefined) throw problem
    if (best.fit === next?.fit && best.length > 0)
      throw new ArrowError('a record batch fits several types of its columns, so its values cannot be known')
    return best.fields
  }
}

const readColumns = (message: StreamMessage, fields: readonly ArrowField[]) => {
  const batch = readBatch(message.header, fields, message)
  if (batch.codec !== undefined)
    throw new ArrowError('its buffers are compressed, which the tunnel has no way to say')
  for (const column of batch.columns) {
    const problem = sizeProblem(column)
    if (problem !== undefined) throw new ArrowError(problem)
  }
  return batch
}
