import { quoteName } from './names.js'
import { hasMark, mark, replaceMarks, type Scope } from './scope.js'

/*
 * DuckDB chooses a macro's overload by the types of its arguments, and doesn't know the type of an aggregate or of a window
 * there. So a SELECT with either becomes several: the innermost reads the tables and makes groups, the next one makes
 * windows, and the outermost has what is calculated with both. Each gives the next one columns with names of their own.
 */

/** One SELECT, its texts with marks. */
export interface SelectParts {
  readonly distinct: boolean
  readonly items: readonly SelectItem[]
  readonly from: string
  readonly where: string
  /** The clause behind GROUP BY, and each of its keys; none without one. */
  readonly groups: { readonly clause: string; readonly keys: readonly string[] } | undefined
  readonly having: string
  readonly windows: string
  readonly qualify: string
  /** Behind ORDER BY. */
  readonly order: readonly OrderKey[]
  /** Behind that: LIMIT. */
  readonly limit: string
}

export interface SelectItem {
  readonly sql: string
  /** The name of its column; none for a star. */
  readonly name?: string
  /** The columns that a star leaves out, in quotes. */
  readonly without?: readonly string[]
  /** The columns of a star that have other values: these, with neither aggregates nor windows, and their names in quotes. */
  readonly replaced?: readonly { readonly sql: string; readonly name: string }[]
}

export interface OrderKey {
  readonly sql: string
  /** ` ASC NULLS FIRST` */
  readonly way: string
}

/** The whole SELECT for DuckDB; undefined for a star that can't be taken along. */
export const writeLayers = (scope: Scope, parts: SelectParts): string | undefined => {
  const isGrouped = scope.aggregates.length > 0 || parts.groups !== undefined || parts.having !== ''
  if (!isGrouped && (scope.windows.length === 0 || areBareWindows(parts))) return writeFlat(scope, parts)
  if (scope.isNested && isBareGroup(scope, parts)) return writeFlat(scope, parts)
  scope.split()
  return isGrouped ? writeGrouped(scope, parts) : writeWindowed(scope, parts)
}

const clause = (word: string, text: string): string => (text === '' ? '' : ` ${word} ${text}`)

/** Whether DuckDB has to know no type of a window: each is a column of its own. */
const areBareWindows = ({ items, qualify, order }: SelectParts): boolean =>
  qualify === '' &&
  !order.some(({ sql }) => hasMark(sql, 'w')) &&
  items.every(({ sql }) => !hasMark(sql, 'w') || /^\uE000w\d+\uE001$/.test(sql))

/**
 * Whether DuckDB has to know no type of an aggregate. Then a sub-query stays one SELECT, from which columns of the query
 * around can be reached; a sum of whole numbers is a HUGEINT there.
 */
const isBareGroup = (scope: Scope, { items, having, qualify, order, groups }: SelectParts): boolean =>
  scope.windows.length === 0 &&
  groups === undefined &&
  having + qualify === '' &&
  order.length === 0 &&
  items.every(({ sql }) => /^(?:mc_narrow\()?\uE000a\d+\uE001\)?$/.test(sql) || !hasMark(sql, 'ac'))

/**
 * A sub-query of one value that is calculated with aggregates: the calculation, in which each aggregate is a sub-query of its
 * own, so that columns of the query around stay one level away. Undefined for any other SELECT.
 */
export const writeValue = (scope: Scope, parts: SelectParts): string | undefined => {
  const { items, having, qualify, order, limit, groups } = parts
  const [item] = items
  const isOneRow =
    scope.aggregates.length > 0 &&
    groups === undefined &&
    having + qualify + limit === '' &&
    order.length === 0
  const isCalculated = items.length === 1 && item!.name !== undefined && !hasMark(item!.sql, 'cw')
  if (!isOneRow || !isCalculated || isBareGroup(scope, parts)) return undefined
  const from = readClauses(scope, parts)
  // What is random would come out anew in each of them.
  if (/\b(?:random|uuid)\(\)/.test(from)) return undefined
  return replaceMarks(item!.sql, (_, index) => `(SELECT ${scope.rowText(scope.aggregates[index]!)}${from})`)
}

/** All in one. */
const writeFlat = (scope: Scope, parts: SelectParts): string => {
  const resolve = (text: string): string =>
    replaceMarks(text.replace(/^mc_narrow\((\uE000a\d+\uE001)\)$/, '$1'), (kind, index) => {
      if (kind === 'c') return scope.columnText(index)
      return scope.rowText((kind === 'w' ? scope.windows : scope.aggregates)[index]!)
    })
  return (
    `SELECT ${parts.distinct ? 'DISTINCT ' : ''}${itemList(parts.items, resolve)}` +
    readClauses(scope, parts) +
    clause('WINDOW', resolve(parts.windows)) +
    endClauses(scope, parts, resolve)
  )
}

const itemList = (items: readonly SelectItem[], resolve: (text: string) => string): string =>
  items
    .map(item =>
      item.name === undefined ? starText(item, resolve) : `${resolve(item.sql)} AS ${quoteName(item.name)}`,
    )
    .join(', ')

const starText = (
  { sql, without = [], replaced = [] }: SelectItem,
  resolve: (text: string) => string,
): string =>
  sql +
  (without.length === 0 ? '' : ` EXCLUDE (${without.join(', ')})`) +
  (replaced.length === 0
    ? ''
    : ` REPLACE (${replaced.map(each => `${resolve(each.sql)} AS ${each.name}`).join(', ')})`)

const readClauses = (scope: Scope, { from, where }: SelectParts): string =>
  clause('FROM', scope.rowText(from)) + clause('WHERE', scope.rowText(where))

/** ORDER BY takes the names of the result before those of columns. */
const endClauses = (
  scope: Scope,
  { items, order, limit }: SelectParts,
  resolve: (text: string) => string,
): string => {
  const keys = order.map(({ sql, way }) => {
    const name = bareName(scope, sql)
    const isItem = items.some(item => item.name !== undefined && quoteName(item.name) === name)
    return `${isItem ? name : resolve(sql)}${way}`
  })
  return clause('ORDER BY', keys.join(', ')) + (limit === '' ? '' : ` ${limit}`)
}

/** The name of a text that is just a column without a table; undefined for any other. */
const bareName = (scope: Scope, text: string): string | undefined => {
  const [, index] = /^\uE000c(\d+)\uE001$/.exec(text) ?? []
  const column = index === undefined ? undefined : scope.columns[Number(index)]
  return column?.length === 1 ? column[0] : undefined
}

/** What a level gives to the one around it. */
class Exports {
  readonly #list = new Map<string, string>()
  readonly #level: string

  /** @param level unlike that of any other SELECT of the query, whose names might be in reach */
  constructor(level: string) {
    this.#level = level
  }

  /** The name for a text, which is in the terms of this level. */
  add(kind: string, text: string, name = `"${kind}${this.#list.size}#${this.#level}"`): string {
    const known = this.#list.get(text)
    if (known !== undefined) return known
    this.#list.set(text, name)
    return name
  }

  get sql(): string {
    const list = [...this.#list].map(([text, name]) => `${text} AS ${name}`)
    return list.length === 0 ? `1 AS "one#${this.#level}"` : list.join(', ')
  }

  get names(): string[] {
    return [...this.#list.values()]
  }
}

const writeGrouped = (scope: Scope, written: SelectParts): string | undefined => {
  if (written.items.some(({ name }) => name === undefined)) return undefined
  const { parts, keys } = findKeys(scope, withItemNames(scope, written))
  const inner = new Exports(scope.level)
  const resolve = (text: string): string =>
    replaceMarks(text, (kind, index) => {
      if (kind === 'k') return inner.add('k', scope.rowText(keys[index]!.text), keys[index]!.name)
      return kind === 'a'
        ? inner.add('a', scope.rowText(scope.aggregates[index]!))
        : inner.add('c', scope.columnText(index))
    })
  const groups = parts.groups === undefined ? '' : scope.rowText(parts.groups.clause)
  // Exports come to light while the levels around are written.
  const windows = new Exports(`${scope.level}w`)
  const outer = (text: string): string =>
    replaceMarks(text, (kind, index) =>
      kind === 'w'
        ? windows.add('w', resolve(keyed(keys, scope.windows[index]!)))
        : resolve(mark(kind, index)),
    )
  const items = itemList(parts.items, outer)
  const having = outer(parts.having)
  const qualify = outer(parts.qualify)
  const end = endClauses(scope, parts, outer)
  const named = resolve(parts.windows)
  for (const key of keys) if (key.name !== undefined) resolve(mark('k', keys.indexOf(key)))
  const grouped = `SELECT ${inner.sql}${readClauses(scope, parts)}${clause('GROUP BY', groups)}`
  const distinct = parts.distinct ? 'DISTINCT ' : ''
  if (windows.names.length === 0)
    return `SELECT ${distinct}${items} FROM (${grouped})${clause('WHERE', both(having, qualify))}${end}`
  const windowed = `SELECT *, ${windows.sql} FROM (${grouped})${clause('WHERE', having)}${clause('WINDOW', named)}`
  return `SELECT ${distinct}${items} FROM (${windowed})${clause('WHERE', qualify)}${end}`
}

const both = (one: string, other: string): string =>
  one === '' || other === '' ? one + other : `${one} AND ${other}`

/** HAVING, QUALIFY and calculations of ORDER BY may name columns of the result. */
const withItemNames = (scope: Scope, parts: SelectParts): SelectParts => {
  const named = (text: string): string =>
    replaceMarks(text, (kind, index) => {
      const column = kind === 'c' && scope.columns[index]!.length === 1 ? scope.columns[index]![0] : undefined
      const item = parts.items.find(({ name }) => name !== undefined && quoteName(name) === column)
      return item?.sql ?? mark(kind, index)
    })
  return {
    ...parts,
    having: named(parts.having),
    qualify: named(parts.qualify),
    order: parts.order.map(key =>
      bareName(scope, key.sql) === undefined ? { ...key, sql: named(key.sql) } : key,
    ),
  }
}

/** An expression of GROUP BY, and the name of the result by which the clause calls it, in quotes. */
interface GroupKey {
  readonly text: string
  readonly name?: string
}

/** Marks in all texts what is an expression of GROUP BY. */
const findKeys = (scope: Scope, parts: SelectParts): { parts: SelectParts; keys: GroupKey[] } => {
  const keys = (parts.groups?.keys ?? []).flatMap((text): GroupKey[] => {
    const name = bareName(scope, text)
    const item = parts.items.find(each => each.name !== undefined && quoteName(each.name) === name)
    if (name !== undefined && item !== undefined && !item.sql.includes(text) && !hasMark(item.sql, 'aw'))
      return [{ text: item.sql, name }]
    return name === undefined && hasMark(text, 'c') ? [{ text }] : []
  })
  const marked = (text: string): string => keyed(keys, text)
  const items = parts.items.map(item => ({ ...item, sql: marked(item.sql) }))
  const order = parts.order.map(key => ({ ...key, sql: marked(key.sql) }))
  const { having, qualify, windows } = parts
  return {
    parts: {
      ...parts,
      items,
      order,
      having: marked(having),
      qualify: marked(qualify),
      windows: marked(windows),
    },
    keys,
  }
}

const keyed = (keys: readonly GroupKey[], text: string): string =>
  keys.reduce((sql, key, i) => sql.replaceAll(key.text, mark('k', i)), text)

const writeWindowed = (scope: Scope, written: SelectParts): string | undefined => {
  const parts = withItemNames(scope, written)
  const hasStar = parts.items.some(({ name }) => name === undefined)
  if (hasStar && scope.sources.size !== 1) return undefined
  const inner = new Exports(scope.level)
  const resolve = (text: string): string =>
    replaceMarks(text, (kind, index) =>
      kind === 'w'
        ? inner.add('w', scope.rowText(scope.windows[index]!))
        : inner.add('c', scope.columnText(index)),
    )
  const qualify = resolve(parts.qualify)
  const end = endClauses(scope, parts, resolve)
  // A star leaves out what only this level knows, so all the rest is resolved before.
  const items = parts.items.map(item => ({
    ...item,
    sql: resolve(item.sql),
    replaced: item.replaced?.map(each => ({ ...each, sql: resolve(each.sql) })) ?? [],
  }))
  const list = itemList(
    items.map(item =>
      item.name === undefined
        ? { ...item, sql: '*', without: [...(item.without ?? []), ...inner.names] }
        : item,
    ),
    text => text,
  )
  const first = `SELECT ${hasStar ? '*, ' : ''}${inner.sql}${readClauses(scope, parts)}`
  return (
    `SELECT ${parts.distinct ? 'DISTINCT ' : ''}${list} ` +
    `FROM (${first}${clause('WINDOW', scope.rowText(parts.windows))})${clause('WHERE', qualify)}${end}`
  )
}
