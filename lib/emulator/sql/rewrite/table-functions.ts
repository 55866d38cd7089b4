import { isReserved } from '../absent-sql.js'
import { jsonKeyPath } from './functions/json-path.js'
import { quoteName } from './names.js'
import { asText, type Expression, type Rewriting } from './rewriting.js'
import { mark, replaceMarks } from './scope.js'

/*
 * Functions that make several rows or columns of one: behind LATERAL VIEW, or as all that a SELECT has. How many columns
 * they have is known from the names they get, for an ARRAY gives one where a MAP gives two. DuckDB makes the rows of all
 * columns side by side.
 */

interface TableCall {
  readonly name: string
  readonly at: number
  readonly args: readonly Expression[]
  readonly rewriting: Rewriting
}

interface TableFunction {
  /** How many arguments it has. */
  readonly args: readonly [least: number, most: number]
  /** One expression per column; undefined for another number of columns than it can have. */
  readonly write: (call: TableCall, columns: number) => readonly string[] | undefined
}

const tableFunctions: Readonly<Record<string, TableFunction>> = {
  explode: {
    args: [1, 1],
    write: ({ args: [value] }, columns) => {
      if (columns === 1) return [`unnest(${value!.sql})`]
      return columns === 2
        ? [`unnest(map_keys(${value!.sql}))`, `unnest(map_values(${value!.sql}))`]
        : undefined
    },
  },
  posexplode: {
    args: [1, 1],
    write: ({ args: [value] }, columns) =>
      columns === 2 ? [`generate_subscripts(${value!.sql}, 1) - 1`, `unnest(${value!.sql})`] : undefined,
  },
  json_tuple: {
    args: [2, 255],
    write: ({ args: [json, ...keys], rewriting }, columns) =>
      columns === keys.length
        ? keys.map(key => `mc_json(${asText(json!)}, ${jsonKeyPath(key, rewriting)})`)
        : undefined,
  },
}

/**
 * DuckDB knows the types of columns from its left, which macros are chosen by, only once they are columns of a query within. Where
 * there is no macro, the rows stay in their order without that.
 */
const withOwnColumns = (items: string): string => {
  if (!/\bmc_/.test(items)) return `SELECT ${items}`
  const own = new Map<string, string>()
  const sql = replaceMarks(items, (kind, index) => {
    const column = mark(kind, index)
    if (kind !== 'c') return column
    const name = own.get(column) ?? `"v${own.size}#"`
    own.set(column, name)
    return name
  })
  const columns = [...own].map(([column, name]) => `${column} AS ${name}`)
  return `SELECT ${sql}${columns.length === 0 ? '' : ` FROM (SELECT ${columns.join(', ')})`}`
}

/** Whether a call of one stands here. */
export const atTableFunction = ({ cursor: c }: Rewriting): boolean =>
  c.token.kind === 'word' &&
  Object.hasOwn(tableFunctions, c.token.text.toLowerCase()) &&
  c.isSign('(', c.peekAhead(1))

const readTableCall = (r: Rewriting): TableCall => {
  const { text: name, from: at } = r.cursor.next()
  const args = r.cursor.list(() => r.expression())
  return { name, at, args, rewriting: r }
}

const writeTableCall = (call: TableCall, columns: number): readonly string[] => {
  const { name, at, args, rewriting } = call
  const rule = tableFunctions[name.toLowerCase()]!
  if (args.length < rule.args[0] || args.length > rule.args[1])
    throw rewriting.refuse(`${name} with ${args.length} arguments`, at)
  const written = rule.write(call, columns)
  if (written === undefined) throw rewriting.refuse(`${name} with ${columns} columns`, at)
  return written
}

/** A column that a table function gives. */
export interface TableColumn {
  readonly sql: string
  readonly name: string
}

/** `explode(value) AS item`, `explode(value) AS (key, item)`: an item of a SELECT. */
export const readTableItems = (r: Rewriting): TableColumn[] => {
  const { cursor: c } = r
  const call = readTableCall(r)
  const names = readNames(r) ?? ownNames(call)
  if (c.isSign(',')) throw r.refuse(`${call.name} beside other columns: use LATERAL VIEW`)
  return writeTableCall(call, names.length).map((sql, i) => ({ sql, name: names[i]! }))
}

const readNames = ({ cursor: c }: Rewriting): string[] | undefined => {
  const one = (): string => c.expectName('a column name')
  const isNamed =
    c.acceptWords('as') || c.token.kind === 'name' || (c.token.kind === 'word' && !isReserved(c.token))
  if (!isNamed) return undefined
  return c.isSign('(') ? c.list(one) : [one()]
}

/** What columns without names are called, where it is seen what the value is. */
const ownNames = ({ name, at, args: [value], rewriting }: TableCall): string[] => {
  if (name.toLowerCase() === 'explode' && value!.sql.startsWith('[')) return ['col']
  if (name.toLowerCase() === 'explode' && value!.sql.startsWith('MAP(')) return ['key', 'value']
  throw rewriting.refuse(`${name} without names for its columns, as in ${name}(…) AS (a, b)`, at)
}

/** `LATERAL VIEW [OUTER] explode(value) view AS column` */
export const writeLateralView = (r: Rewriting): string | undefined => {
  const { cursor: c } = r
  if (!c.acceptWords('lateral', 'view')) return undefined
  const isOuter = c.acceptWords('outer')
  if (!atTableFunction(r)) throw r.refuse(`LATERAL VIEW ${c.token.text}`)
  const call = readTableCall(r)
  const view = quoteName(c.expectName('a name'))
  r.scope.sources.add(view)
  c.expectWord('as')
  const columns = [quoteName(c.expectName('a column name'))]
  while (c.acceptSign(',')) columns.push(quoteName(c.expectName('a column name')))
  const items = writeTableCall(call, columns.length).map((sql, i) => `${sql} AS ${columns[i]}`)
  const lateral = `LATERAL (${withOwnColumns(items.join(', '))}) AS ${view}`
  return isOuter ? ` LEFT JOIN ${lateral} ON true` : ` CROSS JOIN ${lateral}`
}
