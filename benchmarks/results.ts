import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ArrowResult } from './arrow-section.js'
import { folder } from './contender.js'
import type { CopyResult } from './copy-section.js'
import { datasetNames } from './datasets.js'
import type { FileResult } from './files-section.js'
import type { Machine } from './machine.js'
import type { MemoryResult } from './memory-section.js'
import type { MicroResult } from './micro-section.js'
import type { ProfileResult } from './profile-section.js'
import type { ScaleResult, StartResult } from './scale-section.js'
import type { TransferResult } from './transfer-section.js'

export interface Parts {
  readonly micro: MicroResult
  readonly memory: MemoryResult
  readonly arrow: ArrowResult
  readonly transfer: TransferResult
  readonly copy: CopyResult
  readonly files: FileResult
  readonly scale: ScaleResult
  readonly start: StartResult
  readonly profiles: ProfileResult
}
export type Part = keyof Parts

/** Of which run a figure is: the key of `runs`. */
export interface Made {
  readonly run: string
}

/** Figures may be of several runs; each names its own. */
export type Results = { readonly runs: Readonly<Record<string, Machine>> } & {
  readonly [Name in Part]: readonly (Parts[Name] & Made)[]
}

const parts = [
  'micro',
  'memory',
  'arrow',
  'transfer',
  'copy',
  'files',
  'scale',
  'start',
  'profiles',
] as const satisfies readonly Part[]

/** What a figure is of, said with the fields that it has; a newer figure of the same takes its place. */
export const nameOf = (figure: object): string => {
  const { what, workload, client, work, compression, file, rows } = figure as Readonly<Record<string, string>>
  const size = (client ?? file) === undefined ? undefined : `${Number(rows) / 1e6} M rows`
  return what ?? [workload, client, size, work, compression, file].filter(Boolean).join(' ')
}

/** @param isWhole the run was of everything: profiles that it did not make are dropped */
export const withPart = <Name extends Part>(
  old: Results,
  part: Name,
  more: readonly Parts[Name][],
  run: string,
  isWhole = false,
): Results => {
  const replaced = new Set(more.map(nameOf))
  const isReplacedWhole = part === 'micro' || part === 'start' || (part === 'profiles' && isWhole)
  const before: readonly Made[] = isReplacedWhole ? [] : old[part]
  const kept = before.filter(figure => !replaced.has(nameOf(figure)))
  const made = [...kept, ...more.map(figure => ({ ...figure, run }))]
  return { ...old, [part]: made.sort((a, b) => placeOf(a) - placeOf(b)) }
}

/** In the order of the workloads; within one, as they were measured. */
const placeOf = (result: object): number =>
  'workload' in result ? (datasetNames as readonly unknown[]).indexOf(result.workload) : datasetNames.length

export const target = join(folder, 'results')
const latest = join(target, 'latest.json')

export const noResults: Results = {
  runs: {},
  micro: [],
  memory: [],
  arrow: [],
  transfer: [],
  copy: [],
  files: [],
  scale: [],
  start: [],
  profiles: [],
}

export const readResults = (): Results =>
  existsSync(latest)
    ? { ...noResults, ...(JSON.parse(readFileSync(latest, 'utf8')) as Partial<Results>) }
    : noResults

export const writeResults = (results: Results): void => {
  mkdirSync(target, { recursive: true })
  writeFileSync(latest, `${JSON.stringify(withoutOldRuns(results), rounded, 2)}\n`)
}

const withoutOldRuns = (results: Results): Results => {
  const used = new Set(parts.flatMap(part => results[part].map(({ run }) => run)))
  return {
    ...results,
    runs: Object.fromEntries(Object.entries(results.runs).filter(([run]) => used.has(run))),
  }
}

/** Four digits are more than is true. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
