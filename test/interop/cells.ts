import {
  type DataType,
  formatDataType,
  IntervalDayTime,
  IntervalYearMonth,
  Timestamp,
} from '../../lib/index.js'

/*
 * Cells travel between the suite and the clients in the JSON form of test/vectors:
 *
 *   bigint: digits · tinyint smallint int boolean: as they are · float double: number, "NaN", "Infinity", "-Infinity", "-0"
 *   string varchar char: text, or {bytesHex} · binary: hex · decimal: text · json: text · date: {iso}
 *   datetime: {ms} · timestamp timestamp_ntz interval_day_time: {seconds: digits, nanos} · interval_year_month: {months}
 *   array vector: list · map: list of pairs · struct: object · NULL of any type: null
 */
export type Cell = null | boolean | number | string | readonly Cell[] | { readonly [key: string]: Cell }
export type Row = readonly Cell[]

type Parts = Readonly<Record<string, Cell>>

/** What our sessions take for a cell. */
export const toValue = (cell: Cell, type: DataType): unknown => {
  if (cell === null) return null
  switch (type.kind) {
    case 'bigint':
      return BigInt(cell as string)
    case 'float':
    case 'double':
      return Number(cell)
    case 'string':
    case 'varchar':
    case 'char':
      return typeof cell === 'string' ? cell : Buffer.from((cell as Parts)['bytesHex'] as string, 'hex')
    case 'binary':
      return Buffer.from(cell as string, 'hex')
    case 'datetime':
      return new Date((cell as Parts)['ms'] as number)
    case 'date':
      return (cell as Parts)['iso']
    case 'timestamp':
    case 'timestamp_ntz':
      return secondsOf(cell as Parts, (seconds, nanos) => new Timestamp(seconds, nanos))
    case 'interval_day_time':
      return secondsOf(cell as Parts, (seconds, nanos) => new IntervalDayTime(seconds, nanos))
    case 'interval_year_month':
      return new IntervalYearMonth((cell as Parts)['months'] as number)
    case 'array':
      return (cell as Cell[]).map(item => toValue(item, type.element))
    case 'map':
      return new Map(
        (cell as [Cell, Cell][]).map(([key, value]) => [toValue(key, type.key), toValue(value, type.value)]),
      )
    case 'struct':
      return Object.fromEntries(
        type.fields.map(({ name, type }) => [name, toValue((cell as Parts)[name] ?? null, type)]),
      )
    default:
      return cell
  }
}

const secondsOf = <T>(parts: Parts, make: (seconds: bigint, nanos: number) => T): T =>
  make(BigInt(parts['seconds'] as string), parts['nanos'] as number)

/** The cell for what our sessions give, read with `json: 'text'` and `string: 'buffer'`. */
export const toCell = (value: unknown, type: DataType): Cell => {
  if (value === null) return null
  switch (type.kind) {
    case 'bigint':
      return String(value)
    case 'float':
    case 'double':
      return floatCell(value as number)
    case 'string':
    case 'varchar':
    case 'char':
      return Buffer.isBuffer(value) ? textCell(value) : (value as string)
    case 'binary':
      return (value as Buffer).toString('hex')
    case 'datetime':
      return { ms: (value as Date).getTime() }
    case 'date':
      return { iso: value as string }
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time': {
      const { seconds, nanos } = value as Timestamp
      return { seconds: String(seconds), nanos }
    }
    case 'interval_year_month':
      return { months: (value as IntervalYearMonth).months }
    case 'array':
      return (value as unknown[]).map(item => toCell(item, type.element))
    case 'map':
      return [...(value as Map<unknown, unknown>)].map(([key, item]) => [
        toCell(key, type.key),
        toCell(item, type.value),
      ])
    case 'struct':
      return Object.fromEntries(
        type.fields.map(({ name, type }) => [name, toCell((value as Record<string, unknown>)[name], type)]),
      )
    default:
      return value as Cell
  }
}

const floatCell = (value: number): Cell => {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : value
  return String(value)
}

const textCell = (bytes: Buffer): Cell => {
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : { bytesHex: bytes.toString('hex') }
}

/** Equal texts for equal cells: spellings of one decimal, key orders of maps and the padding of CHAR count as equal. */
export const canonicalText = (cell: Cell, type: DataType): string => {
  if (cell === null) return 'NULL'
  switch (type.kind) {
    case 'decimal':
      return plainDecimal(cell as string)
    case 'char':
      return typeof cell === 'string' ? JSON.stringify(cell.replace(/ +$/, '')) : JSON.stringify(cell)
    case 'json':
      return JSON.stringify(sortKeys(JSON.parse(cell as string)))
    case 'array':
      return `[${(cell as Cell[]).map(item => canonicalText(item, type.element)).join(',')}]`
    case 'vector':
      return JSON.stringify(cell)
    case 'map': {
      const pairs = (cell as [Cell, Cell][]).map(
        ([key, value]) => `${canonicalText(key, type.key)}:${canonicalText(value, type.value)}`,
      )
      return `{${pairs.sort().join(',')}}`
    }
    case 'struct': {
      const parts = type.fields.map(
        ({ name, type }) => `${name}:${canonicalText((cell as Parts)[name] ?? null, type)}`,
      )
      return `{${parts.join(',')}}`
    }
    default:
      return JSON.stringify(typeof cell === 'object' ? sortKeys(cell) : cell)
  }
}

const plainDecimal = (text: string): string => {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (parts === null) throw new Error(`not a decimal: ${text}`)
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  const padded = digits.padStart(digits.length + Math.max(0, -point), '0').padEnd(Math.max(0, point), '0')
  const at = Math.max(0, point)
  const left = padded.slice(0, at).replace(/^0+/, '') || '0'
  const right = padded.slice(at).replace(/0+$/, '')
  const plain = right === '' ? left : `${left}.${right}`
  return sign === '-' && plain !== '0' ? `-${plain}` : plain
}

const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]))
}

export interface CellDifference {
  readonly row: number
  readonly column: number
  readonly text: string
}

/** Where two lists of rows differ, told with the cells. */
export const compareRows = (
  actual: readonly Row[],
  expected: readonly Row[],
  types: readonly DataType[],
): CellDifference[] => {
  const differences: CellDifference[] = []
  for (let row = 0; row < Math.max(actual.length, expected.length); row++)
    for (const [column, type] of types.entries()) {
      const is = cellText(actual[row], column, type)
      const should = cellText(expected[row], column, type)
      if (is !== should)
        differences.push({ row, column, text: `${formatDataType(type)}: ${is} instead of ${should}` })
    }
  return differences
}

const cellText = (row: Row | undefined, column: number, type: DataType): string =>
  row === undefined ? 'no row' : canonicalText(row[column] ?? null, type)
