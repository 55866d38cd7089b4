import { type TunnelErrorCode, TunnelValueError } from '../../errors.js'
import type { ScannedField } from './cell-reader.js'
import { type CsvField, isSkipped, MalformedRecord, quotedNull, type SplitRecord } from './record.js'

/** Why a record makes no row. */
export interface CsvProblem {
  readonly code: TunnelErrorCode
  readonly reason: string
  /** The cell that is wrong. */
  readonly cell?: number
  /** The field is empty, and that is not NULL here. */
  readonly isEmpty?: boolean
  /** It cannot be split into fields. */
  readonly isText?: boolean
  /** Other records may be part of this one. */
  readonly hidesOthers?: boolean
}

export interface RowRules {
  readonly fields: readonly ScannedField[]
  readonly cells: number
  readonly nullText: string
  readonly strictLength: boolean
  /** What is wrong with bytes that are not UTF-8, where a field must be text. */
  readonly notText: string
}

/**
 * Makes a row of the fields of a record, one by one: for records that the scanner refused, and for syntaxes it can't read. The scanner
 * only knows that something is wrong; here it is said what, and at which cell. What is right comes out the same as from the scanner,
 * which tests hold against each other.
 */
export class FieldRows {
  readonly #rules: RowRules

  constructor(rules: RowRules) {
    this.#rules = rules
  }

  /** @returns undefined for a blank line */
  make(record: SplitRecord): unknown[] | CsvProblem | undefined {
    if (record instanceof MalformedRecord) {
      const { code, reason, hidesOthers } = record
      return { code, reason, isText: true, hidesOthers }
    }
    const { fields, cells, strictLength } = this.#rules
    if (isSkipped(record, fields.length)) return undefined
    if (record.length !== fields.length && strictLength)
      return {
        code: 'ODPS_ROW_LENGTH',
        reason: `has ${record.length} ${record.length === 1 ? 'field' : 'fields'}, not ${fields.length}`,
      }
    const row: unknown[] = new Array(cells).fill(null)
    for (const [i, field] of fields.entries()) {
      const text = record[i]
      if (field.cell < 0 || text === undefined || text === this.#rules.nullText) continue
      const problem = this.#fill(row, field, text)
      if (problem !== undefined) return problem
    }
    return row
  }

  #fill(row: unknown[], field: ScannedField, text: CsvField): CsvProblem | undefined {
    const { cell, parse, parseBytes } = field
    const { nullText, notText } = this.#rules
    try {
      if (!Buffer.isBuffer(text)) row[cell] = parse(text === quotedNull ? nullText : text)
      else if (parseBytes !== undefined) row[cell] = parseBytes(text)
      else return { cell, code: 'ODPS_INVALID_VALUE', reason: notText }
      return undefined
    } catch (error) {
      const isEmpty = text === '' && nullText !== ''
      if (error instanceof SyntaxError)
        return { cell, code: 'ODPS_INVALID_VALUE', reason: "isn't JSON", isEmpty }
      if (error instanceof TunnelValueError) return { cell, code: error.code, reason: error.message, isEmpty }
      throw error
    }
  }
}
