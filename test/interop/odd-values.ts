import { describe, test } from 'node:test'
import { parseDataType, TunnelError } from '../../lib/index.js'
import { type Cell, canonicalText } from './cells.js'
import { ClientError } from './client-process.js'
import type { Client, ColumnText, Context } from './context.js'
import { clientNames } from './install.js'
import { good } from './report.js'

interface OddValue {
  readonly feature: string
  readonly type: string
  readonly cell: Cell
  /** Compares and shows the text as it came, not what it means. */
  readonly isExact?: boolean
}

const date = (iso: string): OddValue => ({ feature: `date ${iso}`, type: 'date', cell: { iso } })
const datetime = (iso: string): OddValue => ({
  feature: `datetime ${iso}`,
  type: 'datetime',
  cell: { ms: Date.parse(iso) },
})
const timestamp = (type: string, iso: string, nanos = 0): OddValue => ({
  feature: `${type} ${iso}${nanos === 0 ? '' : ` + ${nanos} ns`}`,
  type,
  cell: { seconds: String(Math.floor(Date.parse(iso) / 1000)), nanos },
})
const decimal = (type: string, cell: string): OddValue => ({
  feature: `${type} "${cell}", as text`,
  type,
  cell,
  isExact: true,
})
const json = (cell: string): OddValue => ({ feature: `json ${cell}`, type: 'json', cell })
const jsonText = (cell: string): OddValue => ({
  feature: `json ${cell}, as text`,
  type: 'json',
  cell,
  isExact: true,
})
const text = (type: string, cell: string): OddValue => ({
  feature: `${type} "${cell}"`,
  type,
  cell,
  isExact: true,
})

const oddValues: readonly OddValue[] = [
  { feature: 'bigint -2^63', type: 'bigint', cell: '-9223372036854775808' },
  datetime('1927-12-31T23:59:59.999Z'),
  datetime('1900-01-01T00:00:00.001Z'),
  datetime('1582-10-04T00:00:00.000Z'),
  datetime('0001-01-01T00:00:00.000Z'),
  datetime('0000-01-01T00:00:00.000Z'),
  datetime('9999-12-31T23:59:59.999Z'),
  date('1582-10-04'),
  date('1582-10-10'),
  date('0001-01-01'),
  date('0000-02-29'),
  { feature: 'date 10000-01-01', type: 'date', cell: { iso: '+010000-01-01' } },
  { feature: 'date -0001-12-31', type: 'date', cell: { iso: '-000001-12-31' } },
  timestamp('timestamp', '1677-09-22T00:00:00Z', 1),
  timestamp('timestamp', '1600-02-29T12:00:00Z', 999999999),
  timestamp('timestamp', '2262-04-11T00:00:00Z', 1),
  timestamp('timestamp', '2300-01-01T00:00:00Z', 1),
  timestamp('timestamp', '0001-01-01T00:00:00Z'),
  timestamp('timestamp_ntz', '2300-01-01T00:00:00Z', 1),
  timestamp('timestamp_ntz', '9999-12-31T23:59:59Z', 999999999),
  {
    feature: 'interval_day_time 1 s + 5 ns',
    type: 'interval_day_time',
    cell: { seconds: '1', nanos: 5 },
  },
  {
    feature: 'interval_day_time -1 ns',
    type: 'interval_day_time',
    cell: { seconds: '-1', nanos: 999999999 },
  },
  decimal('decimal(38,18)', '1E-7'),
  decimal('decimal(38,18)', '0.0000001'),
  decimal('decimal(38,18)', '1.10'),
  decimal('decimal(38,0)', '1E+3'),
  decimal('decimal(38,18)', '-0'),
  {
    feature: 'decimal(38,18), 20 + 18 digits',
    type: 'decimal(38,18)',
    cell: `${'9'.repeat(20)}.${'9'.repeat(18)}`,
  },
  { feature: 'decimal(10,2) with 3 fraction digits', type: 'decimal(10,2)', cell: '1.005' },
  { feature: 'decimal(10,2) with 9 integer digits', type: 'decimal(10,2)', cell: '123456789' },
  text('char(5)', 'ab'),
  text('char(5)', 'ab   '),
  text('char(4)', '😀é'),
  text('varchar(4)', '😀é'),
  text('varchar(2)', 'abc'),
  { feature: "string that isn't UTF-8", type: 'string', cell: { bytesHex: 'c32861ff' } },
  json('1'),
  json('"text"'),
  json('true'),
  json('null'),
  jsonText('{"b":1,  "a":2}'),
  jsonText('[1.0,1e2]'),
  jsonText('[12345678901234567890]'),
  jsonText('{"a":1,"a":2}'),
  { feature: 'empty map, and a NULL map', type: 'array<map<string,string>>', cell: [[], null] },
]

/** Process time zones, and instants where they are difficult. */
const zones: Readonly<Record<string, readonly string[]>> = {
  'Asia/Shanghai': [
    '2025-01-02T03:04:05.678Z',
    '1986-07-01T00:00:00.000Z',
    '1969-12-31T15:59:59.999Z',
    '1940-06-03T00:00:00.000Z',
    '1905-01-01T00:00:00.001Z',
  ],
  'America/New_York': [
    '2024-07-04T12:00:00.000Z',
    '2024-11-03T05:30:00.000Z',
    '2024-11-03T06:30:00.000Z',
    '2024-03-10T07:00:00.000Z',
    '1965-05-05T05:05:05.005Z',
  ],
  'Asia/Kathmandu': ['2024-01-01T00:00:00.000Z', '1985-12-31T18:30:00.000Z'],
}

export const testOddValues = (context: () => Context): void => {
  describe('odd values', () => {
    for (const value of oddValues) test(value.feature, () => tryValue(context(), value))
    for (const [zone, instants] of Object.entries(zones))
      for (const instant of instants) test(`${zone} ${instant}`, () => tryInZone(context(), zone, instant))
    for (const instant of zones['America/New_York']!)
      test(`PyODPS' local_timezone ${instant}`, () => tryWithOption(context(), 'America/New_York', instant))
  })
}

/** Writes down what becomes of the value; differences are for the table and its notes to tell, not a failure here. */
const tryValue = async (context: Context, value: OddValue): Promise<void> => {
  const { report, clients } = context
  const columns = [{ name: 'v', type: value.type }]
  const ours = await tryOurs(context, columns, value)
  report.set('Odd values', value.feature, 'ours', ours)
  for (const name of clientNames) {
    const client = clients.find(each => each.name === name)
    if (client === undefined) continue
    report.set('Odd values', value.feature, name, await tryClient(context, client, columns, value, ours))
  }
}

const tryInZone = async (context: Context, zone: string, instant: string): Promise<void> => {
  await inZone(context, { zone }, async () => {
    for (const value of zonedValues(instant, `process in ${zone}`)) await tryValue(context, value)
  })
}

/** With PyODPS' option its values carry their zone. */
const tryWithOption = async (context: Context, zone: string, instant: string): Promise<void> => {
  const python = context.clients.filter(({ name }) => name === 'python')
  await inZone(context, { zone, option: zone }, async () => {
    for (const value of zonedValues(instant, `local_timezone = ${zone}`))
      for (const client of python) {
        const columns = [{ name: 'v', type: value.type }]
        const text = await tryClient(context, client, columns, value, good)
        context.report.set('Odd values', value.feature, client.name, text)
      }
  })
}

const zonedValues = (instant: string, where: string): OddValue[] => [
  { ...datetime(instant), feature: `datetime ${instant}, ${where}` },
  { ...timestamp('timestamp', instant, 123456789), feature: `timestamp ${instant}, ${where}` },
]

const inZone = async ({ clients }: Context, job: object, work: () => Promise<void>): Promise<void> => {
  for (const client of clients) await client.call('setTimeZone', job)
  try {
    await work()
  } finally {
    for (const client of clients) await client.call('setTimeZone', { zone: 'UTC' })
  }
}

const tryOurs = async (
  context: Context,
  columns: readonly ColumnText[],
  value: OddValue,
): Promise<string> => {
  const table = await context.createTable(columns)
  try {
    await context.write({ table }, columns, [[value.cell]])
  } catch (error) {
    return refusalOf(error)
  }
  return outcome(value, await context.read({ table }, columns))
}

const tryClient = async (
  context: Context,
  client: Client,
  columns: readonly ColumnText[],
  value: OddValue,
  ours: string,
): Promise<string> => {
  const written = await theyWrite(context, client, columns, value)
  if (ours.startsWith('refuses')) return written === good ? good : `← ${written}`
  const read = await theyRead(context, client, columns, value)
  if (written === good && read === good) return good
  return written === read ? `← → ${read}` : `← ${written}, → ${read}`
}

const theyWrite = async (
  context: Context,
  client: Client,
  columns: readonly ColumnText[],
  value: OddValue,
): Promise<string> => {
  const table = await context.createTable(columns)
  try {
    const [refused] = await client.write({ table }, [[value.cell]])
    if (refused !== undefined) return `refuses ${refused[2]}`
  } catch (error) {
    return refusalOf(error)
  }
  return outcome(value, await context.read({ table }, columns))
}

const theyRead = async (
  context: Context,
  client: Client,
  columns: readonly ColumnText[],
  value: OddValue,
): Promise<string> => {
  const table = await context.createTable(columns)
  await context.write({ table }, columns, [[value.cell]])
  try {
    return outcome(value, await client.read({ table }))
  } catch (error) {
    return refusalOf(error)
  }
}

const refusalOf = (error: unknown): string => {
  if (error instanceof TunnelError) return `refuses ${error.code}`
  if (!(error instanceof ClientError)) throw error
  return `refuses ${error.kind}`
}

const outcome = ({ type, cell, isExact }: OddValue, rows: readonly (readonly Cell[])[]): string => {
  const is = rows[0]?.[0] ?? null
  const show = (each: Cell): string =>
    isExact ? JSON.stringify(each) : canonicalText(each, parseDataType(type))
  return show(is) === show(cell) ? good : show(is)
}
