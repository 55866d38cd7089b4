import type { TableState } from '../store/table-store.js'
import { formatPosition, semanticException } from './sql-error.js'
import type { QueryText, SqlName } from './statement.js'
import { TokenCursor } from './token-cursor.js'
import type { Token } from './tokenize.js'

/*
 * MAX_PT('t') doesn't depend on any row of the query that it stands in, so its value is put in its place, as a text, before
 * the query is parsed. So a plain read stays one, and its partitions are the only ones that are read.
 */

/** The tokens with a text in place of each MAX_PT('table'); the same array when there is none. */
export const replaceMaxPt = (
  { source, tokens }: QueryText,
  find: (name: SqlName, position: string) => string,
): readonly Token[] => {
  const replaced: Token[] = []
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!
    const [open, name, close] = tokens.slice(at + 1, at + 4)
    const isCall =
      token.kind === 'word' &&
      token.text.toLowerCase() === 'max_pt' &&
      isSign(open, '(') &&
      name?.kind === 'string' &&
      isSign(close, ')')
    if (!isCall) {
      replaced.push(token)
      continue
    }
    const text = find(nameIn(name.text), formatPosition(source, name.from))
    replaced.push({ kind: 'string', text, from: token.from, to: close!.to })
    at += 3
  }
  return replaced.length === tokens.length ? tokens : replaced
}

const isSign = (token: Token | undefined, sign: string): boolean =>
  token?.kind === 'sign' && token.text === sign

/** `t`, `p.t` or `p.s.t` */
const nameIn = (text: string): SqlName => {
  const cursor = new TokenCursor(text)
  const name = cursor.expectTableName()
  if (!cursor.atEnd) throw cursor.unexpected('the end of the table name')
  return name
}

/**
 * The greatest value, as a text, of the first partition column among partitions that have rows.
 * @throws SqlError when there is none
 */
export const maxPtOf = ({ name, schema, partitions }: TableState, position: string): string => {
  const values = [...partitions.values()].flatMap(({ spec, segments }) =>
    segments.some(({ rows }) => rows > 0) ? spec.slice(0, 1).map(({ value }) => value) : [],
  )
  const greatest = values.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).at(-1)
  if (greatest !== undefined) return greatest
  const problem = schema.partitionColumns.length === 0 ? 'is not partitioned' : 'has no partition with rows'
  throw semanticException(`MAX_PT has no value: table ${name} ${problem}`, position)
}
