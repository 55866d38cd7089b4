/*
 * The JavaScript types of values, worked out by the compiler from type text such as `map<string,decimal(10,2)>`.
 * What it cannot read is `unknown`.
 */

/** What a TIMESTAMP or TIMESTAMP_NTZ is when read: the class `Timestamp`. */
export interface TimestampValue {
  readonly seconds: bigint
  readonly nanos: number
  toDate(): Date
  toString(): string
  toJSON(): string
}

/** What an INTERVAL_DAY_TIME is when read: the class `IntervalDayTime`. */
export interface DayTimeValue {
  readonly seconds: bigint
  readonly nanos: number
}

/** What an INTERVAL_YEAR_MONTH is when read: the class `IntervalYearMonth`. */
export interface YearMonthValue {
  readonly months: number
}

/** The options of a read that change the types of its values. */
export interface ValueOptions {
  readonly bigint?: 'bigint' | 'number' | 'string'
  readonly string?: 'string' | 'buffer'
  readonly json?: 'parsed' | 'text'
}

type BigintOf<Options> = Options extends { bigint: 'number' }
  ? number
  : Options extends { bigint: 'string' }
    ? string
    : bigint
type TextOf<Options> = Options extends { string: 'buffer' } ? Buffer : string

interface EqualBothWays {
  tinyint: number
  smallint: number
  int: number
  float: number
  double: number
  boolean: boolean
}

export interface ReadValues<Options> extends EqualBothWays {
  direction: 'read'
  bigint: BigintOf<Options>
  decimal: string
  string: TextOf<Options>
  varchar: TextOf<Options>
  char: TextOf<Options>
  binary: Buffer
  datetime: Date
  date: string
  timestamp: TimestampValue
  timestamp_ntz: TimestampValue
  interval_day_time: DayTimeValue
  interval_year_month: YearMonthValue
  json: Options extends { json: 'text' } ? string : unknown
  vector: number[]
}

/** An object of a decimal library. */
interface DecimalObject {
  toFixed(digits?: number): string
  toString(): string
}

interface SecondsAndNanos {
  readonly seconds: bigint | number
  readonly nanos: number
}

export interface InputValues extends EqualBothWays {
  direction: 'input'
  bigint: bigint | number | string
  decimal: string | number | bigint | DecimalObject
  string: string | Uint8Array
  varchar: string | Uint8Array
  char: string | Uint8Array
  binary: Uint8Array
  datetime: Date | number | string
  date: string | Date
  timestamp: SecondsAndNanos | Date | string
  timestamp_ntz: SecondsAndNanos | Date | string
  interval_day_time: SecondsAndNanos
  interval_year_month: YearMonthValue
  json: unknown
  vector: readonly number[] | Float32Array | Float64Array
}

/** The type of a value that is not NULL. */
export type ValueOf<Text, Values> =
  Trim<Text> extends `${infer Word}<${infer Inner}>`
    ? NestedValue<WordOf<Word>, Inner, Values>
    : Trim<Text> extends `${infer Word}(${string})`
      ? WordValue<WordOf<Word>, 'decimal' | 'varchar' | 'char' | 'vector', Values>
      : WordValue<WordOf<Text>, Exclude<keyof Values, 'direction' | 'varchar' | 'char' | 'vector'>, Values>

type WordValue<Word, Known, Values> = Word extends Known & keyof Values ? Values[Word] : unknown

type NestedValue<Word, Inner, Values> = Word extends 'array'
  ? List<OrNull<ValueOf<Inner, Values>, Values>, Values>
  : Word extends 'map'
    ? SplitList<Inner> extends readonly [infer Key, infer Value]
      ? MapValue<ValueOf<Key, Values>, OrNull<ValueOf<Value, Values>, Values>, Values>
      : unknown
    : Word extends 'struct'
      ? StructValue<FieldsOf<SplitList<Inner>>, Values>
      : unknown

/** Anything inside may be NULL. */
type OrNull<Value, Values> = IsInput<Values> extends true ? Value | null | undefined : Value | null
type List<Element, Values> = IsInput<Values> extends true ? readonly Element[] : Element[]
type IsInput<Values> = Values extends { direction: 'input' } ? true : false

type MapValue<Key, Value, Values> =
  IsInput<Values> extends true
    ? ReadonlyMap<Key, Value> | (string extends Key ? Readonly<Record<string, Value>> : never)
    : Map<Key, Value>

type StructValue<Fields, Values> = [Fields] extends [readonly [string, string]]
  ? IsInput<Values> extends true
    ? { readonly [Field in Fields as Field[0]]?: OrNull<ValueOf<Field[1], Values>, Values> }
    : { [Field in Fields as Field[0]]: OrNull<ValueOf<Field[1], Values>, Values> }
  : unknown

/** The fields as a union of pairs; unknown when one of them cannot be read. */
type FieldsOf<Parts, Pairs = never> = Parts extends readonly [infer First, ...infer Rest]
  ? Trim<First> extends `${infer Name}:${infer Type}`
    ? FieldName<Trim<Name>> extends infer Found extends string
      ? FieldsOf<Rest, Pairs | readonly [Found, Type]>
      : unknown
    : unknown
  : Pairs

/** In back quotes a name may have signs that the split has taken for others; then it is not closed here. */
type FieldName<Name> = Name extends `\`${infer Inner}\``
  ? Inner extends `${string}\`${string}`
    ? unknown
    : Inner
  : Name extends `${string}\`${string}`
    ? unknown
    : Name

/** Splits at the commas outside brackets. */
type SplitList<
  Text,
  Before extends string = '',
  Parts extends readonly string[] = [],
> = Text extends `${infer Part},${infer Rest}`
  ? IsBalanced<`${Before}${Part}`> extends true
    ? SplitList<Rest, '', [...Parts, `${Before}${Part}`]>
    : SplitList<Rest, `${Before}${Part},`, Parts>
  : Text extends string
    ? [...Parts, `${Before}${Text}`]
    : Parts

type IsBalanced<Text> =
  CountOf<Text, '<'> extends CountOf<Text, '>'>
    ? CountOf<Text, '('> extends CountOf<Text, ')'>
      ? true
      : false
    : false

type CountOf<
  Text,
  Sign extends string,
  Count extends readonly 1[] = [],
> = Text extends `${string}${Sign}${infer Rest}` ? CountOf<Rest, Sign, [...Count, 1]> : Count['length']

type WordOf<Text> = Trim<Text> extends infer Word extends string ? Lowercase<Word> : never

type Blank = ' ' | '\n' | '\t'
type Trim<Text> = Text extends `${Blank}${infer Rest}` | `${infer Rest}${Blank}` ? Trim<Rest> : Text
