import { TunnelOptionError } from '../errors.js'
import { notAColumn } from './column-names.js'
import type { TableSchema } from './table-schema.js'

/*
 * A partition is named by text in more than one spelling: by callers, in requests to the tunnel, quoted in those to the
 * service. It is parsed once into names and values, and written anew for each of them. Values with signs of the form
 * itself are refused: the tunnel has no quoting for them, and would take them for another partition.
 */

/** One level of a partition. */
export interface PartitionPart {
  readonly name: string
  readonly value: string
}

/** One complete partition, outermost column first. */
export type PartitionSpec = readonly PartitionPart[]

/** What callers write: `'month=2001-01,region=cn'`, or `{ month: '2001-01', region: 'cn' }`. */
export type PartitionSpecInput = string | Readonly<Record<string, string | number | bigint>>

/** They would need quoting rules that the tunnel does not have (protocol.md 1.3). */
const refusedSigns = /[,='"`/]/
const refusedInValue = /[,='"/]/

/**
 * Parses a partition spec. Blanks around names and values are dropped; a value may stand in quotes, a name in back quotes.
 * A name may be any that a column can have, `分区`, `a-b` or `2024` too, without the signs of the form itself.
 * @throws TunnelOptionError ODPS_INVALID_PARTITION_SPEC
 */
export const parsePartitionSpec = (input: PartitionSpecInput): PartitionSpec => {
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null || Array.isArray(input)))
    throw wrong(`expected text like 'a=1,b=2' or an object, got ${input === null ? 'null' : typeof input}`)
  const parts = typeof input === 'string' ? parseText(input) : parseObject(input)
  if (parts.length === 0) throw wrong("it is empty; write it as 'a=1,b=2'")
  const seen = new Set<string>()
  for (const { name, value } of parts) {
    checkPart(name, value)
    if (seen.has(name.toLowerCase())) throw wrong(`'${name}' appears twice`)
    seen.add(name.toLowerCase())
  }
  return parts
}

const parseText = (text: string): PartitionPart[] =>
  text.split(',').map(part => {
    const at = part.indexOf('=')
    if (at < 0) throw wrong(`'${part.trim()}' has no '='; write it as 'a=1,b=2'`)
    const name = part
      .slice(0, at)
      .trim()
      .replace(/^`([^`]*)`$/, '$1')
    return { name, value: unquote(part.slice(at + 1).trim()) }
  })

const unquote = (value: string): string => {
  const quote = value[0]
  const quoted = value.length >= 2 && (quote === "'" || quote === '"') && value.at(-1) === quote
  return quoted ? value.slice(1, -1) : value
}

const parseObject = (object: Readonly<Record<string, unknown>>): PartitionPart[] =>
  Object.entries(object).map(([name, value]) => {
    const usable = typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value)
    if (!usable) throw wrong(`the value of '${name}' is neither text nor a whole number`)
    return { name, value: String(value) }
  })

const checkPart = (name: string, value: string): void => {
  if (name === '' || name.trim() !== name || refusedSigns.test(name) || hasControl(name))
    throw wrong(`'${name}' is not a column name`)
  const problem = partitionValueProblem(value)
  if (problem !== undefined) throw wrong(`the value of '${name}' ${problem}`)
}

/** What is wrong with the text of a partition's value, `is empty`; undefined when it will do. */
export const partitionValueProblem = (value: string): string | undefined => {
  if (value === '') return 'is empty'
  const bad = refusedInValue.exec(value)?.[0]
  if (bad !== undefined) return `contains ${bad}, which the service does not accept`
  // The form of the tunnel has no quotes, and readers of it trim: the rows would go to another partition.
  if (value.trim() !== value) return 'begins or ends with a blank'
  return hasControl(value) ? 'contains a control character' : undefined
}

const hasControl = (value: string): boolean => {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 0x20) return true
  return false
}

/** Prints the form of tunnel requests: `a=1,b=2`, no quotes (protocol.md 1.3). */
export const formatPartitionSpec = (spec: PartitionSpec): string =>
  spec.map(({ name, value }) => `${name}=${value}`).join(',')

/** Prints the form of service requests: `a='1',b='2'` (protocol.md 10.6). */
export const formatQuotedPartitionSpec = (spec: PartitionSpec): string =>
  spec.map(({ name, value }) => `${name}='${value}'`).join(',')

/**
 * Puts the parts into the order of the table's partition columns.
 * @throws TunnelOptionError ODPS_INVALID_PARTITION_SPEC when a level is missing or is no partition column.
 */
export const orderPartitionSpec = (spec: PartitionSpec, schema: TableSchema): PartitionSpec => {
  const columns = schema.partitionColumns.map(column => column.name)
  if (columns.length === 0) throw wrong('the table is not partitioned; leave partitionSpec out')
  const byName = new Map(spec.map(part => [part.name.toLowerCase(), part.value]))
  const unknown = spec.find(part => !columns.some(name => name.toLowerCase() === part.name.toLowerCase()))
  if (unknown)
    throw wrong(notAColumn(unknown.name, schema.partitionColumns, 'a partition column of the table'))
  return columns.map(name => {
    const value = byName.get(name.toLowerCase())
    if (value === undefined) throw wrong(`'${name}' is missing; specify all of ${columns.join(', ')}`)
    return { name, value }
  })
}

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_PARTITION_SPEC', `partitionSpec: ${what}`)
