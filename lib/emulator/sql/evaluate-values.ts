import { type DataType, formatDataType } from '../../schema/data-type.js'
import { selectOf } from './parse-values.js'
import type { SelectResult } from './select.js'
import { numberedColumns, readColumns } from './split-result.js'
import { semanticException } from './sql-error.js'
import type { Literal, QueryText, ValueExpression, Values } from './statement.js'

/*
 * The expressions among the values of an INSERT, calculated by queries without a table. Literals don't go that way: as text they
 * have a form for every type.
 */

/** A value that was calculated, of a type of its own. */
export interface CalculatedValue {
  readonly kind: 'calculated'
  readonly cell: unknown
  readonly type: DataType
  /** `[line,column]` */
  readonly position: string
}

/** Expressions of one query. */
const batch = 500

/**
 * @param wanted the types of the columns, in the order of the values
 * @param run runs a query whose columns should have these types
 * @throws SqlError
 */
export const evaluateValues = async (
  { values, source }: Values,
  wanted: readonly DataType[],
  run: (text: QueryText, wanted: readonly DataType[]) => Promise<SelectResult>,
): Promise<readonly (readonly (Literal | CalculatedValue)[])[]> => {
  const expressions = values.flatMap(row =>
    row.flatMap((value, i) => (value.kind === 'expression' ? [{ value, type: wanted[i] ?? anyType }] : [])),
  )
  const calculated = new Map<ValueExpression, CalculatedValue>()
  for (let at = 0; at < expressions.length; at += batch) {
    const some = expressions.slice(at, at + batch)
    const tokens = selectOf(some.map(({ value }) => value.tokens))
    const result = await run(
      { source, tokens },
      some.map(({ type }) => type),
    )
    const cells = await cellsOf(result)
    for (const [i, { value }] of some.entries()) {
      const { type } = result.schema.columns[i]!
      if (formatDataType(type).includes('json'))
        throw semanticException(
          'the emulator does not calculate JSON values; write a JSON literal',
          value.position,
        )
      calculated.set(value, { kind: 'calculated', cell: cells[i], type, position: value.position })
    }
  }
  return values.map(row => row.map(value => (value.kind === 'expression' ? calculated.get(value)! : value)))
}

/** A row that is too long is refused later. */
const anyType: DataType = { kind: 'string' }

const cellsOf = async (result: SelectResult): Promise<readonly unknown[]> => {
  const [row] = await readColumns(result, numberedColumns(result.schema.columns), { string: 'exact' })
  return row!
}
