import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { type CompressionName, compressionNames } from '../../lib/compression/compression.js'
import { type Emulator, type Fault, type FaultRule, startEmulator } from '../../lib/emulator/index.js'
import { tunnelErrorCodes } from '../../lib/errors.js'
import type { TunnelOptions } from '../../lib/options.js'
import type { Flush } from '../../lib/streaming-upload/flush-order.js'
import type { StreamingUploadStream } from '../../lib/streaming-upload/streaming-upload-stream.js'
import { Tunnel } from '../../lib/tunnel.js'
import { Random } from '../faults/random.js'
import type { ScenarioResult } from '../faults/run-scenario.js'
import { nameOfFault } from '../faults/service-faults.js'
import { type Surroundings, shortWaits } from '../faults/surroundings.js'

/*
 * Streaming uploads under trouble that a seed chooses, without sockets and without waiting. Whatever happens, what was told is
 * in the table, a stream that finished has all its rows there, and no row is there more often than answers were lost.
 */

/** What somebody does to the table or the service while rows come. */
type Change = 'slots' | 'move' | 'add column'

interface Scenario {
  readonly rows: number
  readonly flushRows: number
  readonly flushIntervalMs: number
  readonly slots: number
  readonly concurrency: number
  readonly compression: CompressionName
  readonly attempts: number
  readonly onSchemaChange: 'fail' | 'reload'
  readonly faults: readonly FaultRule[]
  readonly changes: ReadonlyMap<number, readonly Change[]>
  /** Before which rows the source waits, and how long. */
  readonly pauses: ReadonlyMap<number, number>
  readonly stop: { readonly at: number; readonly by: 'signal' | 'destroy' } | undefined
  /** Rows go to one partition after the other; 1 is a table without. */
  readonly partitions: number
}

const refusals: readonly Fault[] = [
  { status: 500 },
  { status: 502, body: '' },
  { status: 503, headers: { 'Retry-After': '2' } },
  { status: 504, body: '' },
  { status: 504, body: '<html>bad gateway</html>' },
  { status: 429, code: 'SlotExceeded' },
  { status: 308, code: 'SlotReassigned' },
  { status: 308, code: 'SlotReassigned', headers: { 'odps-tunnel-routed-server': '10.9.9.9:1' } },
  { status: 404, code: 'StreamSessionNotFound' },
  { status: 400, code: 'CorruptedDataStream' },
  { status: 403, code: 'NoPermission' },
  { cutRequestAfter: 10 },
  'reset',
  'hang',
  'drop-answer',
  'drop-answer',
]

/** Whether it keeps a request without a body from being carried out. */
const refuses = (fault: Fault | undefined): boolean =>
  typeof fault === 'object' ? 'status' in fault : fault === 'reset' || fault === 'hang'

const planFault = (random: Random): FaultRule => ({
  action: random.pick(['putPack', 'putPack', 'putPack', 'putPack', 'createStreamUpload', 'getStreamUpload']),
  after: random.integer(0, 4),
  times: random.chance(0.8) ? 1 : random.chance(0.7) ? random.integer(2, 4) : 1000,
  fault: random.pick(refusals),
})

const plan = (random: Random): Scenario => {
  const rows = random.chance(0.05) ? 0 : random.integer(1, 80)
  const changes = new Map<number, Change[]>()
  for (let i = random.chance(0.5) ? 0 : random.integer(1, 3); i > 0; i--) {
    const at = random.integer(0, rows)
    changes.set(at, [...(changes.get(at) ?? []), random.pick<Change>(['slots', 'move', 'add column'])])
  }
  return {
    ...{ rows, changes },
    flushRows: random.integer(1, 20),
    flushIntervalMs: random.pick([20, 1_000, 3_600_000]),
    pauses: new Map(
      Array.from({ length: random.integer(0, 3) }, () => [random.integer(0, rows), random.integer(1, 2_000)]),
    ),
    slots: random.integer(1, 4),
    concurrency: random.integer(1, 5),
    compression: random.pick(['raw', 'raw', ...compressionNames]),
    attempts: random.integer(2, 8),
    onSchemaChange: random.pick(['fail', 'reload']),
    faults: Array.from({ length: random.integer(0, 4) }, () => planFault(random)),
    stop: random.chance(0.15)
      ? { at: random.integer(0, rows), by: random.pick(['signal', 'destroy']) }
      : undefined,
    partitions: random.chance(0.6) ? 1 : random.integer(2, 5),
  }
}

/** What came of the scenarios, so that a test sees that they are not all of one kind. */
export interface ScenarioTally {
  finished: number
  failed: number
  repeated: number
  readonly codes: Set<string>
}

/** Plays the scenario of a seed. Rejects with the seed. */
const playSeed = async (seed: number, tally: ScenarioTally): Promise<void> => {
  try {
    const { outcome, code, isRepeated } = await playStreamingUpload(seed)
    if (outcome === 'complete') tally.finished++
    else tally.failed++
    if (code !== undefined) tally.codes.add(code)
    if (isRepeated) tally.repeated++
  } catch (cause) {
    throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

export interface PlayedStreamingUpload extends ScenarioResult {
  /** Some row is in the table more than once. */
  readonly isRepeated: boolean
}

/** Plays the scenario of a seed. Rejects when something doesn't hold. */
export const playStreamingUpload = (
  seed: number,
  surroundings: Surroundings = shortWaits(seed),
): Promise<PlayedStreamingUpload> => new Play(seed, surroundings).run()

class Play {
  readonly #random: Random
  readonly #scenario: Scenario
  readonly #surroundings: Surroundings
  readonly #stop = new AbortController()
  readonly #flushes: Flush[] = []
  readonly #fired: string[] = []
  #isOpened = false
  #isStopped = false

  constructor(seed: number, surroundings: Surroundings) {
    this.#random = new Random(seed)
    this.#scenario = plan(this.#random)
    this.#surroundings = surroundings
  }

  async run(): Promise<PlayedStreamingUpload> {
    const { rows, flushRows, flushIntervalMs, slots, concurrency, compression, onSchemaChange, attempts } =
      this.#scenario
    const { clock, connectionTo } = this.#surroundings
    let lostAnswers = 0
    const emulator = await startEmulator({ listen: false, projects: ['p'], clock })
    const tunnel = new Tunnel({
      ...connectionTo(emulator),
      retry: { attempts, minDelayMs: 1, maxDelayMs: 8 },
      requestTimeoutMs: 1000,
      clock,
    } as TunnelOptions)
    try {
      const isPartitioned = this.#scenario.partitions > 1
      const partitionColumns = isPartitioned ? { part: 'bigint' } : undefined
      await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' }, partitionColumns })
      emulator.setFaults(this.#faults(() => lostAnswers++))
      const upload = tunnel.createStreamingUploadStream({
        ...{
          table: 't',
          flushRows,
          flushIntervalMs,
          slots,
          concurrency,
          compression,
          onSchemaChange,
        },
        ...(isPartitioned && { partitionBy: ['part'] }),
        signal: this.#stop.signal,
      })
      upload.on('flush', flush => this.#flushes.push(flush))
      const error = await pipeline(Readable.from(this.#rows(upload, emulator, tunnel)), upload).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      if (!upload.closed) await new Promise<void>(resolve => upload.once('close', resolve))
      const count = (): number => emulator.requests.filter(({ path }) => path.endsWith('/streams')).length
      const sent = count()
      for (let i = 0; i < 3; i++) await turn()
      assert.equal(count(), sent, 'a request after the stream was closed')
      const isWhole = error === undefined && !this.#isStopped
      this.#checkError(error)
      const isRepeated = await this.#check(emulator, isWhole ? rows : 0, lostAnswers)
      return {
        ...{ outcome: isWhole ? 'complete' : 'failed', resumed: false, fired: this.#fired, isRepeated },
        code: error === undefined ? undefined : String(Reflect.get(Object(error), 'code')),
        retries: upload.stats.retries,
      }
    } finally {
      await tunnel.close()
      await emulator.close()
    }
  }

  /** The rules, with a count of the packs that were taken without an answer. */
  #faults(onLost: () => void): (request: { action: string }) => Fault | undefined {
    const counted = this.#scenario.faults.map(rule => ({ rule, seen: 0 }))
    const find = ({ action }: { action: string }): Fault | undefined => {
      for (const entry of counted) {
        const { action: wanted, after = 0, times = 1, fault } = entry.rule
        if (wanted !== action) continue
        const index = entry.seen++
        if (index < after || index >= after + times) continue
        if (fault === 'drop-answer' && action === 'putPack') onLost()
        this.#fired.push(nameOfFault(fault))
        return fault
      }
      return undefined
    }
    return request => {
      const fault = find(request)
      if (request.action === 'createStreamUpload' && !refuses(fault)) this.#isOpened = true
      return fault
    }
  }

  async *#rows(upload: StreamingUploadStream, emulator: Emulator, tunnel: Tunnel): AsyncGenerator<unknown> {
    const { rows, changes, pauses, stop, partitions } = this.#scenario
    // A column that is added before the session is there is no change for the stream.
    while (changes.size > 0 && !this.#isOpened && !upload.destroyed) await turn()
    for (let i = 0; i <= rows; i++) {
      if (pauses.has(i)) await this.#surroundings.clock.sleep(pauses.get(i)!)
      for (const change of changes.get(i) ?? []) await this.#change(change, emulator, tunnel)
      if (stop?.at === i && !this.#isStopped) {
        this.#isStopped = true
        if (stop.by === 'signal') this.#stop.abort(new Error('enough'))
        else upload.destroy()
      }
      if (i >= rows) return
      const row = { id: BigInt(i), name: `row ${i}`, ...(partitions > 1 && { part: i % partitions }) }
      yield i % 2 === 0 ? Object.values(row) : row
    }
  }

  async #change(change: Change, emulator: Emulator, tunnel: Tunnel): Promise<void> {
    if (change === 'slots') emulator.slots = this.#random.integer(1, 4)
    else if (change === 'move') emulator.moveSlots()
    else {
      const name = `c${this.#random.integer(0, 1e9)}`
      await tunnel.execute({ sql: `alter table t add columns (${name} string)` })
    }
  }

  #checkError(error: unknown): void {
    if (error === undefined) return
    const code = String(Reflect.get(Object(error), 'code'))
    if ((tunnelErrorCodes as readonly string[]).includes(code)) return
    const isOurs = this.#isStopped && error instanceof Error
    assert.ok(
      isOurs && (error.name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE'),
      `the error is none of ours: ${String(error)}`,
    )
  }

  async #check(emulator: Emulator, wanted: number, lostAnswers: number): Promise<boolean> {
    const times = new Map<number, number>()
    const firsts: number[][] = []
    for (const [i, held] of (await this.#held(emulator)).entries()) {
      firsts.push([...new Set(held.map(([id]) => Number(id)))])
      for (const [id, name, ...more] of held) {
        assert.equal(name, `row ${id}`)
        assert.equal(Number(id) % this.#scenario.partitions, i)
        assert.ok(more.every(cell => cell === null))
        times.set(Number(id), (times.get(Number(id)) ?? 0) + 1)
      }
    }
    for (const count of times.values()) assert.ok(count <= 1 + lostAnswers, 'a row too often')
    const isRepeated = [...times.values()].some(count => count > 1)
    let next = 0
    let left = 0
    for (const { rows, firstRow, lastRow } of this.#flushes) {
      if (left === 0) left = lastRow - firstRow + 1
      left -= rows
      assert.equal(firstRow, next, 'flushes without a gap')
      if (left === 0) next = lastRow + 1
    }
    assert.equal(left, 0, 'packs that were sent together are told together')
    for (let i = 0; i < Math.max(next, wanted); i++) assert.ok(times.has(i), `row ${i} is lost`)
    if (wanted > 0) assert.equal(next, wanted, 'not all was told')
    const { slots, changes } = this.#scenario
    if (slots > 1 || [...changes.values()].flat().includes('slots')) return isRepeated
    for (const ids of firsts)
      assert.deepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
        'rows of the only slot out of order',
      )
    return isRepeated
  }

  /** Rows of each partition. */
  #held(emulator: Emulator): Promise<unknown[][][]> {
    const { partitions } = this.#scenario
    const read = (spec?: string): Promise<unknown[][]> => emulator.rows('t', spec, { rowShape: 'array' })
    if (partitions === 1) return Promise.all([read()])
    return Promise.all(Array.from({ length: partitions }, (_, i) => read(`part=${i}`)))
  }
}

/** Plays many seeds, some at a time. */
export const playSeeds = async (first: number, count: number): Promise<ScenarioTally> => {
  const tally: ScenarioTally = { finished: 0, failed: 0, repeated: 0, codes: new Set() }
  let next = first
  const work = async (): Promise<void> => {
    while (next < first + count) await playSeed(next++, tally)
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return tally
}
