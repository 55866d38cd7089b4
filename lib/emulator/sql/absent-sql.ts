import type { Token } from './tokenize.js'

/*
 * SQL that MaxCompute has and the emulator has not must not read as a mistake of the user's. Whether text that cannot be
 * parsed is right SQL is decided at the token where parsing ends: a word or sign that may stand there in MaxCompute's
 * grammar is something the emulator lacks, anything else is a syntax error.
 */

/** The statements of which some forms are parsed. */
export type StatementWord =
  | 'create'
  | 'drop'
  | 'truncate'
  | 'alter'
  | 'insert'
  | 'delete'
  | 'update'
  | 'select'
  | 'show'
  | 'desc'
  | 'describe'
  | 'set'

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** First words of statements that are not parsed at all. */
const otherStatements = wordsOf(
  'add analyze archive begin clone commit compact cost count_table declare explain export extend ' +
    'freeze function gc get grant if import install kill list load loop merge msck package pai purge put read ' +
    'remove restore resume revoke rollback setproject statistic status task topology tunnel undo uninstall unload ' +
    'unset use values wait while whoami with',
)

/** What a statement may go on with. */
const continuations: Readonly<Record<StatementWord, ReadonlySet<string>>> = {
  create: wordsOf(
    'auto bloomfilter clone clustered constraint external function generated index like location masking materialized ' +
      'mv or package partitions range resource role row sql stored table temporary transactional unique user using ' +
      'view volume with',
  ),
  drop: wordsOf(
    'bloomfilter external function index materialized model mv package policy purge resource role sql table user ' +
      'view volume',
  ),
  truncate: wordsOf('if'),
  alter: wordsOf(
    'after archive cascade changeowner changelogs clustered column columns compact constraint disable drop enable exchange ' +
      'externalproject fileformat first function label location materialized merge model modify not owner recover replace role ' +
      'schema serde serdeproperties statement table tenant unset update user view',
  ),
  select: wordsOf(
    'all anti as between case cast cluster cross distinct distribute except exists false full group having in inner ' +
      'intersect interval is join lateral left like map minus natural not null offset on or order over qualify regexp ' +
      'right rlike select semi sort tablesample true union using values window',
  ),
  insert: wordsOf('directory from if map reduce select using with zorder'),
  delete: wordsOf('as'),
  update: wordsOf('as from'),
  show: wordsOf(
    'acl columns flags functions grant grants history label package packages p priv privileges role roles statistic users views',
  ),
  desc: wordsOf('function package project role user view'),
  describe: wordsOf('function package project role user view'),
  set: wordsOf('label'),
}

const querySigns: ReadonlySet<string> = new Set('(.+-*/%<>!|&^~[@?:')

/** Words that begin or join the parts of a query: names only in back quotes. */
const reserved = wordsOf(
  'and as between by case cast cross distinct distribute exists from full group having in inner intersect is join lateral ' +
    'left like limit not null on or order right rlike select union where',
)

export const isReserved = (token: Token): boolean =>
  token.kind === 'word' && reserved.has(token.text.toLowerCase())

/**
 * Whether right SQL can go on with the token.
 * @param statement undefined where a statement begins
 */
export const isAbsent = (statement: StatementWord | undefined, { kind, text }: Token): boolean => {
  const word = text.toLowerCase()
  if (statement === undefined)
    return kind === 'word' ? otherStatements.has(word) : text === '(' || text === '@'
  if (kind === 'word') return continuations[statement].has(word)
  return kind === 'sign' && statement === 'select' && querySigns.has(text)
}

/** What stands behind a table's name when it is an alias of the table. */
export const mayFollowAlias = (token: Token): boolean =>
  token.kind === 'end' ||
  (token.kind === 'sign' && ';,'.includes(token.text)) ||
  (token.kind === 'word' &&
    (['where', 'limit'].includes(token.text.toLowerCase()) || isAbsent('select', token)))
