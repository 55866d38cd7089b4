import { CellProblem } from '../../values/cell-problem.js'
import type { LaidOut } from '../ipc/encode-message.js'
import type { ArrowField } from '../ipc/schema.js'

/*
 * How the cells of a column become buffers. A value that has no place there is known by its index among the cells of its
 * level; each level above finds the place of what it is in, and the top one the row.
 */

export interface Form {
  /** How the column stands in the schema; called after the first batch, which may decide it. */
  readonly field: (name: string, nullable: boolean) => ArrowField
  /** @throws CellWithoutForm */
  readonly layOut: (cells: readonly unknown[]) => LaidOut
  /** Whether no value has decided yet what has to stand in the schema. */
  readonly isOpen: () => boolean
}

/** A cell that has no form, by its place in the cells that were laid out. */
export class CellWithoutForm extends Error {
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('a cell has no representation in Arrow', { cause })
    this.index = index
  }
}

export const invalidCell = (what: string): CellProblem => new CellProblem('ODPS_INVALID_VALUE', what)
export const cellOutOfRange = (what: string): CellProblem => new CellProblem('ODPS_VALUE_OUT_OF_RANGE', what)

export const isNothing = (cell: unknown): cell is null | undefined => cell === null || cell === undefined

export const noBits: Uint8Array = new Uint8Array(0)

/** Which cells are there, a bit each; no bits when all are. */
export const validityOf = (cells: readonly unknown[]): { nullCount: number; bits: Uint8Array } => {
  let nullCount = 0
  for (const cell of cells) if (isNothing(cell)) nullCount++
  if (nullCount === 0) return { nullCount, bits: noBits }
  const bits = new Uint8Array(Math.ceil(cells.length / 8))
  for (let i = 0; i < cells.length; i++) if (!isNothing(cells[i])) bits[i >> 3]! |= 1 << (i & 7)
  return { nullCount, bits }
}
