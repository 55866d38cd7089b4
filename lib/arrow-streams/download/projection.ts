import type { Form } from '../../arrow/columns/form.js'
import { textBytes, wholeNumberForm } from '../../arrow/columns/leaf.js'
import type { LaidOut } from '../../arrow/ipc/encode-message.js'
import type { ArrowField } from '../../arrow/ipc/schema.js'
import { type WireBatch, WireTypes } from '../../arrow/tunnel/wire-types.js'
import { defaultCodecOptions } from '../../codec/cell-codec.js'
import { partitionCell } from '../../codec/types/partition-cell.js'
import { type Column, selectColumns } from '../../schema/table-schema.js'

/*
 * From the batches of the tunnel to those that were asked for. Official clients disagree on the order of columns in a batch
 * when it isn't the table's, so columns are always requested in the table's order and put in order here. Where that is the
 * order wanted, a batch goes out byte for byte as it came.
 */

export interface PartitionValue {
  readonly column: Column
  readonly value: string
}

export interface OutputBatch {
  readonly length: number
  readonly columns: readonly LaidOut[]
  /** The encapsulated message, where it is as it came. */
  readonly pieces?: readonly Uint8Array[]
}

/** Of all partitions that are read. */
export class Projection {
  /** To be named in requests; undefined for all columns. */
  readonly requested: readonly string[] | undefined
  readonly types: WireTypes
  /** Where the columns wanted lie in a batch. */
  readonly #order: readonly number[]
  readonly #constants: readonly { readonly field: ArrowField; readonly form: Form }[]
  readonly #isSame: boolean

  /** @throws TunnelOptionError ODPS_INVALID_COLUMNS; TunnelProtocolError ODPS_UNSUPPORTED_TYPE */
  constructor(
    columns: readonly Column[],
    names: readonly string[] | undefined,
    partitionColumns: readonly Column[],
  ) {
    const wanted = names === undefined ? columns : selectColumns({ columns, partitionColumns: [] }, names)
    const inOrder = names === undefined ? columns : columns.filter(column => wanted.includes(column))
    this.requested = names && inOrder.map(({ name }) => name)
    this.types = new WireTypes(inOrder)
    this.#order = wanted.map(column => inOrder.indexOf(column))
    this.#constants = partitionColumns.map(column => {
      const form = constantForm(column)
      return { field: form.field(column.name, true), form }
    })
    this.#isSame = partitionColumns.length === 0 && this.#order.every((at, i) => at === i)
  }

  /** What the batches have; as far as the service has shown it. */
  get fields(): readonly ArrowField[] {
    const { fields } = this.types
    return [...this.#order.map(at => fields[at]!), ...this.#constants.map(({ field }) => field)]
  }

  apply(batch: WireBatch, partition: readonly PartitionValue[]): OutputBatch {
    if (this.#isSame) return batch
    const { length } = batch
    const constants = this.#constants.map(({ form }, i) => form.layOut(cellsOf(partition[i]!, length)))
    const columns = this.#order.map(at => batch.columns[at]!)
    return { length, columns: [...columns, ...constants] }
  }
}

/** Whole numbers have their width; all else is the text of the partition spec, as in rows. */
const constantForm = ({ type }: Column): Form =>
  wholeNumberForm(type) ?? textBytes(cell => Buffer.from(cell as string))

const cellsOf = ({ column, value }: PartitionValue, length: number): unknown[] => {
  const cell = partitionCell(column, value, defaultCodecOptions)
  return Array.from({ length }, cell)
}
