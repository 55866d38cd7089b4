import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawCharts } from './charts.js'
import { folder } from './contender.js'
import type { Machine } from './machine.js'
import type { MemoryResult } from './memory-section.js'
import type { MicroResult } from './micro-section.js'
import { printReport } from './report.js'
import type { ScaleResult, StartResult } from './scale-section.js'
import type { TransferResult } from './transfer-section.js'

export interface Results {
  readonly machine?: Machine
  readonly micro?: readonly MicroResult[]
  readonly memory?: readonly MemoryResult[]
  readonly transfer?: readonly TransferResult[]
  readonly scale?: readonly ScaleResult[]
  readonly start?: StartResult
}

const target = join(folder, 'results')
const latest = join(target, 'latest.json')

export const readResults = (): Results =>
  existsSync(latest) ? (JSON.parse(readFileSync(latest, 'utf8')) as Results) : {}

/** The figures, and the table and charts drawn from them. */
export const writeResults = (results: Results): void => {
  mkdirSync(target, { recursive: true })
  writeFileSync(latest, `${JSON.stringify(results, rounded, 2)}\n`)
  const kept = readResults()
  writeFileSync(join(target, 'latest.md'), printReport(kept))
  for (const [name, svg] of drawCharts(kept)) writeFileSync(join(target, `${name}.svg`), svg)
}

/** Four digits are more than is true. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value
