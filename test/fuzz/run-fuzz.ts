import { TunnelError } from '../../lib/errors.js'
import { Random } from '../faults/random.js'
import { mutate } from './mutate.js'

/** Something that takes bytes from outside. */
export interface Target {
  readonly name: string
  readonly corpus: readonly Buffer[]
  readonly isText: boolean
  /** Longer inputs are cut. Default 256 KiB. */
  readonly maxBytes?: number
  /** Takes any input; may throw errors of this library, and nothing else. */
  run(input: Buffer, random: Random): void | Promise<void>
  close?(): Promise<void>
}

export interface FuzzResult {
  readonly target: string
  inputs: number
  bytes: number
  /** Inputs that were refused with an error of ours. */
  refused: number
  slowestMs: number
  readonly failures: string[]
}

/** No input of this size has a right to more of the processor. */
const maxCpuMs = 3_000
/** What all inputs together may leave or take, above where it began. */
const maxGrowthBytes = 1_200 * 2 ** 20

/** Feeds changed inputs until `goesOn` says no. The same seed gives the same inputs. */
export const fuzz = async (
  target: Target,
  seed: number,
  goesOn: (inputs: number) => boolean,
): Promise<FuzzResult> => {
  const result: FuzzResult = {
    target: target.name,
    inputs: 0,
    bytes: 0,
    refused: 0,
    slowestMs: 0,
    failures: [],
  }
  const before = process.memoryUsage()
  const prototypes = snapshotOfPrototypes()
  while (goesOn(result.inputs) && result.failures.length < 5) {
    const inputSeed = seed + result.inputs
    const problem = await feed(target, inputSeed, result)
    if (problem === undefined) continue
    result.failures.push(`${problem}\nReplay it with: ${replayCommand(target, inputSeed)}`)
  }
  if (snapshotOfPrototypes() !== prototypes) result.failures.push('a prototype was changed')
  const { rss, external, arrayBuffers } = process.memoryUsage()
  const growth = Math.max(rss - before.rss, external + arrayBuffers - before.external - before.arrayBuffers)
  if (growth > maxGrowthBytes) result.failures.push(`memory grew by ${growth} bytes`)
  return result
}

const replayCommand = (target: Target, seed: number): string =>
  `node --import tsx test/fuzz/main.ts --target ${target.name} --seed ${seed} --inputs 1`

/** @returns what is wrong, if anything is */
const feed = async (target: Target, seed: number, result: FuzzResult): Promise<string | undefined> => {
  const random = new Random(seed)
  const input = mutate(random, target.corpus, target.isText, target.maxBytes ?? 256 * 1024)
  result.inputs++
  result.bytes += input.length
  const started = process.cpuUsage()
  try {
    await target.run(input, random)
  } catch (error) {
    if (!(error instanceof TunnelError))
      return `${target.name} seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`
    result.refused++
  }
  const { user, system } = process.cpuUsage(started)
  const ms = (user + system) / 1000
  result.slowestMs = Math.max(result.slowestMs, ms)
  return ms > maxCpuMs ? `${target.name} seed ${seed}: ${input.length} bytes took ${ms} ms` : undefined
}

const snapshotOfPrototypes = (): string =>
  [Object, Array, Map, Function, String, Error]
    .map(({ prototype }) => Reflect.ownKeys(prototype).map(String).join())
    .join(';')
