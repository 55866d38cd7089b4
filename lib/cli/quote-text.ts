import { visibleInLine } from './visible.js'

const maxLength = 60

/** What somebody wrote, for a message: in quotes, without signs that a terminal would obey, and not endless. */
export const quoteText = (text: string): string => {
  const signs = [...text]
  return `'${visibleInLine(signs.length > maxLength ? `${signs.slice(0, maxLength - 1).join('')}…` : text)}'`
}
