import type { Column } from '../../index.js'
import { type FileFormat, isJson } from './file-format.js'
import { FieldObserver, type InferredType } from './infer-type.js'
import type { RowSource } from './row-source.js'

export interface InferredColumn extends InferredType {
  readonly column: Column
  /** As the file has it. */
  readonly fieldName: string
}

export interface Inference {
  readonly columns: readonly InferredColumn[]
  /** Records that were looked at. */
  readonly records: number
}

/** All of the first, then one of so many, to the end of the file. */
const firstRecords = 10_000
const everyRecord = 10
/** Of JSON, whose records are kept while they are looked at, and of what cannot be read twice. */
const heldRecords = 20_000

/**
 * Finds the columns of a file.
 * @param mayConsume whether the source can be read to its end; else its first records are looked at, and still come as rows
 */
export const inferColumns = async (
  source: RowSource,
  format: FileFormat,
  mayConsume: boolean,
): Promise<Inference> => {
  const names = columnNames(source.fields.map(field => field.name))
  if (source.fields.every(field => field.type !== undefined))
    return {
      records: 0,
      columns: source.fields.map((field, i) => ({
        column: { name: names[i]!, type: field.type!, nullable: true },
        fieldName: field.name,
        type: field.type!,
        why: `the file says so`,
      })),
    }
  const observers = source.fields.map(() => new FieldObserver())
  const records = await observe(source, observers, mayConsume && !isJson(format.name))
  return {
    records,
    columns: source.fields.map((field, i) => {
      const inferred = observers[i]!.result()
      return {
        ...inferred,
        fieldName: field.name,
        column: { name: names[i]!, type: inferred.type, nullable: true },
      }
    }),
  }
}

const observe = async (
  source: RowSource,
  observers: readonly FieldObserver[],
  mayConsume: boolean,
): Promise<number> => {
  let seen = 0
  const look = (row: readonly unknown[]): void => {
    seen++
    for (let i = 0; i < observers.length; i++) observers[i]!.add(row[i])
  }
  if (!mayConsume) {
    for (const row of await source.sample(heldRecords)) look(row)
    return seen
  }
  const columns = source.fields.map(
    ({ name }) => ({ name, type: { kind: 'string' }, nullable: true }) as const,
  )
  let read = 0
  for await (const { rows } of source.rows({ columns, fieldOf: columns.map((_, i) => i), strict: false }))
    for (const row of rows) if (read++ < firstRecords || read % everyRecord === 0) look(row)
  return seen
}

const plainName = /^[\p{L}_][\p{L}\p{N}_]*$/u

/** The name of a column for a field: what may not be in one becomes `_`. */
export const columnNameOf = (field: string): string => {
  const name = field.trim().toLowerCase()
  if (plainName.test(name)) return name
  const safe = name.replaceAll(/[^\p{L}\p{N}_]+/gu, '_').replace(/^_+|_+$/g, '')
  return plainName.test(safe) ? safe : `_${safe}`
}

/** Names that are used twice get a number. */
const columnNames = (fields: readonly string[]): string[] => {
  const used = new Set<string>()
  return fields.map(field => {
    const name = columnNameOf(field)
    let unique = name
    for (let i = 2; used.has(unique); i++) unique = `${name}_${i}`
    used.add(unique)
    return unique
  })
}
