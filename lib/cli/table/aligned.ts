import { visibleInLine } from '../visible.js'
import { cutToWidth, widthOf } from './width.js'

export interface AlignedColumn {
  readonly title: string
  readonly isNumeric: boolean
}

export type PaintCell = (text: string, row: number, column: number) => string

/** Lines of a table; `paint` colours a cell that is padded already. The title is row -1. */
export const alignTable = (
  columns: readonly AlignedColumn[],
  rows: readonly (readonly string[])[],
  paint: PaintCell = text => text,
  maxWidth = 40,
): string[] => {
  const cells = rows.map(row => row.map(text => shorten(text, maxWidth)))
  const titles = columns.map(column => shorten(column.title, maxWidth))
  const widths = titles.map((title, i) =>
    Math.max(widthOf(title), ...cells.map(row => widthOf(row[i] ?? ''))),
  )
  const line = (texts: readonly string[], row: number): string =>
    texts
      .map((text, i) => {
        const blanks = ' '.repeat(widths[i]! - widthOf(text))
        const isLast = i === texts.length - 1
        const padded = columns[i]!.isNumeric ? blanks + text : isLast ? text : text + blanks
        return paint(padded, row, i)
      })
      .join('  ')
  return [line(titles, -1), ...cells.map((row, i) => line(row, i))]
}

const shorten = (text: string, maxWidth: number): string =>
  cutToWidth(visibleInLine(text.replaceAll(/[\n\r\t]/g, sign => lineSigns[sign]!)), maxWidth)

/** Signs that are common in text are shown by one sign. */
const lineSigns: Readonly<Record<string, string>> = { '\n': '⏎', '\r': '␍', '\t': '→' }
