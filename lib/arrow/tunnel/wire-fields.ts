import { TunnelProtocolError } from '../../errors.js'
import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import type { ArrowField, ArrowType } from '../ipc/schema.js'

/*
 * What the columns of a table are in the record batches of the tunnel. No schema travels with them, so both sides must
 * agree on it beforehand. The official clients don't in three places; these are the variants, and the counts and sizes in
 * a batch say which one it is.
 */

export interface WireVariant {
  /**
   * A count of nanoseconds in 64 bits, or seconds and nanoseconds. PyODPS reads the results of queries so that columns are
   * structs and what is inside a nested type is counts (`column_struct`).
   */
  readonly timestamps: 'ns' | 'column_struct' | 'struct'
  /** Seconds and nanoseconds (PyODPS), or Arrow's own interval of days and milliseconds (Java, Go). */
  readonly intervals: 'struct' | 'day_time'
  /** Of the old DECIMAL: 54 digits (PyODPS), or 38 (Java). */
  readonly oldDecimals: 256 | 128
}

/** What PyODPS does with tables, and what is written here. */
export const usualVariant: WireVariant = { timestamps: 'ns', intervals: 'struct', oldDecimals: 256 }

/** @throws TunnelProtocolError ODPS_UNSUPPORTED_TYPE for a column whose type is not known */
export const wireFields = (columns: readonly Column[], variant = usualVariant): ArrowField[] =>
  columns.map(({ name, type }) => wireField(name, type, variant))

/** The variants of these columns that differ, the usual one first. */
export const variantsOf = (columns: readonly Column[]): WireVariant[] => {
  const printed = (variant: WireVariant): string => JSON.stringify(wireFields(columns, variant))
  let variants = [usualVariant]
  for (const [name, others] of Object.entries(otherChoices)) {
    const seen = new Set([printed(usualVariant)])
    const matters = others.filter(choice => {
      const text = printed({ ...usualVariant, [name]: choice })
      return !seen.has(text) && seen.add(text)
    })
    variants = [
      ...variants,
      ...matters.flatMap(choice => variants.map(each => ({ ...each, [name]: choice }))),
    ]
  }
  return variants
}

/** What each part of the usual variant may be instead. */
const otherChoices: { readonly [Part in keyof WireVariant]: readonly WireVariant[Part][] } = {
  timestamps: ['column_struct', 'struct'],
  intervals: ['day_time'],
  oldDecimals: [128],
}

/** All fields may be NULL but the keys of maps, whatever the table says: that is how every client has them. */
const wireField = (name: string, type: DataType, variant: WireVariant, nullable = true): ArrowField => {
  const inner: WireVariant =
    variant.timestamps === 'column_struct' ? { ...variant, timestamps: 'ns' } : variant
  const child = (childName: string, childType: DataType, mayBeNull = true): ArrowField =>
    wireField(childName, childType, inner, mayBeNull)
  const field = (arrowType: ArrowType, children: readonly ArrowField[] = []): ArrowField => ({
    ...{ name, nullable, type: arrowType, children },
  })
  switch (type.kind) {
    case 'array':
    case 'vector':
      return field({ name: 'list', offsets: 32 }, [child('element', type.element)])
    case 'map': {
      const children = [child('key', type.key, false), child('value', type.value)]
      const entries: ArrowField = { name: 'entries', nullable: false, type: { name: 'struct' }, children }
      return field({ name: 'map' }, [entries])
    }
    case 'struct':
      return field(
        { name: 'struct' },
        type.fields.map(each => child(each.name, each.type)),
      )
    case 'timestamp':
    case 'timestamp_ntz':
      if (variant.timestamps !== 'ns') return field({ name: 'struct' }, secondsAndNanos)
      return field({ name: 'timestamp', unit: 'ns', timezone: type.kind === 'timestamp' ? 'UTC' : '' })
    case 'interval_day_time':
      return variant.intervals === 'struct'
        ? field({ name: 'struct' }, secondsAndNanos)
        : field({ name: 'interval', unit: 'day_time' })
    case 'unsupported':
      throw new TunnelProtocolError(
        'ODPS_UNSUPPORTED_TYPE',
        `Column '${name}' has the type ${type.text}, which this version does not know; leave it out with columns`,
      )
    default:
      return field(leafTypeOf(type, variant))
  }
}

const integer = (bits: number): ArrowType => ({ name: 'int', bits, signed: true })

/** As PyODPS names them. */
const secondsAndNanos: readonly ArrowField[] = [
  { name: 'sec', nullable: true, type: integer(64), children: [] },
  { name: 'nano', nullable: true, type: integer(32), children: [] },
]

/** The old DECIMAL has 36 digits before its point and 18 behind it. */
const oldDecimal = { 256: 54, 128: 38 } as const

const leafTypeOf = (type: DataType, { oldDecimals }: WireVariant): ArrowType => {
  switch (type.kind) {
    case 'boolean':
      return { name: 'bool' }
    case 'tinyint':
      return integer(8)
    case 'smallint':
      return integer(16)
    case 'int':
      return integer(32)
    case 'bigint':
      return integer(64)
    case 'float':
      return { name: 'float', bits: 32 }
    case 'double':
      return { name: 'float', bits: 64 }
    case 'binary':
      return { name: 'binary', offsets: 32 }
    case 'date':
      return { name: 'date', unit: 'day' }
    case 'datetime':
      return { name: 'timestamp', unit: 'ms', timezone: 'UTC' }
    case 'interval_year_month':
      return { name: 'interval', unit: 'year_month' }
    case 'decimal':
      return type.precision === undefined
        ? { name: 'decimal', bits: oldDecimals, precision: oldDecimal[oldDecimals], scale: 18 }
        : { name: 'decimal', bits: 128, precision: type.precision, scale: type.scale ?? 0 }
    default:
      return { name: 'utf8', offsets: 32 }
  }
}
