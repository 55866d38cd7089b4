import { isUtf8 } from 'node:buffer'

/*
 * What a record of CSV is once it is cut into fields, and what may be wrong with it: the one meaning of a blank line, of
 * NULL in quotes and of bytes that are not UTF-8, for everything that reads CSV. Here bytes are a character each (latin1): in
 * UTF-8 no delimiter can begin inside of a character, and bytes that are not UTF-8 stay what they are.
 */

/** Stands for a field in quotes whose text would else be read as NULL. */
export const quotedNull: unique symbol = Symbol('quoted NULL')

/** Text, or bytes that are not UTF-8. */
export type CsvField = string | Buffer | typeof quotedNull

/** A line with nothing in it, not even quotes: a record of one empty field, or none where records have more fields. */
export const blankLine: readonly CsvField[] = ['']

/** The fields of a record, or what is wrong with it. */
export type SplitRecord = readonly CsvField[] | MalformedRecord

export class MalformedRecord {
  readonly reason: string
  readonly text: string
  readonly code: 'ODPS_INVALID_ROW' | 'ODPS_FIELD_TOO_LONG'
  /** Other records may be part of it: it is not one record that is lost, and what follows it cannot be read. */
  readonly hidesOthers: boolean

  constructor(
    reason: string,
    text: string,
    { code, hidesOthers }: Partial<Pick<MalformedRecord, 'code' | 'hidesOthers'>> = {},
  ) {
    this.reason = reason
    this.text = text
    this.code = code ?? 'ODPS_INVALID_ROW'
    this.hidesOthers = hidesOthers ?? false
  }
}

export const tooLong = (text: string, maxRecordBytes: number): MalformedRecord =>
  new MalformedRecord(
    `a record is longer than ${maxRecordBytes} bytes; is a quote not closed?`,
    text.slice(0, 200),
    { code: 'ODPS_FIELD_TOO_LONG', hidesOthers: true },
  )

export interface CsvSyntax {
  readonly delimiter: string
  /** Undefined: LF or CRLF. */
  readonly recordDelimiter: string | undefined
  /** Undefined: no field is quoted. */
  readonly quote: string | undefined
  readonly nullText: string
  /** Of the longest record that is taken, without its end. */
  readonly maxRecordBytes: number
  /** A line end that is none here: a record that holds it outside of quotes is malformed. */
  readonly strayEnd?: string
}

/** Its byte, if it is one ASCII character that ends no line. */
export const asciiSign = (text: string): number | undefined =>
  text.length === 1 && text.charCodeAt(0) < 128 && text !== '\r' && text !== '\n'
    ? text.charCodeAt(0)
    : undefined

/** A quote that is never closed would else gather the whole file. */
export const defaultMaxRecordBytes = 64 * 2 ** 20

/** The bytes of a text, a character each. */
const asBytes = (text: string): string => Buffer.from(text).toString('latin1')

/** The same syntax of bytes that are a character each. */
export const bytewise = (syntax: CsvSyntax): CsvSyntax => ({
  ...syntax,
  delimiter: asBytes(syntax.delimiter),
  recordDelimiter: syntax.recordDelimiter === undefined ? undefined : asBytes(syntax.recordDelimiter),
  quote: syntax.quote === undefined ? undefined : asBytes(syntax.quote),
  nullText: asBytes(syntax.nullText),
})

export const beyondAscii = /[\x80-\xff]/

/** Text of bytes that are a character each, or the bytes where they are not UTF-8. */
export const fieldOf = (text: string): string | Buffer => {
  if (!beyondAscii.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : bytes
}

export const strayEndIn = (text: string): MalformedRecord =>
  new MalformedRecord('the first record ends with CR alone, and this one contains LF outside quotes', text)

/** A blank line is no record where records have several fields; of one field it is a record, an empty field. */
export const isSkipped = (record: SplitRecord, fields: number): boolean =>
  record === blankLine && fields !== 1
