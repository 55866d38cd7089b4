import type { CellNotes } from './cell-notes.js'
import type { DatetimePattern } from './times/datetime-pattern.js'

/** How cells stand in text files. */
export interface CellOptions {
  /** Of the file. */
  readonly encoding: string
  readonly timeZone: string
  /** Undefined for ISO 8601, or odpscmd's own form. */
  readonly datetime: DatetimePattern | undefined
  /** What stands for NULL, also inside nested values of odpscmd. */
  readonly nullText: string
  /** DOUBLE without exponent; FLOAT too, where not {@link isOdpscmd}. */
  readonly plainNumbers: boolean
  /** Cells are printed and read as odpscmd prints them. */
  readonly isOdpscmd: boolean
  /** Gets what printed cells have or lack that a reader may not expect. */
  readonly notes: CellNotes
}
