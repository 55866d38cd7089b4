import type { DataType } from '../../../index.js'
import { isText } from '../../../schema/data-type.js'
import { named } from '../../../text/cell-text.js'
import { parseNested } from '../../../text/json-cells.js'
import { JsonArray, JsonObject, type JsonTree, parseJsonTree } from '../../../values/json-tree.js'
import type { CellOptions } from '../cell-options.js'

/*
 * Nested cells of odpscmd's files. Their members are strings of JSON, a nested one is the text of its own JSON, and the
 * text that stands for NULL is a NULL within, too: `["1",""]`, `{"a":"[\\"1\\"]"}`. That is put into plain JSON, which is
 * then read like any other, so that members written as numbers or objects, as we write them, are read as well. An empty
 * text stays one in a list of texts, where odpscmd takes it for NULL: it cannot be told apart there.
 */

export type CellParser = (text: string) => unknown

type Nested = DataType & { kind: 'array' | 'map' | 'struct' | 'vector' }

/** @param parserOf makes the parsers of the members that are not nested */
export const odpscmdNestedParser = (
  type: Nested,
  options: CellOptions,
  parserOf: (type: DataType, options: CellOptions) => CellParser,
): CellParser => {
  const parsers = new Map<DataType, CellParser>()
  const scalar = (text: string, member: DataType): unknown => {
    let parse = parsers.get(member)
    if (parse === undefined) {
      parse = parserOf(member, options)
      parsers.set(member, parse)
    }
    return parse(text)
  }
  return text => {
    const json = text.trim()
    if (json === 'null') return null
    return named(() => parseNested(plainJson(json, type, options.nullText), type, scalar))
  }
}

const plainJson = (text: string, type: DataType, nullText: string): string =>
  rewritten(parseJsonTree(text), text, type, nullText)

const rewritten = (tree: JsonTree, text: string, type: DataType, nullText: string): string => {
  if (typeof tree === 'string') return rewrittenText(tree, text, type, nullText)
  const member = (parts: JsonArray | JsonObject, i: number, memberType: DataType | undefined): string =>
    memberType === undefined
      ? parts.textOf(i)
      : rewritten(parts.values[i]!, parts.textOf(i), memberType, nullText)
  if (tree instanceof JsonArray && (type.kind === 'array' || type.kind === 'vector'))
    return `[${tree.values.map((_, i) => member(tree, i, type.element)).join(',')}]`
  if (!(tree instanceof JsonObject) || (type.kind !== 'map' && type.kind !== 'struct')) return text
  const typeOf = (key: string): DataType | undefined =>
    type.kind === 'map'
      ? type.value
      : type.fields.find(({ name }) => name.toLowerCase() === key.toLowerCase())?.type
  return `{${tree.keys.map((key, i) => `${JSON.stringify(key)}:${member(tree, i, typeOf(key))}`).join(',')}}`
}

const rewrittenText = (string: string, text: string, type: DataType, nullText: string): string => {
  if (string === nullText && (nullText !== '' || !mayBeEmpty(type))) return 'null'
  switch (type.kind) {
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return plainJson(string, type, nullText)
    case 'json':
      return string
    default:
      return text
  }
}

/** Types of which an empty text is a value. */
export const mayBeEmpty = (type: DataType): boolean => isText(type) || type.kind === 'binary'
