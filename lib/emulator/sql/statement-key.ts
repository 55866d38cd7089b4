import { SqlError } from './sql-error.js'
import { type Token, tokenize } from './tokenize.js'

/**
 * Equal for texts that say the same statement: case of words, blanks, comments, leading `SET` statements and the last `;` don't count.
 * Text that cannot be cut into tokens is its own key.
 */
export const statementKeyOf = (sql: string): string => {
  try {
    const tokens = withoutSettings(tokenize(sql).filter(({ kind }) => kind !== 'end'))
    while (tokens.at(-1)?.text === ';') tokens.pop()
    return JSON.stringify(tokens.map(({ kind, text }) => [kind, kind === 'word' ? text.toLowerCase() : text]))
  } catch (error) {
    if (error instanceof SqlError) return sql.trim()
    throw error
  }
}

const withoutSettings = (tokens: readonly Token[]): Token[] => {
  const isSet = tokens[0]?.kind === 'word' && tokens[0].text.toLowerCase() === 'set'
  const end = tokens.findIndex(({ kind, text }) => kind === 'sign' && text === ';')
  return isSet && end >= 0 ? withoutSettings(tokens.slice(end + 1)) : [...tokens]
}
