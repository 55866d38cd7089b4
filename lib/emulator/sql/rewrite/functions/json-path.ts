import { quoteText } from '../names.js'
import { type Call, literalText } from './function-rule.js'

const step = /\.([\p{L}\p{N}_-]+)|\[(\d+)\]|\[(\*)\]$/uy

/** The path of GET_JSON_OBJECT as DuckDB writes it. `[*]` may stand at its end. @throws SqlError for any other path */
export const jsonPath = (call: Call): { path: string; isList: boolean } => {
  const text = literalText(call, 1)
  let path = '$'
  let isList = false
  for (let at = 1; at < text.length; at = step.lastIndex) {
    step.lastIndex = at
    const [, key, index, star] = step.exec(text) ?? []
    if (key === undefined && index === undefined && star === undefined) throw refuse(call, text)
    if (key !== undefined) path += `."${key}"`
    if (index !== undefined) path += `[${index}]`
    isList = star !== undefined
  }
  if (!text.startsWith('$')) throw refuse(call, text)
  return { path: quoteText(path), isList }
}

const refuse = ({ rewriting, args }: Call, text: string): Error =>
  rewriting.refuse(`GET_JSON_OBJECT with the path ${text}`, args[1]!.at)
