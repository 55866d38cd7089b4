import { defaultCodecOptions } from '../../../codec/cell-codec.js'
import type { Column } from '../../../index.js'
import { JsonArray, JsonObject } from '../../../values/json-tree.js'
import { type FormatName, isJson } from '../file-format.js'
import type { BadRecord, RowSource, SourceField } from '../row-source.js'
import { type FieldObserver, type InferredType, JsonObserver, TextObserver } from './type.js'

/*
 * Types for a table that is made for a file. They come from all records where the file can be read twice, because one
 * late value of another form would fail the upload after its rows were sent; where it cannot, from its first records.
 */

export interface InferredColumn extends InferredType {
  readonly column: Column
  /** As the file has it. */
  readonly fieldName: string
}

export interface Inference {
  readonly columns: readonly InferredColumn[]
  /** Records that were looked at; 0 for a file that has types. */
  readonly records: number
  /** The first record that could not be read, and how many such there are. */
  readonly firstBad: BadRecord | undefined
  readonly badRecords: number
  /** Whether there may be values that the types do not hold: types of the file itself, or values too long for a field. */
  readonly mayNotFit: boolean
}

/** A value of more characters may be longer than a field of a table. */
const surelyShort = Math.floor(defaultCodecOptions.maxFieldBytes / 3)

export interface InferOptions {
  readonly format: FormatName
  readonly timeZone: string
  /** Whether the source can be read to its end; else its first records are looked at, and still come as rows. */
  readonly mayConsume: boolean
  /** Whether a record of another length is bad. */
  readonly strict: boolean
}

/** Of what cannot be read twice. */
const heldRecords = 20_000

/** Finds the columns of a file. All records are looked at, where that is possible: a type is a promise for all of them. */
export const inferColumns = async (source: RowSource, options: InferOptions): Promise<Inference> => {
  if (source.fields.length > 0 && source.fields.every(field => field.type !== undefined))
    return {
      ...{ records: 0, firstBad: undefined, badRecords: 0, mayNotFit: true },
      columns: named(source.fields, ({ type }) => ({ type: type!, why: 'declared in the file' })),
    }
  const { timeZone } = options
  const observers: FieldObserver[] = []
  const isNamed = isJson(options.format)
  let hasLong = false
  const look = (values: readonly unknown[]): void => {
    hasLong ||= values.some(value => lengthOf(value) > surelyShort)
    while (observers.length < Math.max(values.length, source.fields.length))
      observers.push(isNamed ? new JsonObserver(timeZone) : new TextObserver(timeZone))
    for (let i = 0; i < observers.length; i++) observers[i]!.add(values[i])
  }
  const seen = await observe(source, options, look)
  return {
    ...seen,
    mayNotFit: hasLong,
    columns: named(
      source.fields,
      (_, i) => observers[i]?.result() ?? { type: { kind: 'string' }, why: 'no records' },
    ),
  }
}

const lengthOf = (value: unknown): number => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  return value instanceof JsonArray || value instanceof JsonObject ? value.text.length : 0
}

const named = (
  fields: RowSource['fields'],
  typeOf: (field: SourceField, i: number) => InferredType,
): InferredColumn[] => {
  const names = columnNames(fields.map(field => field.name))
  return fields.map((field, i) => {
    const inferred = typeOf(field, i)
    return {
      ...inferred,
      fieldName: field.name,
      column: { name: names[i]!, type: inferred.type, nullable: true },
    }
  })
}

const observe = async (
  source: RowSource,
  { mayConsume, strict }: InferOptions,
  look: (values: readonly unknown[]) => void,
): Promise<Omit<Inference, 'columns' | 'mayNotFit'>> => {
  if (source.survey !== undefined)
    return source.survey(mayConsume ? Number.POSITIVE_INFINITY : heldRecords, look)
  let records = 0
  if (!mayConsume) {
    for (const row of await source.sample(heldRecords)) {
      records++
      look(row)
    }
    return { records, firstBad: undefined, badRecords: 0 }
  }
  const columns = source.fields.map(
    ({ name }) => ({ name, type: { kind: 'string' }, nullable: true }) as const,
  )
  let firstBad: BadRecord | undefined
  let badRecords = 0
  for await (const { rows, bad } of source.rows({ columns, fieldOf: columns.map((_, i) => i), strict })) {
    firstBad ??= bad[0]
    badRecords += bad.length
    records += rows.length + bad.length
    for (const row of rows) look(row)
  }
  return { records, firstBad, badRecords }
}

const plainName = /^[\p{L}_][\p{L}\p{N}_]*$/u

/** The name of a column for a field: what may not be in one becomes `_`. */
export const columnNameOf = (field: string): string => {
  const name = field.trim().toLowerCase()
  if (plainName.test(name)) return name
  const safe = withoutEnds(name.replaceAll(/[^\p{L}\p{N}_]+/gu, '_'))
  return plainName.test(safe) ? safe : `_${safe}`
}

const withoutEnds = (name: string): string => {
  let [from, to] = [0, name.length]
  while (name[from] === '_') from++
  while (to > from && name[to - 1] === '_') to--
  return name.slice(from, to)
}

/** The names of columns for all fields of a file: those that are used twice get a number. */
export const columnNames = (fields: readonly string[]): string[] => fields.map(columnNamer())

/** The same for fields that become known one by one. */
export const columnNamer = (): ((field: string) => string) => {
  const used = new Set<string>()
  const numbers = new Map<string, number>()
  return field => {
    const name = columnNameOf(field)
    let unique = name
    while (used.has(unique)) {
      const number = (numbers.get(name) ?? 1) + 1
      numbers.set(name, number)
      unique = `${name}_${number}`
    }
    used.add(unique)
    return unique
  }
}
