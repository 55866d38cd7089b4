import { type Column, formatDataType } from '../../index.js'
import { version } from '../../version.js'
import type { Call } from '../call.js'
import { resolveSettings } from '../config/settings.js'

/*
 * What decides bytes or rows of a transfer, as plain data: all of the request but what is named as not mattering, where it
 * goes, what the table is, and the version of this program. A transfer is gone on with only when all of this is equal, and
 * an option that is added later takes part without being named here.
 */
export type Proof = Readonly<Record<string, string>>

/** Of the request: who gets the work done and how fast, and what the journal compares in a way of its own. */
const indifferent = new Set([
  ...['concurrency', 'compression', 'partitionBytes', 'journalDirectory', 'badRecordsPath', 'maxBadRecords'],
  ...['create', 'createPartition', 'allowEmpty', 'target', 'paths', 'output', 'formatOf'],
])

const connectionKeys = new Set(['endpoint', 'tunnelEndpoint', 'project', 'schemaName'])

/** @param more what the request says only as a function */
export const proofOf = async (
  call: Call,
  request: object,
  columns: readonly Column[],
  more: object = {},
): Promise<Proof> => {
  const settings = await resolveSettings(call.values, call.terminal)
  const facts = new Map<string, string>([['version', version]])
  for (const { key, value } of settings) if (connectionKeys.has(key)) facts.set(key, JSON.stringify(value))
  for (const [i, { name, type }] of columns.entries())
    facts.set(`tableColumns.${i + 1}`, `${name} ${formatDataType(type)}`)
  for (const [key, value] of Object.entries({ ...request, ...more }))
    if (!indifferent.has(key)) addFact(facts, key, value)
  return Object.fromEntries(facts)
}

const addFact = (facts: Map<string, string>, path: string, value: unknown): void => {
  if (value === undefined) return
  if (typeof value === 'function') throw new Error(`the request's ${path} cannot be compared on resume`)
  if (typeof value !== 'object' || value === null) facts.set(path, JSON.stringify(value))
  else if ('toJSON' in value && typeof value.toJSON === 'function') addFact(facts, path, value.toJSON())
  else if (Array.isArray(value))
    for (const [i, member] of value.entries()) addFact(facts, `${path}.${i + 1}`, member)
  else for (const [key, member] of Object.entries(value)) addFact(facts, `${path}.${key}`, member)
}

const shownDifferences = 5

/** Each names both sides; none when the two are equal. */
export const differencesOf = (former: Proof, now: Proof): string[] => {
  const keys = [...new Set([...Object.keys(former), ...Object.keys(now)])].sort()
  const differences = keys
    .filter(key => former[key] !== now[key])
    .map(key => `${labelOf(key)} was ${former[key] ?? 'not given'} and is ${now[key] ?? 'not given'}`)
  const more = differences.length - shownDifferences
  return more > 0 ? [...differences.slice(0, shownDifferences), `and ${more} more`] : differences
}

const labels: Readonly<Record<string, string>> = {
  version: 'the version of odps-tunnel',
  tableColumns: "the table's column",
  formats: 'the format of file',
  timeZone: '--timezone',
  nullText: '--null',
  blockBytes: '--block-size',
  datetime: '--datetime-format',
  plainNumbers: 'the opposite of --exponential',
  partitionColumns: '--with-partition-columns',
  columnIndexes: '--columns-index',
  ignoreExtra: '--extra-columns=ignore',
  fillMissing: '--missing-columns=null',
  strict: '--strict-schema',
  isOdpscmd: 'odpscmd mode',
}

/** The option that a fact comes from, `text.nullText`, and its number in a list. */
const labelOf = (key: string): string => {
  const names = key.split('.').filter(name => !/^\d+$/.test(name))
  const [number] = /\d+(?=\.|$)/.exec(key) ?? []
  const name = names.find(each => labels[each] !== undefined) ?? names.at(-1)!
  const label = labels[name] ?? `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
  return number === undefined ? label : `${label} ${number}`
}
