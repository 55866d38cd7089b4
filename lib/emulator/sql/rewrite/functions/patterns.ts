import { refusal } from '../casts.js'
import { asText } from '../rewriting.js'
import { type Call, type FunctionFamily, literalInteger, literalText, written } from './function-rule.js'

/*
 * Functions of regular expressions. Both engines read RE2's language; what RE2 doesn't know is an error there. A pattern
 * must be a literal, as in MaxCompute, so that what depends on it can be refused.
 */

/** The text from where it is searched, and the pattern. */
const searched = (call: Call, startAt?: number): readonly [text: string, pattern: string] => {
  const pattern = literalText(call, 1)
  const text = asText(call.args[0]!)
  const start = startAt === undefined || call.args[startAt] === undefined ? 1n : literalInteger(call, startAt)
  if (pattern === '' || start < 1n || (start > 1n && /\^|\\[bB]/.test(pattern)))
    throw call.rewriting.refuse(`${call.name} with such a pattern or place`, call.args[1]!.at)
  return [start === 1n ? text : `substring(${text}, ${start})`, call.args[1]!.sql]
}

export const patterns: FunctionFamily = {
  functions: {
    regexp_extract: written(2, 3, (_, call) => {
      const [text, pattern] = searched(call)
      const group = call.args[2] === undefined ? 1n : literalInteger(call, 2)
      return `mc_regexp_extract(${text}, ${pattern}, regexp_extract(${text}, ${pattern}, ${group}))`
    }),
    regexp_replace: written(3, 4, ([, , by], call) => {
      const [text, pattern] = searched(call)
      const occurrence = call.args[3] === undefined ? 0n : literalInteger(call, 3)
      if (occurrence > 1n)
        throw call.rewriting.refuse('REGEXP_REPLACE of a later occurrence', call.args[3]!.at)
      return `regexp_replace(${text}, ${pattern}, ${by}${occurrence === 0n ? ", 'g'" : ''})`
    }),
    regexp_count: written(2, 3, (_, call) => `len(regexp_extract_all(${searched(call, 2).join(', ')}))`),
    regexp_substr: written(2, 4, (_, call) => {
      const nth = call.args[3] === undefined ? 1n : literalInteger(call, 3)
      return `regexp_extract_all(${searched(call, 2).join(', ')})[${nth}]`
    }),
    regexp_instr: written(2, 5, (_, call) => {
      const nth = call.args[3] === undefined ? 1n : literalInteger(call, 3)
      if (call.args[4] !== undefined && literalInteger(call, 4) !== 0n)
        throw call.rewriting.refuse('REGEXP_INSTR that returns the end of a match', call.args[4]!.at)
      const start = call.args[2] === undefined ? 1n : literalInteger(call, 2)
      return `mc_regexp_instr(${searched(call, 2).join(', ')}, ${start}, ${nth})`
    }),
  },
  macros: [
    `mc_regexp_extract(a VARCHAR, p VARCHAR, found VARCHAR) AS (CASE WHEN a IS NOT NULL AND NOT regexp_matches(a, p) THEN ${refusal('REGEXP_EXTRACT of a text that does not match')} ELSE found END)`,
    `mc_regexp_instr(a VARCHAR, p VARCHAR, start BIGINT, nth BIGINT) AS (CASE WHEN a IS NULL THEN NULL WHEN list_contains(regexp_extract_all(a, p), '') THEN ${refusal('REGEXP_INSTR of a pattern that matches nothing')} WHEN len(regexp_extract_all(a, p)) < nth THEN 0 ELSE start + coalesce(list_sum(list_transform(list_slice(regexp_split_to_array(a, p), 1, nth), lambda x: length(x))), 0)::BIGINT + coalesce(list_sum(list_transform(list_slice(regexp_extract_all(a, p), 1, nth - 1), lambda x: length(x))), 0)::BIGINT END)`,
  ],
}
