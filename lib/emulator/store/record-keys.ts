import { createRecordProjector } from '../../codec/stream/record-scanner.js'
import { decimalParts } from '../../codec/types/decimal.js'
import type { Column } from '../../schema/table-schema.js'
import { fieldsOf } from './join-fields.js'

/**
 * Gives a text that is equal for records of one key, and for no others; undefined where a part of the key is NULL. A value is
 * known by its bytes on the wire, but for a decimal, which has many spellings.
 */
export const createKeyReader = (
  columns: readonly Column[],
  key: readonly string[],
): ((record: Buffer) => string | undefined) => {
  const parts = key.map(name => ({
    project: createRecordProjector(columns, [name]),
    isDecimal: columns.some(column => column.name === name && column.type.kind === 'decimal'),
  }))
  return record => {
    const texts: string[] = []
    for (const { project, isDecimal } of parts) {
      const field = fieldsOf(project(record).bytes)
      if (field.length === 0) return undefined
      texts.push(isDecimal ? decimalOf(field) : field.toString('latin1'))
    }
    return JSON.stringify(texts)
  }
}

/** Of a field: tag and length take one byte each. */
const decimalOf = (field: Buffer): string => {
  const { isNegative, digits, exponent } = decimalParts(field.toString('latin1', 2))!
  return `${isNegative && digits !== '' ? '-' : ''}${digits}e${exponent}`
}
