import fastStringWidth from 'fast-string-width'

let segmenter: Intl.Segmenter | undefined

/** What is one sign to a reader. Made when a text is cut, for that takes milliseconds. */
const signsOf = (text: string): Intl.Segments => {
  segmenter ??= new Intl.Segmenter()
  return segmenter.segment(text)
}

/** How many columns of a terminal a text takes: none for combining marks, two for wide signs and emoji sequences. */
export const widthOf = (text: string): number =>
  // Composed, for the parts of a Hangul syllable take no room of their own.
  fastStringWidth(text.normalize())

/** At most so many columns of a text, with `…` for what is left out; what is one sign to a reader is never cut. */
export const cutToWidth = (text: string, columns: number): string => {
  // No sign is wider than two columns for each of its units, and a long text need not be measured whole.
  const head = text.length > 4 * columns + 64 ? text.slice(0, 4 * columns + 64) : text
  if (head === text && widthOf(text) <= columns) return text
  let [short, width] = ['', 0]
  for (const { segment } of signsOf(head)) {
    width += widthOf(segment)
    if (width > columns - 1) break
    short += segment
  }
  return columns < 1 ? '' : `${short}…`
}

/** The same from the other end, for names that differ in their last letters. */
export const cutStartToWidth = (text: string, columns: number): string => {
  const tail = text.length > 4 * columns + 64 ? text.slice(-(4 * columns + 64)) : text
  if (tail === text && widthOf(text) <= columns) return text
  let [short, width] = ['', 0]
  for (const { segment } of [...signsOf(tail)].reverse()) {
    width += widthOf(segment)
    if (width > columns - 1) break
    short = segment + short
  }
  return columns < 1 ? '' : `…${short}`
}

export const padToWidth = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)))
