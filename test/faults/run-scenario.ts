import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import type { DownloadStream } from '../../lib/download/download-stream.js'
import { TunnelSessionError, tunnelErrorCodes } from '../../lib/errors.js'
import type { Tunnel } from '../../lib/tunnel.js'
import type { UploadStream } from '../../lib/upload/upload-stream.js'
import { planScenario, type Scenario, type ScenarioKind } from './scenario.js'
import { showAll } from './secrets.js'
import { oldRows, type Row, rowsOf, Stage } from './stage.js'
import { type OpenWorld, openSockets } from './world.js'

export interface ScenarioResult {
  readonly outcome: 'complete' | 'failed'
  /** Of the error, when it failed. */
  readonly code: string | undefined
  readonly resumed: boolean
  /** Kinds of trouble that really happened. */
  readonly fired: readonly string[]
  readonly retries: number
}

const replayCommand = (seed: number, kind: ScenarioKind): string =>
  `node --import tsx test/faults/replay.ts ${kind} ${seed}`

/** A scenario that takes longer hangs. */
const watchdogMs = 90_000

/** Plays the scenario of a seed and checks what must hold after it. Rejects with the command that replays it. */
export const runSeed = async (seed: number, kind: ScenarioKind = 'plain'): Promise<ScenarioResult> => {
  let watchdog: NodeJS.Timeout | undefined
  const hangs = new Promise<never>((_, reject) => {
    watchdog = setTimeout(() => reject(new Error(`it hangs: no end after ${watchdogMs} ms`)), watchdogMs)
  })
  try {
    return await Promise.race([playScenario(planScenario(seed, kind), openSockets), hangs])
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`seed ${seed}: ${what}\nReplay it with: ${replayCommand(seed, kind)}`, { cause })
  } finally {
    clearTimeout(watchdog)
  }
}

/** Rejects when something doesn't hold. */
export const playScenario = async (scenario: Scenario, openWorld: OpenWorld): Promise<ScenarioResult> => {
  const stage = await Stage.open(scenario, openWorld)
  try {
    if (scenario.kind === 'checkpoints') return await playCheckpoints(stage)
    if (scenario.kind === 'partitions') return await playPartitions(stage)
    return await (scenario.direction === 'upload' ? playUpload(stage) : playDownload(stage))
  } finally {
    await stage.close()
  }
}

/** What the caller of a stream sees in the end. */
interface Ending {
  readonly error: unknown
  readonly sessionId: string | undefined
}

const playUpload = async (stage: Stage): Promise<ScenarioResult> => {
  const { scenario } = stage
  const [before, rows] = [oldRows(scenario), rowsOf(scenario)]
  const after = scenario.overwrite ? rows : [...before, ...rows]
  await stage.fill(before)
  stage.arm()
  const stop = new StopPoint(scenario)
  const stream = openUpload(stage, stage.troubled, { overwrite: scenario.overwrite, signal: stop.signal })
  stage.listen(stream)
  const piped = settle(pipeline(Readable.from(stop.watch(rows, stream)), stream))
  const committed = await settle(stream.committed)
  const { error } = await piped
  stage.given.push(...showAll(error), ...showAll(committed.error), ...showAll(stream.stats))
  // A pipeline resolves when its last stream was destroyed, without an error, just as the source ended.
  if (stop.by !== 'destroy') assert.equal(error, committed.error, 'the two ends of the stream disagree')
  const ending = { error: committed.error, sessionId: stream.session?.sessionId }
  checkError(ending.error, stop)
  await stage.calm()
  const held = await stage.readTable()
  const isUnknown = codeOf(ending.error) === 'ODPS_COMMIT_UNKNOWN'
  const isNew = isDeepStrictEqual(held, after)
  if (!(isUnknown && isNew)) expectRows(held, ending.error === undefined ? after : before)
  const resumed = ending.error !== undefined && scenario.resume
  if (resumed) await resumeUpload(stage, ending, isNew && isUnknown, rows, after)
  stage.check(stream.stats.retries)
  return resultOf(stage, ending.error, resumed, stream.stats.retries)
}

/** What was told is in the table, in order and once; after a start behind it all rows are, with one checkpoint again at most. */
const playCheckpoints = async (stage: Stage): Promise<ScenarioResult> => {
  const { scenario } = stage
  const [before, rows] = [oldRows(scenario), rowsOf(scenario)]
  const checkpoint = { rows: scenario.checkpointRows }
  await stage.fill(before)
  stage.arm()
  const stop = new StopPoint(scenario)
  const stream = openUpload(stage, stage.troubled, { checkpoint, signal: stop.signal })
  stage.listen(stream)
  let told = 0
  stream.on('checkpoint', ({ rows: taken, firstRow, lastRow }) => {
    assert.deepEqual([firstRow, lastRow - firstRow + 1], [told, taken])
    told = lastRow + 1
  })
  const piped = settle(pipeline(Readable.from(stop.watch(rows, stream)), stream))
  const { error } = await settle(stream.committed)
  await piped
  stage.given.push(...showAll(error), ...showAll(stream.stats))
  checkError(error, stop)
  await stage.calm()
  const held = await stage.readTable()
  if (error === undefined) assert.equal(told, rows.length)
  const more = [...before, ...rows.slice(0, told + checkpoint.rows)]
  const isUnknown = codeOf(error) === 'ODPS_COMMIT_UNKNOWN'
  if (!(isUnknown && isDeepStrictEqual(held, more))) expectRows(held, [...before, ...rows.slice(0, told)])
  await pipeline(Readable.from(rows.slice(told)), openUpload(stage, stage.direct, { checkpoint }))
  const repeated = held.slice(before.length + told)
  expectRows(await stage.readTable(), [...before, ...rows.slice(0, told), ...repeated, ...rows.slice(told)])
  stage.check(stream.stats.retries)
  return resultOf(stage, error, told < rows.length, stream.stats.retries)
}

const partitionOf = (id: bigint): string => `k${id % 4n}`

/** All partitions or none get their rows, or the error says exactly which, and the rest can be finished. */
const playPartitions = async (stage: Stage): Promise<ScenarioResult> => {
  const { scenario } = stage
  const rows = rowsOf(scenario)
  const names = [...new Set(rows.map(([id]) => partitionOf(id)))]
  for (const name of names) await stage.emulator.addPartition('t', `p=${name}`)
  stage.arm()
  const stop = new StopPoint(scenario)
  const { compression, stepRows, concurrency } = scenario
  const stream = stage.troubled.createUploadStream({
    ...{ table: 't', partitionBy: ['p'], compression, maxOpenPartitions: concurrency },
    ...{ blockRows: stepRows, partitionBytes: scenario.checkpointRows * 512, signal: stop.signal },
  })
  stage.listen(stream)
  const placed = function* () {
    for (const [id, text] of stop.watch(rows, stream)) yield [id, text, partitionOf(id)]
  }
  const piped = settle(pipeline(Readable.from(placed()), stream))
  const { error } = await settle(stream.committed)
  await piped
  stage.given.push(...showAll(error), ...showAll(stream.stats))
  checkError(error, stop)
  await stage.calm()
  const told = error instanceof TunnelSessionError ? error.partitions : undefined
  const expectAll = async (stateOf: (name: string) => string | undefined, when = ''): Promise<void> => {
    for (const name of names) {
      const held = await stage.readTable(`p=${name}`)
      const state = stateOf(name)
      const own = rows.filter(([id]) => partitionOf(id) === name)
      if (state === 'committed' || (state === 'unknown' && held.length > 0)) expectRows(held, own, when)
      else expectRows(held, [], when)
    }
  }
  if (error === undefined) await expectAll(() => 'committed')
  else await expectAll(name => told?.find(({ partitionSpec }) => partitionSpec === `p=${name}`)?.state)
  if (told !== undefined) {
    const settled = await settle(stage.direct.finishCommit(told))
    if (settled.error === undefined) await expectAll(() => 'committed', 'after the rest was committed')
    else checkError(settled.error, stop)
  }
  stage.check(stream.stats.retries)
  return resultOf(stage, error, told !== undefined, stream.stats.retries)
}

const openUpload = (stage: Stage, tunnel: Tunnel, options: object): UploadStream => {
  const { compression, stepRows, concurrency } = stage.scenario
  return tunnel.createUploadStream({
    ...stage.table,
    compression,
    blockRows: stepRows,
    concurrency,
    ...options,
  })
}

/** The same rows again into the session that failed, without trouble. */
const resumeUpload = async (
  stage: Stage,
  { sessionId }: Ending,
  isCommitted: boolean,
  rows: readonly Row[],
  after: readonly Row[],
): Promise<void> => {
  if (sessionId === undefined && isCommitted) return
  const { overwrite } = stage.scenario
  const options = sessionId === undefined ? { overwrite } : { sessionId, resume: true }
  await pipeline(Readable.from(rows), openUpload(stage, stage.direct, options))
  expectRows(await stage.readTable(), after, 'after the upload was resumed')
}

const playDownload = async (stage: Stage): Promise<ScenarioResult> => {
  const { scenario } = stage
  const rows = rowsOf(scenario)
  await stage.fill(rows)
  stage.arm()
  const stop = new StopPoint(scenario)
  const stream = openDownload(stage, stage.troubled, { signal: stop.signal })
  stage.listen(stream)
  const taken: unknown[] = []
  const { error } = await settle(takeRows(stream, taken, stop))
  stage.given.push(...showAll(error), ...showAll(stream.stats))
  checkError(error, stop)
  const wanted = error === undefined && !stop.reached ? rows : rows.slice(0, taken.length)
  expectRows(taken, wanted)
  await stage.calm()
  const resumed = error !== undefined && scenario.resume
  if (resumed) {
    const sessionId = stream.session?.sessionId
    const rest = openDownload(stage, stage.direct, { start: taken.length, ...(sessionId && { sessionId }) })
    for await (const row of rest) taken.push(row)
    expectRows(taken, rows, 'after the download was resumed')
  }
  stage.check(stream.stats.retries)
  return resultOf(stage, error, resumed, stream.stats.retries)
}

const openDownload = (stage: Stage, tunnel: Tunnel, options: object): DownloadStream => {
  const { compression, stepRows, concurrency } = stage.scenario
  return tunnel.createDownloadStream({
    ...stage.table,
    compression,
    concurrency,
    rangeRows: stepRows,
    ...options,
  })
}

const takeRows = async (stream: DownloadStream, taken: unknown[], stop: StopPoint): Promise<void> => {
  for await (const row of stream) {
    if (stop.check(taken.length, stream)) return
    taken.push(row)
  }
}

/** Where the caller gives up. */
class StopPoint {
  readonly by: 'signal' | 'destroy' | undefined
  readonly #after: number
  readonly #controller = new AbortController()
  reached = false

  constructor({ stop }: Scenario) {
    this.by = stop?.by
    this.#after = stop?.after ?? Number.POSITIVE_INFINITY
  }

  get signal(): AbortSignal | undefined {
    return this.by === 'signal' ? this.#controller.signal : undefined
  }

  check(rows: number, stream: { destroy(): unknown }): boolean {
    if (this.by === undefined || rows < this.#after || this.reached) return this.reached
    this.reached = true
    if (this.by === 'signal') this.#controller.abort(new Error('enough'))
    else stream.destroy()
    return true
  }

  *watch(rows: readonly Row[], stream: { destroy(): unknown }): Generator<Row> {
    for (const [i, row] of rows.entries()) {
      this.check(i, stream)
      yield row
    }
    this.check(rows.length, stream)
  }
}

const settle = async (promise: Promise<unknown>): Promise<{ readonly error: unknown }> => {
  try {
    await promise
    return { error: undefined }
  } catch (error) {
    return { error: error ?? new Error('rejected with nothing') }
  }
}

const codeOf = (error: unknown): string | undefined => {
  const code: unknown = Reflect.get(Object(error), 'code')
  return typeof code === 'string' ? code : undefined
}

const documented: ReadonlySet<string | undefined> = new Set<string>(tunnelErrorCodes)

const checkError = (error: unknown, stop: StopPoint): void => {
  if (error === undefined || documented.has(codeOf(error))) return
  if (error instanceof Error && error.name === 'AbortError' && stop.reached) return
  assert.fail(`the error is none of ours: ${showAll(error)[1]}`)
}

const expectRows = (actual: readonly unknown[], wanted: readonly unknown[], when = ''): void => {
  if (isDeepStrictEqual(actual, wanted)) return
  const at = actual.findIndex((row, i) => !isDeepStrictEqual(row, wanted[i]))
  assert.fail(
    `${actual.length} rows where ${wanted.length} belong ${when} (first difference at row ${at < 0 ? actual.length : at})`,
  )
}

const resultOf = (stage: Stage, error: unknown, resumed: boolean, retries: number): ScenarioResult => ({
  outcome: error === undefined ? 'complete' : 'failed',
  code: codeOf(error) ?? (error instanceof Error ? error.name : undefined),
  resumed,
  fired: [...stage.fired, ...stage.world.fired],
  retries,
})
