import { refusal } from '../casts.js'
import { asText, type Expression } from '../rewriting.js'
import { type FunctionFamily, literalText, ofTexts, written } from './function-rule.js'
import { jsonPath } from './json-path.js'

/*
 * Functions of texts. Positions count characters from 1. What MaxCompute's reference calls an error, or says nothing about
 * (a start before the text, no match of a pattern), is a refusal.
 */

/** `target(text, number, …)`: the first argument as text, the others as they are. */
const ofText = (target: string, least: number, most = least) =>
  written(least, most, ([, ...rest], { args }) => `${target}(${[asText(args[0]!), ...rest].join(', ')})`)

const wanting = (test: string, what: string, value: string): string =>
  `(CASE WHEN NOT (${test}) THEN ${refusal(what)} ELSE ${value} END)`

/** All overlapping places of `b` in `a` from `start` on. */
const places =
  'list_filter(range(start, length(a) - length(b) + 2), lambda i: substring(a, i, length(b)) = b)'

const instr = [
  `mc_instr(a VARCHAR, b VARCHAR, start BIGINT, nth BIGINT) AS (CASE WHEN a IS NULL OR b IS NULL OR start IS NULL OR nth IS NULL THEN NULL`,
  `WHEN start < 1 OR nth < 1 OR (b = '' AND (start > 1 OR nth > 1)) THEN ${refusal('INSTR from such a place')}`,
  `WHEN b = '' THEN 1`,
  `WHEN nth > 1 AND len(${places}) <> len(string_split(substring(a, start), b)) - 1 THEN ${refusal('INSTR of a text that overlaps itself')}`,
  `ELSE coalesce(${places}[nth], 0) END)`,
].join(' ')

/** DuckDB's own functions want a constant separator. */
const joined = (list: string, separator: string): string =>
  `(CASE WHEN len(${list}) = 0 THEN '' ELSE list_reduce(${list}, lambda p, q: p || ${separator} || q) END)`

const joinFrom = (list: string, from: string, to: string, separator: string): string =>
  joined(`list_slice(${list}, ${from}, ${to})`, separator)

const concatWs = (args: readonly Expression[]): string => {
  const [separator, ...parts] = args.map(asText)
  if (args.length === 2) return `mc_concat_ws(${separator}, ${args[1]!.sql})`
  return `(${parts.map((part, i) => (i === 0 ? part : ` || ${separator} || ${part}`)).join('')})`
}

export const texts: FunctionFamily = {
  functions: {
    concat: written(1, 255, (_, { args }) => `(${args.map(asText).join(' || ')})`),
    concat_ws: written(2, 255, (_, { args }) => concatWs(args)),
    length: ofTexts('length', 1),
    lengthb: ofTexts('strlen', 1),
    substr: ofText('mc_substr', 2, 3),
    substring: ofText('mc_substr', 2, 3),
    substring_index: written(
      3,
      3,
      ([, , n], { args }) => `mc_substring_index(${asText(args[0]!)}, ${asText(args[1]!)}, ${n})`,
    ),
    instr: written(
      2,
      4,
      ([, , start = '1', nth = '1'], { args }) =>
        `mc_instr(${asText(args[0]!)}, ${asText(args[1]!)}, ${start}, ${nth})`,
    ),
    locate: written(
      2,
      3,
      ([, , start = '1'], { args }) => `mc_instr(${asText(args[1]!)}, ${asText(args[0]!)}, ${start}, 1)`,
    ),
    tolower: ofTexts('lower', 1),
    lower: ofTexts('lower', 1),
    toupper: ofTexts('upper', 1),
    upper: ofTexts('upper', 1),
    initcap: ofTexts('mc_initcap', 1),
    trim: ofTexts('mc_trim', 1, 2),
    ltrim: ofTexts('mc_ltrim', 1, 2),
    rtrim: ofTexts('mc_rtrim', 1, 2),
    reverse: ofTexts('reverse', 1),
    repeat: ofText('mc_repeat', 2),
    space: written(1, 1, ([n]) => `mc_repeat(' '::VARCHAR, ${n})`),
    lpad: written(3, 3, ([, n], { args }) => `mc_lpad(${asText(args[0]!)}, ${n}, ${asText(args[2]!)})`),
    rpad: written(3, 3, ([, n], { args }) => `mc_rpad(${asText(args[0]!)}, ${n}, ${asText(args[2]!)})`),
    replace: ofTexts('mc_replace', 3),
    ascii: ofTexts('mc_ascii', 1),
    chr: written(1, 1, ([n]) => `mc_chr(mc_to_bigint(${n}))`),
    find_in_set: ofTexts('mc_find_in_set', 2),
    char_matchcount: ofTexts('mc_char_matchcount', 2),
    keyvalue: written(2, 4, (_, call) => {
      const args = call.args.map(asText)
      if (args.length === 3) throw call.rewriting.refuse('KEYVALUE with 3 arguments', call.args[2]!.at)
      return args.length === 2
        ? `mc_keyvalue(${args[0]}, ';', ':', ${args[1]})`
        : `mc_keyvalue(${args.join(', ')})`
    }),
    split: written(
      2,
      3,
      ([, , trims = 'TRUE'], { args }) => `mc_split(${asText(args[0]!)}, ${asText(args[1]!)}, ${trims})`,
    ),
    split_part: written(
      3,
      4,
      ([, , start, end = start], { args }) =>
        `mc_split_part(${asText(args[0]!)}, ${asText(args[1]!)}, ${start}, ${end})`,
    ),
    uuid: { ...written(0, 0, () => 'uuid()::VARCHAR'), isRandom: true },
    md5: ofTexts('md5', 1),
    sha1: ofTexts('sha1', 1),
    url_encode: ofTexts('mc_url_encode', 1),
    url_decode: ofTexts('mc_url_decode', 1),
    get_json_object: written(2, 2, (_, call) => {
      const { path, isList } = jsonPath(call)
      return `mc_json${isList ? '_list' : ''}(${asText(call.args[0]!)}, ${path})`
    }),
    parse_url: written(2, 3, (_, call) => {
      const part = literalText(call, 1)
      const pattern = urlParts[part]
      if (pattern === undefined || (call.args.length === 3 && part !== 'QUERY'))
        throw call.rewriting.refuse(`PARSE_URL with '${part}'`, call.args[1]!.at)
      const value = `mc_url_part(${asText(call.args[0]!)}, '${pattern}')`
      return call.args.length === 2 ? value : `mc_url_key(${value}, ${asText(call.args[2]!)})`
    }),
  },
  macros: [
    `mc_concat_ws(s VARCHAR, x VARCHAR[]) AS ${wanting('x IS NULL OR len(x) = len(list_filter(x, lambda i: i IS NOT NULL))', 'CONCAT_WS of an array with NULL', joined('x', 's'))}, (s VARCHAR, x VARCHAR) AS x, (s VARCHAR, x BIGINT) AS x::VARCHAR`,
    `mc_substr(a VARCHAR, start BIGINT) AS (CASE WHEN start = 0 THEN '' WHEN -start > length(a) THEN ${refusal('SUBSTR from before the text')} ELSE substring(a, start) END), ` +
      `(a VARCHAR, start BIGINT, n BIGINT) AS (CASE WHEN n < 1 THEN ${refusal('SUBSTR of a length below 1')} WHEN start = 0 THEN '' WHEN -start > length(a) THEN ${refusal('SUBSTR from before the text')} ELSE substring(a, start, n) END)`,
    `mc_substring_index(a VARCHAR, s VARCHAR, n BIGINT) AS (CASE WHEN a IS NULL OR s IS NULL OR n IS NULL THEN NULL WHEN n = 0 OR s = '' THEN ${refusal('SUBSTRING_INDEX with 0 or an empty separator')} WHEN n > 0 THEN ${joinFrom('string_split(a, s)', '1', 'n', 's')} ELSE ${joinFrom('string_split(a, s)', 'greatest(len(string_split(a, s)) + n + 1, 1)', 'len(string_split(a, s))', 's')} END)`,
    instr,
    "mc_initcap(a VARCHAR) AS array_to_string(list_transform(string_split(a, ' '), lambda w: upper(substring(w, 1, 1)) || lower(substring(w, 2))), ' ')",
    ...['trim', 'ltrim', 'rtrim'].map(
      name => `mc_${name}(a VARCHAR) AS ${name}(a), (a VARCHAR, b VARCHAR) AS ${name}(a, b)`,
    ),
    `mc_repeat(a VARCHAR, n BIGINT) AS ${wanting('n IS NOT NULL AND n >= 0', 'REPEAT by NULL or less than 0', 'repeat(a, n)')}`,
    ...['lpad', 'rpad'].map(
      name =>
        `mc_${name}(a VARCHAR, n BIGINT, b VARCHAR) AS (CASE WHEN n < 0 OR b = '' THEN ${refusal(`${name.toUpperCase()} to less than 0, or with an empty text`)} WHEN n = 0 THEN NULL ELSE ${name}(a, n::INTEGER, b) END)`,
    ),
    `mc_replace(a VARCHAR, b VARCHAR, c VARCHAR) AS ${wanting("b IS NULL OR b <> ''", 'REPLACE of an empty text', 'replace(a, b, c)')}`,
    `mc_ascii(a VARCHAR) AS ${wanting("a IS NULL OR (a <> '' AND ascii(a) < 128)", 'ASCII of such a text', 'ascii(a)::BIGINT')}`,
    `mc_chr(n BIGINT) AS ${wanting('n IS NULL OR n BETWEEN 1 AND 127', 'CHR beyond 1 to 127', 'chr(n::INTEGER)')}`,
    "mc_find_in_set(a VARCHAR, b VARCHAR) AS (CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE coalesce(list_position(string_split(b, ','), a), 0)::BIGINT END)",
    "mc_char_matchcount(a VARCHAR, b VARCHAR) AS (CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN a = '' THEN 0 ELSE len(list_filter(string_split(a, ''), lambda c: contains(b, c))) END)",
    `mc_keyvalue(a VARCHAR, s VARCHAR, t VARCHAR, k VARCHAR) AS (CASE WHEN a IS NULL OR s IS NULL OR t IS NULL OR k IS NULL THEN NULL WHEN len(list_filter(string_split(a, s), lambda p: len(string_split(p, t)) > 2)) > 0 THEN ${refusal('KEYVALUE of a pair with several separators')} ELSE split_part(list_filter(string_split(a, s), lambda p: contains(p, t) AND split_part(p, t, 1) = k)[1], t, 2) END)`,
    `mc_split(a VARCHAR, p VARCHAR, trims BOOLEAN) AS (CASE WHEN a IS NULL OR p IS NULL OR trims IS NULL THEN NULL WHEN p = '' OR a = '' THEN ${refusal('SPLIT of or by an empty text')} WHEN NOT trims THEN regexp_split_to_array(a, p) ELSE list_slice(regexp_split_to_array(a, p), 1, coalesce(list_max(list_filter(range(1, len(regexp_split_to_array(a, p)) + 1), lambda i: regexp_split_to_array(a, p)[i] <> '')), 0)) END)`,
    `mc_split_part(a VARCHAR, s VARCHAR, i BIGINT, j BIGINT) AS (CASE WHEN a IS NULL OR s IS NULL OR i IS NULL OR j IS NULL THEN NULL WHEN i < 1 OR j < i THEN ${refusal('SPLIT_PART from such a part')} WHEN s = '' THEN a ELSE ${joinFrom('string_split(a, s)', 'i', 'j', 's')} END)`,
    "mc_url_encode(a VARCHAR) AS replace(replace(replace(url_encode(a), '%20', '+'), '%2A', '*'), '~', '%7E')",
    "mc_url_decode(a VARCHAR) AS url_decode(replace(a, '+', ' '))",
    `mc_json_text(j VARCHAR, v VARCHAR) AS (CASE WHEN v IS NULL OR ((v[1] IN ('{', '[')) AND contains(j, v)) OR (v[1] NOT IN ('{', '[') AND len(list_filter(regexp_extract_all(j, '-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?'), lambda n: try_cast(n AS DOUBLE) = try_cast(v AS DOUBLE) AND n <> v)) = 0) THEN v ELSE ${refusal('GET_JSON_OBJECT of a number or a part that it would write in another form')} END)`,
    `mc_json(j VARCHAR, p VARCHAR) AS (CASE WHEN NOT json_valid(j) THEN NULL WHEN json_type(j, p) IN ('VARCHAR', 'BOOLEAN', 'NULL') THEN json_extract_string(j, p) ELSE mc_json_text(j, json_extract(j, p)::VARCHAR) END)`,
    `mc_json_list(j VARCHAR, p VARCHAR) AS (CASE WHEN NOT json_valid(j) THEN NULL WHEN json_type(j, p) IS NULL THEN NULL WHEN json_type(j, p) <> 'ARRAY' THEN ${refusal("GET_JSON_OBJECT with [*] of what isn't an array")} ELSE mc_json_text(j, json_extract(j, p)::VARCHAR) END)`,
    `mc_url_part(a VARCHAR, p VARCHAR) AS (CASE WHEN NOT regexp_full_match(a, '[A-Za-z][A-Za-z0-9+.-]*://([^@/?#]*@)?[^@/?#:]+(:[0-9]+)?(/[^?#]*)?([?][^#]*)?(#.*)?') THEN ${refusal('PARSE_URL of such a text')} WHEN NOT regexp_matches(a, p) THEN NULL ELSE regexp_extract(a, p, 1) END)`,
    "mc_url_key(q VARCHAR, k VARCHAR) AS (list_filter(string_split(q, '&'), lambda p: starts_with(p, k || '='))[1])[length(k) + 2:]",
  ],
}

const authority = '^[^:]+://(?:[^@/?#]*@)?'

/** Each finds its part in a group, in a URL that is whole. */
const urlParts: Readonly<Record<string, string>> = {
  PROTOCOL: '^([^:]+)://',
  HOST: `${authority}([^/?#:]+)`,
  PATH: '^[^:]+://[^/?#]*([^?#]*)',
  QUERY: '^[^?#]*[?]([^#]*)',
  REF: '#(.*)$',
  AUTHORITY: '^[^:]+://([^/?#]*)',
  FILE: '^[^:]+://[^/?#]*([^#]*)',
  USERINFO: '^[^:]+://([^@/?#]*)@',
}
