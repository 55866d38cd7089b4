import { refusal } from '../casts.js'
import { asText } from '../rewriting.js'
import { type FunctionFamily, sameAs, written } from './function-rule.js'

/*
 * Functions that look through an ARRAY. DuckDB's own drop NULLs and lose the order where MaxCompute keeps both, so each is
 * written out. Whether NULL counts as an element is another matter for each of them in MaxCompute's reference.
 */

const unless = (test: string, what: string, value: string): string =>
  `(CASE WHEN ${test} THEN ${refusal(what)} ELSE ${value} END)`

/** Each element once, where it stands first. */
const distinct = 'list_filter(x, lambda e, i: list_position(x, e) = i)'

const joined = (list: string): string =>
  `(CASE WHEN len(${list}) = 0 THEN '' ELSE list_reduce(${list}, lambda p, q: p || s || q) END)`

/** The last of equal keys wins, as where the project doesn't set it otherwise. */
const lastPairs =
  'list_filter(x, lambda r, i: NOT list_contains(list_transform(x[i + 1:], lambda z: z[1]), r[1]))'

export const arrays: FunctionFamily = {
  functions: {
    array_distinct: sameAs('mc_array_distinct', 1),
    array_max: sameAs('list_max', 1),
    array_min: sameAs('list_min', 1),
    array_position: sameAs('mc_array_position', 2),
    array_remove: sameAs('mc_array_remove', 2),
    array_union: sameAs('mc_array_union', 2),
    array_except: sameAs('mc_array_except', 2),
    array_intersect: sameAs('mc_array_intersect', 2),
    array_join: written(2, 3, ([list], { args: [, separator, forNull] }) => {
      const texts = `list_transform(${list}, lambda e: mc_to_string(e))`
      return forNull === undefined
        ? `mc_array_join(list_filter(${texts}, lambda e: e IS NOT NULL), ${asText(separator!)})`
        : `mc_array_join(list_transform(${texts}, lambda e: coalesce(e, ${asText(forNull)})), ${asText(separator!)})`
    }),
    slice: sameAs('mc_slice', 3),
    str_to_map: written(1, 3, (_, { args, rewriting }) => {
      const [text, pair, value] = args
      if (text!.text === 'exception' || text!.text === 'last_win')
        throw rewriting.refuse('STR_TO_MAP with a policy', text!.at)
      const separators = [pair, value].map((each, i) =>
        each === undefined ? [`','`, `'='`][i] : asText(each),
      )
      return `mc_str_to_map(${[asText(text!), ...separators].join(', ')})`
    }),
  },
  macros: [
    `mc_array_distinct(x) AS ${distinct}`,
    'mc_array_position(x, y) AS (CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE coalesce(list_position(x, y), 0)::BIGINT END)',
    'mc_array_remove(x, y) AS (CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE list_filter(x, lambda e: e IS DISTINCT FROM y) END)',
    `mc_array_union(x, y) AS (CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE ${unless('list_position(x, NULL) > 0 OR list_position(y, NULL) > 0', 'ARRAY_UNION with NULL as an element', 'mc_array_distinct(list_concat(x, y))')} END)`,
    `mc_array_except(x, y) AS ${unless('x IS NULL OR y IS NULL OR len(x) = 0', 'ARRAY_EXCEPT of NULL or of an empty ARRAY', 'list_filter(mc_array_distinct(x), lambda e: list_position(y, e) IS NULL)')}`,
    'mc_array_intersect(x, y) AS (CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE list_filter(mc_array_distinct(x), lambda e: list_position(y, e) IS NOT NULL) END)',
    `mc_array_join(x VARCHAR[], s VARCHAR) AS ${unless('x IS NULL OR s IS NULL', 'ARRAY_JOIN of NULL', joined('x'))}`,
    `mc_slice(x, a BIGINT, n BIGINT) AS ${unless(
      'x IS NULL OR a IS NULL OR n IS NULL OR a = 0 OR abs(a) > len(x) OR n < 0',
      'SLICE from or of such a place',
      'list_slice(x, CASE WHEN a > 0 THEN a ELSE len(x) + a + 1 END, CASE WHEN a > 0 THEN a ELSE len(x) + a + 1 END + n - 1)',
    )}`,
    `mc_pairs(x VARCHAR[][]) AS ${unless(
      'x IS NULL OR len(list_filter(x, lambda r: len(r) <> 2)) > 0',
      'STR_TO_MAP of NULL, or of a part that is not a key and a value',
      `MAP(list_transform(${lastPairs}, lambda r: r[1]), list_transform(${lastPairs}, lambda r: r[2]))`,
    )}`,
    'mc_str_to_map(a VARCHAR, p VARCHAR, q VARCHAR) AS mc_pairs(list_transform(regexp_split_to_array(a, p), lambda r: regexp_split_to_array(r, q)))',
  ],
}
