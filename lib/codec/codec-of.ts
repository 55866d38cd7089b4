import { TunnelProtocolError } from '../errors.js'
import { type DataType, formatDataType } from '../schema/data-type.js'
import type { Column } from '../schema/table-schema.js'
import type { CellCodec, CodecOptions } from './cell-codec.js'
import { booleanCodec } from './types/boolean.js'
import { dateCodec, datetimeCodec, newDatetimeCodec, timestampCodec } from './types/date-time.js'
import { decimalCodec } from './types/decimal.js'
import { doubleCodec, floatCodec } from './types/floats.js'
import { bigintCodec, smallIntegerCodec } from './types/integers.js'
import { dayTimeCodec, yearMonthCodec } from './types/interval.js'
import { jsonCodec } from './types/json.js'
import { arrayCodec, mapCodec, structCodec, vectorCodec } from './types/nested.js'
import { binaryCodec, boundedTextCodec, stringCodec } from './types/text.js'
import { type Layout, layoutOf } from './value-layout.js'

/*
 * The one place where a type is given its codec. Whatever a way to write a record has no straight-line code for it
 * leaves to these codecs, so that a type means the same bytes in each of them.
 */

/** The codec of a type. A type that is, or holds, an unsupported one has been refused before by `layoutsOf`. */
export const codecOf = (type: DataType, options: CodecOptions): CellCodec => {
  switch (type.kind) {
    case 'bigint':
      return bigintCodec(options)
    case 'tinyint':
    case 'smallint':
    case 'int':
      return smallIntegerCodec(type.kind)
    case 'float':
      return floatCodec
    case 'double':
      return doubleCodec
    case 'boolean':
      return booleanCodec
    case 'string':
      return stringCodec(options)
    case 'varchar':
    case 'char':
      return boundedTextCodec(type, options)
    case 'binary':
      return binaryCodec(options)
    case 'decimal':
      return decimalCodec(type)
    case 'json':
      return jsonCodec(options)
    case 'datetime':
      return options.oldDates === 'refuse' ? newDatetimeCodec : datetimeCodec
    case 'date':
      return dateCodec
    case 'timestamp':
    case 'timestamp_ntz':
      return timestampCodec(type.kind)
    case 'interval_day_time':
      return dayTimeCodec
    case 'interval_year_month':
      return yearMonthCodec
    case 'array':
      return arrayCodec(type, codecOf(type.element, options))
    case 'map':
      return mapCodec(type, codecOf(type.key, options), codecOf(type.value, options), options)
    case 'struct':
      return structCodec(
        type,
        type.fields.map(field => codecOf(field.type, options)),
      )
    case 'vector':
      return vectorCodec(type, codecOf(type.element, options))
    case 'unsupported':
      throw unsupported(type)
  }
}

/**
 * The layouts of columns.
 * @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column of a type this library does not know: its values
 * cannot even be skipped (protocol 4.3).
 */
export const layoutsOf = (columns: readonly Column[]): Layout[] =>
  columns.map(column => {
    const layout = layoutOf(column.type)
    if (!layout) throw unsupported(column.type, column.name)
    return layout
  })

const unsupported = (type: DataType, name?: string): TunnelProtocolError => {
  const where = name === undefined ? 'A value' : `Column '${name}'`
  const what = `is of the type ${formatDataType(type)}, which this library does not know`
  const next = name === undefined ? '' : `; to leave it out, list the other columns in \`columns\``
  return new TunnelProtocolError('ODPS_UNSUPPORTED_TYPE', `${where} ${what}${next}`)
}
