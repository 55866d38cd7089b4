import { TunnelValueError } from '../errors.js'
import type { DataType } from '../schema/data-type.js'
import type { Column } from '../schema/table-schema.js'

/*
 * A MAP is read as its pairs, since a Map would keep the last of equal keys only, and written as a Map. So pairs become one
 * wherever they stand in a value, and equal keys are an error: what the service makes of them isn't known.
 */

type Convert = (value: unknown) => unknown

/** Rows of cells, in which each MAP is its pairs, with Maps in their place; changes the rows. */
export const createMapConverter = (
  columns: readonly Column[],
): ((rows: unknown[][], firstRow: number) => unknown[][]) => {
  const converters = columns.flatMap(({ name, type }, index) => {
    const convert = converterOf(type)
    return convert === undefined ? [] : [{ index, name, convert }]
  })
  if (converters.length === 0) return rows => rows
  return (rows, firstRow) => {
    for (const [i, row] of rows.entries())
      for (const { index, name, convert } of converters) {
        const cell = row[index]
        try {
          if (cell !== null) row[index] = convert(cell)
        } catch (error) {
          if (error !== equalKeys) throw error
          throw equalKeysIn(name, firstRow + i)
        }
      }
    return rows
  }
}

const equalKeys = new Error('equal keys')

/** Undefined for a type without a MAP. */
const converterOf = (type: DataType): Convert | undefined => {
  switch (type.kind) {
    case 'array': {
      const element = converterOf(type.element)
      return element && (list => (list as unknown[]).map(orNull(element)))
    }
    case 'struct': {
      const fields = type.fields.flatMap(({ name, type: inner }) => {
        const convert = converterOf(inner)
        return convert === undefined ? [] : [[name, orNull(convert)] as const]
      })
      if (fields.length === 0) return undefined
      return struct => {
        const object = struct as Record<string, unknown>
        for (const [name, convert] of fields) object[name] = convert(object[name])
        return object
      }
    }
    case 'map': {
      const value = orNull(converterOf(type.value) ?? (same => same))
      const key = converterOf(type.key) ?? (same => same)
      return pairs => mapOf(pairs as [unknown, unknown][], key, value)
    }
    default:
      return undefined
  }
}

const orNull =
  (convert: Convert): Convert =>
  value =>
    value === null ? null : convert(value)

const mapOf = (pairs: readonly (readonly [unknown, unknown])[], key: Convert, value: Convert) => {
  const map = new Map(pairs.map(([k, v]) => [key(k), value(v)]))
  if (map.size !== pairs.length) throw equalKeys
  return map
}

const equalKeysIn = (column: string, rowIndex: number): TunnelValueError =>
  new TunnelValueError(
    'ODPS_INVALID_VALUE',
    `Row ${rowIndex}, column '${column}': a MAP has the same key twice, which can't be written again; copy to a table with the same columns, so that records go over as they are`,
    { column, rowIndex },
  )
