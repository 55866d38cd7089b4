import { quoteText } from '../quote-text.js'
import { countOf } from '../transfer/units.js'

/*
 * Some cells are written in another way than a reader of the file may expect: odpscmd has no form for them, or the option
 * leaves something out. Others are read as hardly anybody means them. Nothing of that passes in silence, and nothing is said a thousand times: cells are counted, and
 * each column gets one line on stderr for each kind.
 */

const meanings = {
  'left out': '--datetime-format leaves out a part of the time',
  fraction: 'a fraction of a second is written after the seconds',
  offset: 'a time that occurs twice on the clocks of the zone is written with its offset',
  exponent: 'a number with more than 20 digits after the point is written with an exponent',
  empty: 'text that means NULL in the file will be read as NULL',
  bare: 'text with a delimiter or a line end is written without quotes and cannot be read back; -cf true quotes it',
  bytes:
    'text that is not UTF-8 is sent byte for byte; if the file has another encoding, set it with --encoding',
  'nested null': 'NULL inside is written as null, because "" is an empty text',
} as const

export type CellNote = keyof typeof meanings

export class CellNotes {
  readonly #counts = new Map<string, Map<CellNote, number>>()
  /** By file, because a file may be read more than once. */
  readonly #bytes = new Map<string, ReadonlyMap<string, number>>()

  /** A function that counts a cell of a column, or several. */
  counter(column: string): (note: CellNote, cells?: number) => void {
    return (note, cells = 1) => {
      let counts = this.#counts.get(column)
      if (counts === undefined) {
        counts = new Map()
        this.#counts.set(column, counts)
      }
      counts.set(note, (counts.get(note) ?? 0) + cells)
    }
  }

  /** By column, how many texts of a file are not UTF-8, as far as it was read. */
  setBytes(file: string, counts: ReadonlyMap<string, number>): void {
    this.#bytes.set(file, counts)
  }

  lines(): readonly string[] {
    const bytes = new Map<string, number>()
    for (const [column, count] of [...this.#bytes.values()].flatMap(counts => [...counts]))
      bytes.set(column, (bytes.get(column) ?? 0) + count)
    return [
      ...[...this.#counts].flatMap(([column, counts]) =>
        [...counts].map(([note, count]) => line(column, count, note)),
      ),
      ...[...bytes].map(([column, count]) => line(column, count, 'bytes')),
    ]
  }

  /** Options are compared as JSON: what was counted is none of them. */
  toJSON(): undefined {
    return undefined
  }
}

const line = (column: string, count: number, note: CellNote): string =>
  `column ${quoteText(column)}, ${countOf(count, 'value')}: ${meanings[note]}`
