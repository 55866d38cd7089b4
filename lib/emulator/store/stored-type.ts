import type { DecodeOptions } from '../../codec/rows/record-decoder.js'
import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'

/*
 * Cells are read without loss: by a type that lies on the wire in the same way, and whose values JS holds whatever they are.
 * JSON becomes bytes, for they need not be UTF-8; DATETIME and DATE become whole numbers, for a record can hold times that
 * no Date can; a MAP becomes its pairs, for its keys may be equal.
 */

export const storedValues: DecodeOptions = { string: 'buffer', map: 'pairs' }

export const asStored = (column: Column): Column => ({ ...column, type: storedType(column.type) })

const storedType = (type: DataType): DataType => {
  switch (type.kind) {
    case 'json':
      return { kind: 'string' }
    case 'datetime':
    case 'date':
      return { kind: 'bigint' }
    case 'array':
      return { ...type, element: storedType(type.element) }
    case 'map':
      return { ...type, key: storedType(type.key), value: storedType(type.value) }
    case 'struct':
      return { ...type, fields: type.fields.map(field => ({ ...field, type: storedType(field.type) })) }
    default:
      return type
  }
}
