import { CellProblem, invalid } from '../../values/cell-problem.js'
import { JsonText } from '../../values/json-text.js'
import { JsonArray, JsonNumber, JsonObject, type JsonTree, parseJsonTree } from '../../values/json-tree.js'
import type { CellCodec, CodecOptions } from '../cell-codec.js'
import { isKeyed, setOwn } from './key-matcher.js'
import { checkBytes, readExactText, writeString } from './text.js'

/* JSON: text as STRING is (protocol 4.2). */

export const jsonCodec = ({ json, string, maxFieldBytes }: CodecOptions): CellCodec => ({
  write: (out, value) => {
    const text = json === 'text' ? asText(value) : formatJson(value)
    checkBytes(writeString(out, text), maxFieldBytes)
  },
  read:
    json === 'parsed'
      ? from => parseJson(from.text())
      : string === 'exact'
        ? readExactText
        : from => from.text(),
})

const asText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value instanceof JsonText) return value.text
  throw invalid("JSON text (the option json is 'text')", value)
}

/**
 * Prints a JSON value. What JSON.stringify would drop or change without a word is refused: of a Map, a promise that was not awaited,
 * an error or a number in an object it would leave `{}` or null. Only keys are data, so there must be some, unless an object is plain.
 */
export const formatJson = (value: unknown): string => {
  if (value instanceof JsonText || value instanceof JsonNumber) return value.text
  let text: string | undefined
  try {
    text = JSON.stringify(value, refuseLoss)
  } catch (error) {
    if (error instanceof CellProblem) throw error
    throw new CellProblem('ODPS_INVALID_VALUE', "the value isn't a JSON value", error)
  }
  if (text === undefined) throw invalid('a JSON value', value)
  return text
}

function refuseLoss(this: unknown, _key: string, value: unknown): unknown {
  const lost =
    typeof value === 'number'
      ? !Number.isFinite(value)
      : typeof value === 'object'
        ? value !== null && !isKeyed(value) && !isListOrBoxed(value)
        : typeof value === 'undefined'
          ? Array.isArray(this)
          : typeof value !== 'string' && typeof value !== 'boolean'
  if (lost) throw invalid('a JSON value', value)
  return value
}

const isListOrBoxed = (value: object): boolean =>
  Array.isArray(value) ||
  value instanceof String ||
  value instanceof Boolean ||
  (value instanceof Number && Number.isFinite(Number(value)))

/** A key that ends in an escape: `JSON.parse` may read it as another (see json-tree.ts). */
const escapedKeyEnd = /\\(?:[^u]|u[\dA-Fa-f]{4})"[ \t\r\n]*:/

/** As JavaScript parses JSON: numbers are doubles, of equal keys the last stays. */
export const parseJson = (text: string): unknown => {
  try {
    return escapedKeyEnd.test(text) ? standardValue(parseJsonTree(text)) : JSON.parse(text)
  } catch {
    // Without the cause: its message quotes the text.
    throw new CellProblem('ODPS_INVALID_VALUE', "the text isn't JSON; read it with json: 'text'")
  }
}

/**
 * JSON text as it is.
 * @throws CellProblem for what isn't JSON
 */
export const checkJson = (text: string): string => {
  parseJson(text)
  return text
}

const standardValue = (tree: JsonTree): unknown => {
  if (tree instanceof JsonNumber) return tree.valueOf()
  if (tree instanceof JsonArray) return tree.values.map(standardValue)
  if (!(tree instanceof JsonObject)) return tree
  const object: Record<string, unknown> = {}
  for (const [i, key] of tree.keys.entries()) setOwn(object, key, standardValue(tree.values[i]!))
  return object
}
