/** How many columns of a terminal a text takes: East Asian wide characters take two. */
const widthOf = (text: string): number => {
  let width = 0
  for (const character of text)
    width +=
      /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\uff01-\uff60]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  return width
}

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

const shorten = (text: string, maxWidth: number): string => {
  const visible = text.replaceAll(/\p{Cc}/gu, sign => visibleSigns[sign] ?? '·')
  if (widthOf(visible) <= maxWidth) return visible
  let short = ''
  let width = 0
  for (const character of visible) {
    width += widthOf(character)
    if (width >= maxWidth) break
    short += character
  }
  return `${short}…`
}

/** Control characters would move the cursor, or worse. */
const visibleSigns: Readonly<Record<string, string>> = { '\n': '⏎', '\r': '␍', '\t': '→' }
