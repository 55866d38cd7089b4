import { TunnelValueError } from '../../index.js'
import { type CellParser, cellParserOf } from './cells.js'
import { type Field, MalformedRecord, quotedNull, type SplitRecord } from './record-splitter.js'
import type { BadRecord, ColumnPlan } from './row-source.js'
import type { TextOptions } from './text-options.js'

export const isBlank = (record: SplitRecord): boolean =>
  !(record instanceof MalformedRecord) && record.length === 1 && record[0] === ''

/** NULL as null, so that a field in quotes stays apart from it. */
export const cellOf = (field: Field, nullText: string): string | null =>
  field === quotedNull ? nullText : field === nullText ? null : field

export const nameOf = (field: Field): string => (field === quotedNull ? '' : field)

export type Refusal = Omit<BadRecord, 'record'>

/** Makes a row of the fields of a record. */
export class RowMaker {
  readonly #plan: ColumnPlan
  readonly #fieldCount: number
  readonly #nullText: string
  readonly #parsers: readonly CellParser[]

  constructor(plan: ColumnPlan, fieldCount: number, options: TextOptions) {
    this.#plan = plan
    this.#fieldCount = fieldCount
    this.#nullText = options.nullText
    this.#parsers = plan.columns.map(column => cellParserOf(column.type, options))
  }

  /** @returns undefined for a blank line */
  make(record: SplitRecord): unknown[] | Refusal | undefined {
    if (record instanceof MalformedRecord)
      return { code: 'ODPS_INVALID_ROW', reason: record.reason, fields: [record.text] }
    if (record.length !== this.#fieldCount) {
      if (isBlank(record)) return undefined
      if (this.#plan.strict) return this.#wrongLength(record)
    }
    const { fieldOf } = this.#plan
    const nullText = this.#nullText
    const row: unknown[] = new Array(fieldOf.length)
    for (let i = 0; i < fieldOf.length; i++) {
      const field = record[fieldOf[i]!]
      if (field === undefined || field === nullText) row[i] = null
      else
        try {
          row[i] = this.#parsers[i]!(field === quotedNull ? nullText : field)
        } catch (error) {
          return this.#wrongCell(error, i, record)
        }
    }
    return row
  }

  #wrongLength(record: readonly Field[]): Refusal {
    return {
      code: 'ODPS_ROW_LENGTH',
      reason: `has ${record.length} fields, not ${this.#fieldCount}`,
      fields: record.map(field => cellOf(field, this.#nullText)),
    }
  }

  #wrongCell(error: unknown, column: number, record: readonly Field[]): Refusal {
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    const fields = record.map(field => cellOf(field, this.#nullText))
    const name = this.#plan.columns[column]!.name
    const isEmpty = fields[this.#plan.fieldOf[column]!] === '' && this.#nullText !== ''
    return {
      column: name,
      code: error instanceof TunnelValueError ? error.code : 'ODPS_INVALID_VALUE',
      reason: `${reason}${isEmpty ? "; if empty fields mean NULL, give --null ''" : ''}`,
      fields,
    }
  }
}

/** Undefined for what is no fault of the text. */
const reasonOf = (error: unknown): string | undefined => {
  if (error instanceof SyntaxError) return 'is no JSON'
  return error instanceof TunnelValueError ? error.message : undefined
}
