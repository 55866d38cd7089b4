import { quoteText } from '../names.js'
import type { Expression, Rewriting } from '../rewriting.js'
import { type Call, literalText } from './function-rule.js'

const step = /\.([\p{L}\p{N}_-]+)|\[(\d+)\]|\[(\*)\]$/uy

interface JsonPath {
  /** As a text of DuckDB. */
  readonly path: string
  readonly isList: boolean
}

/** Steps as DuckDB writes them; undefined for any others. */
const readSteps = (steps: string): JsonPath | undefined => {
  let path = '$'
  let isList = false
  for (let at = 0; at < steps.length; at = step.lastIndex) {
    step.lastIndex = at
    const [, key, index, star] = step.exec(steps) ?? []
    if (key === undefined && index === undefined && star === undefined) return undefined
    if (key !== undefined) path += `."${key}"`
    if (index !== undefined) path += `[${index}]`
    isList = star !== undefined
  }
  return { path: quoteText(path), isList }
}

/** The path of GET_JSON_OBJECT. `[*]` may stand at its end. @throws SqlError for any other path */
export const jsonPath = (call: Call): JsonPath => {
  const text = literalText(call, 1)
  const path = text.startsWith('$') ? readSteps(text.slice(1)) : undefined
  if (path !== undefined) return path
  throw call.rewriting.refuse(`GET_JSON_OBJECT with the path ${text}`, call.args[1]!.at)
}

/** A key of JSON_TUPLE, which is a path without `$.`. @throws SqlError for one that isn't a literal of names and indexes */
export const jsonKeyPath = ({ text, at }: Expression, rewriting: Rewriting): string => {
  const path = text === undefined ? undefined : readSteps(`.${text}`)
  if (path !== undefined && !path.isList) return path.path
  throw rewriting.refuse("JSON_TUPLE with a key that isn't a literal such as 'a' or 'a.b[0]'", at)
}
