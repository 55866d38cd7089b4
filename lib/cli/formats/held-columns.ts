import { CliError } from '../usage-error.js'
import { unsupportedPart } from './file-values/column-type.js'
import type { InferredColumn } from './infer/columns.js'

/**
 * The columns that a table can have: without those that no type of MaxCompute holds, if nobody chose them.
 * @param chosen what --columns names; undefined: all
 * @throws CliError that lists the chosen ones that no type holds
 */
export const heldColumns = (
  file: string,
  columns: readonly InferredColumn[],
  chosen: readonly string[] | undefined,
): readonly InferredColumn[] => {
  const names = chosen?.map(name => name.toLowerCase())
  const [held, refused] = [[] as InferredColumn[], [] as string[]]
  for (const each of columns) {
    const part = unsupportedPart(each.type)
    if (part === undefined) held.push(each)
    else if (names?.includes(each.column.name) !== false) refused.push(`'${each.fieldName}' (${part})`)
  }
  if (refused.length === 0) return held
  throw new CliError(
    `${file} has ${refused.length === 1 ? 'a column' : 'columns'} that no type of MaxCompute can hold: ${refused.join(', ')}`,
    `Upload the file without ${refused.length === 1 ? 'it' : 'them'}: list the other columns with --columns`,
  )
}
