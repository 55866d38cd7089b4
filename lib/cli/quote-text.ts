const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const maxLength = 60

/** What somebody wrote, for a message: in quotes, signs that a terminal would obey as \u001b, and not endless. */
export const quoteText = (text: string): string => {
  const signs = [...text]
  const short = signs.length > maxLength ? `${signs.slice(0, maxLength - 1).join('')}…` : text
  return `'${short.replaceAll(unsafe, sign => `\\u{${sign.codePointAt(0)!.toString(16)}}`)}'`
}
