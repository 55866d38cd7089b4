import { type CellCodec, type CellOptions, CellProblem, invalid } from './cell-codec.js'
import { JsonText } from './json-text.js'
import { escapedKeyEnd, parseLosslessJson, standardJson } from './lossless-json.js'
import { checkBytes, readExactText, writeString } from './text.js'

/* JSON: text as STRING is (protocol 4.2). */

export const jsonCodec = ({ json, string, maxFieldBytes }: CellOptions): CellCodec => ({
  write: (out, value) => {
    const text = json === 'text' ? asText(value) : printJson(value)
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

/** Prints a JSON value. What JSON.stringify would drop or change without a word is refused. */
export const printJson = (value: unknown): string => {
  if (value instanceof JsonText) return value.text
  let text: string | undefined
  try {
    text = JSON.stringify(value, refuseLoss)
  } catch (error) {
    if (error instanceof CellProblem) throw error
    throw new CellProblem('ODPS_INVALID_VALUE', 'the value is no JSON value', error)
  }
  if (text === undefined) throw invalid('a JSON value', value)
  return text
}

function refuseLoss(this: unknown, _key: string, value: unknown): unknown {
  const lost =
    typeof value === 'number'
      ? !Number.isFinite(value)
      : typeof value === 'object'
        ? value instanceof Map || value instanceof Set
        : typeof value === 'undefined'
          ? Array.isArray(this)
          : typeof value !== 'string' && typeof value !== 'boolean'
  if (lost) throw invalid('a JSON value', value)
  return value
}

export const parseJson = (text: string): unknown => {
  try {
    return escapedKeyEnd.test(text) ? parseLosslessJson(text, standardJson) : JSON.parse(text)
  } catch {
    // Without the cause: its message quotes the text.
    throw new CellProblem('ODPS_INVALID_VALUE', "the text is no JSON; read it with json: 'text'")
  }
}
