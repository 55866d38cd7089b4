import {
  defineSchema,
  type RowInputOf,
  type RowObjectOf,
  type RowOf,
} from '../../lib/schema/define-schema.js'
import type { TableSchema } from '../../lib/schema/table-schema.js'
import type { ReadValues, ValueOf, ValueOptions } from '../../lib/schema/value-types.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { Timestamp } from '../../lib/values/timestamp.js'

/** Nothing runs here: the compiler alone reads this file. */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : ['differ', A, B]
const same = <A, B>(_: Equal<A, B>): void => {}

type Read<Text> = ValueOf<Text, ReadValues<ValueOptions>>

// Scalars, in any case, with blanks
same<Read<'bigint'>, bigint>(true)
same<Read<' BIGINT '>, bigint>(true)
same<Read<'tinyint' | 'smallint' | 'int' | 'float' | 'double'>, number>(true)
same<Read<'decimal'>, string>(true)
same<Read<'Decimal(10, 2)'>, string>(true)
same<Read<'varchar(20)'>, string>(true)
same<Read<'char (3)'>, string>(true)
same<Read<'binary'>, Buffer>(true)
same<Read<'boolean'>, boolean>(true)
same<Read<'datetime'>, Date>(true)
same<Read<'date'>, string>(true)
same<Read<'json'>, unknown>(true)
same<Read<'vector(float,3)'>, number[]>(true)
// The classes that come are what the types say
same<Read<'timestamp'>['nanos'], number>(true)
new Timestamp(0) satisfies Read<'timestamp'> & Read<'timestamp_ntz'>
new IntervalDayTime(0) satisfies Read<'interval_day_time'>
new IntervalYearMonth(0) satisfies Read<'interval_year_month'>
const timestamp: Timestamp = null as never as Read<'timestamp'>
void timestamp

// Nested
same<Read<'array<string>'>, (string | null)[]>(true)
same<Read<'ARRAY< array<int> >'>, ((number | null)[] | null)[]>(true)
same<Read<'map<string,bigint>'>, Map<string, bigint | null>>(true)
same<
  Read<'map<string, map<bigint,array<decimal(10,2)>>>'>,
  Map<string, Map<bigint, (string | null)[] | null> | null>
>(true)
same<Read<'struct<a:int>'>, { a: number | null }>(true)
same<
  Read<'struct<a:int, Name : decimal(10,2), `c`:map<string,int>, d:struct<e:array<boolean>>>'>,
  {
    a: number | null
    Name: string | null
    c: Map<string, number | null> | null
    d: { e: (boolean | null)[] | null } | null
  }
>(true)

// What cannot be read is unknown, not wrong
same<Read<'geography'>, unknown>(true)
same<Read<'varchar'>, unknown>(true)
same<Read<'int(3)'>, unknown>(true)
same<Read<'direction'>, unknown>(true)
same<Read<'map<string>'>, unknown>(true)
same<Read<'struct<a int>'>, unknown>(true)
same<Read<'struct<`a:b`:int>'>, unknown>(true)
same<Read<'list<int>'>, unknown>(true)
same<Read<string>, unknown>(true)

// A schema as an object
const flights = defineSchema({
  id: 'bigint not null',
  name: 'STRING NOT NULL',
  delay: 'int',
  tags: 'array<string>',
} as const)
same<
  RowObjectOf<typeof flights>,
  { id: bigint; name: string; delay: number | null; tags: (string | null)[] | null }
>(true)
same<RowOf<typeof flights>, (bigint | string | number | (string | null)[] | null)[]>(true)
flights satisfies TableSchema

// A schema as a list: exact tuples
const pairs = defineSchema([
  ['id', 'bigint not null'],
  ['at', 'datetime'],
  ['note', 'string'],
])
same<RowOf<typeof pairs>, [bigint, Date | null, string | null]>(true)
same<RowObjectOf<typeof pairs>, { id: bigint; at: Date | null; note: string | null }>(true)

// Options of the read
same<RowOf<typeof pairs, { bigint: 'number'; string: 'buffer' }>, [number, Date | null, Buffer | null]>(true)
same<RowObjectOf<typeof flights, { bigint: 'string' }>['id'], string>(true)
const documents = defineSchema({ json: 'json not null' })
same<RowObjectOf<typeof documents, { json: 'text' }>, { json: string }>(true)

// Input
const object: RowInputOf<typeof flights> = { id: 1, name: Buffer.from('x'), tags: ['a', null] }
const minimal: RowInputOf<typeof pairs> = { id: '1' }
const cells: RowInputOf<typeof pairs> = [1n, new Date(0), null]
const asConst: RowInputOf<typeof pairs> = [1n, '2001-01-01T00:00:00Z', undefined] as const
void [object, minimal, cells, asConst]
// @ts-expect-error the name is missing
const noName: RowInputOf<typeof flights> = { id: 1 }
// @ts-expect-error an unknown column
const unknownColumn: RowInputOf<typeof flights> = { id: 1, name: 'a', nme: 'a' }
// @ts-expect-error NULL is not allowed
const nullId: RowInputOf<typeof pairs> = [null, null, null]
// @ts-expect-error one cell too few
const short: RowInputOf<typeof pairs> = [1n, null]
// @ts-expect-error a boolean is no bigint
const wrongCell: RowInputOf<typeof pairs> = [true, null, null]
void [noName, unknownColumn, nullId, short, wrongCell]

const nested = defineSchema({
  m: 'map<string,int>',
  n: 'map<int,string>',
  s: 'struct<a:int,b:timestamp>',
  v: 'vector(float,3)',
  d: 'decimal(10,2)',
  i: 'interval_year_month',
})
const nestedRows: RowInputOf<typeof nested>[] = [
  { m: { a: 1, b: null }, s: { a: 1, b: new Timestamp(1) }, v: new Float32Array(3), d: 1.5 },
  { m: new Map([['a', 1]]), n: new Map([[1, 'x']]), s: { b: new Date() }, v: [1, 2, 3], i: { months: 3 } },
  { s: { b: { seconds: 1, nanos: 0 }, a: null }, d: '1.50' },
]
// @ts-expect-error an object stands for a MAP with text keys only
const wrongMap: RowInputOf<typeof nested> = { n: { a: 'x' } }
// @ts-expect-error an unknown field
const wrongField: RowInputOf<typeof nested> = { s: { c: 1 } }
void [nestedRows, wrongMap, wrongField]

// A schema without types
same<RowOf<TableSchema>, unknown[]>(true)
same<RowObjectOf<TableSchema>, Record<string, unknown>>(true)
const untyped: RowInputOf<TableSchema> = { a: 1 }
const untypedCells: RowInputOf<TableSchema> = [1, null]
void [untyped, untypedCells]
