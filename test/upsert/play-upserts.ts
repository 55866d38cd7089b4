import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Emulator, EmulatorRequest, Fault } from '../../lib/emulator/index.js'
import { deleteRow, partialRow, TunnelError, type UpsertStream } from '../../lib/index.js'
import { type OpenSeed, openSeed } from '../faults/open-seed.js'
import type { Random } from '../faults/random.js'
import type { ScenarioResult } from '../faults/run-scenario.js'
import type { Surroundings } from '../faults/surroundings.js'

/*
 * One seed, one table: some streams of upserts after each other, each with trouble of its own, some stopped. Whatever comes,
 * the table must have what a plain Map has that was changed by the streams that were committed: by all of a stream, or nothing.
 */

type Cells = { readonly name: string | null; readonly n: number | null }
type Model = ReadonlyMap<number, Cells>

interface Change {
  readonly chunk: unknown
  readonly apply: (model: Map<number, Cells>) => void
}

const randomChange = (random: Random): Change => {
  const id = random.integer(0, 60)
  const cells: Cells = {
    name: random.chance(0.1) ? null : `name ${random.integer(0, 1e6)}`,
    n: random.chance(0.1) ? null : random.integer(0, 1e9),
  }
  if (random.chance(0.2)) return { chunk: deleteRow({ id }), apply: model => model.delete(id) }
  if (random.chance(0.3))
    return {
      chunk: partialRow({ id, ...cells }, ['n']),
      apply: model => model.set(id, { name: model.get(id)?.name ?? null, n: cells.n }),
    }
  return { chunk: { id, ...cells }, apply: model => model.set(id, cells) }
}

const moved = (headers: Readonly<Record<string, string>>): Fault => ({ status: 308, headers })

const flushTroubles: readonly Fault[] = [
  ...(['reset', 'drop-answer'] as const),
  ...[{ status: 429 }, { status: 500 }, { status: 503 }, { status: 502, body: '' }, { status: 504 }],
  ...[moved({}), moved({ 'odps-tunnel-routed-server': '10.0.0.9:80' }), { cutRequestAfter: 7 }],
  { status: 400, code: 'CorruptedDataStream' },
]
const otherTroubles: readonly Fault[] = [
  'reset',
  'drop-answer',
  { status: 500 },
  { status: 503 },
  { status: 429 },
]

/** Trouble for some requests, one in so many. */
const troublesOf =
  ({ random, fire }: OpenSeed, rate: number) =>
  ({ action }: EmulatorRequest): Fault | undefined =>
    action.endsWith('Upsert') && random.chance(rate) ? fire(pickTrouble(random, action)) : undefined

const pickTrouble = (random: Random, action: string): Fault => {
  if (action === 'putUpsert') return random.pick(flushTroubles)
  return action === 'commitUpsert' && random.chance(0.2) ? moved({}) : random.pick(otherTroubles)
}

const rowsOf = async (emulator: Emulator): Promise<Model> => {
  const rows = await emulator.rows<{ id: number; name: string; n: number }>('t', undefined, {
    bigint: 'number',
  })
  return new Map(rows.map(({ id, ...cells }) => [id, cells]))
}

type Outcome = 'committed' | 'not committed' | 'unknown'

interface Ending {
  readonly outcome: Outcome
  /** Of the error, when it failed. */
  readonly code: string | undefined
}

/** How a stream ended, as it tells. */
const endingOf = async (stream: UpsertStream): Promise<Ending> => {
  try {
    await stream.committed
    return { outcome: 'committed', code: undefined }
  } catch (error) {
    assert.equal(error instanceof TunnelError, true, String(error))
    const { code } = error as TunnelError
    return { outcome: code === 'ODPS_COMMIT_UNKNOWN' ? 'unknown' : 'not committed', code }
  }
}

const writeAndStop = async (
  stream: UpsertStream,
  changes: readonly Change[],
  stopsAfter: number,
): Promise<void> => {
  try {
    for (let from = 0; from < changes.length && from < stopsAfter; from += 20)
      await stream.writeBatch(changes.slice(from, from + 20).map(({ chunk }) => chunk))
    if (stopsAfter >= changes.length) stream.end()
    else {
      await turn()
      stream.destroy()
    }
  } catch {
    // What a write fails with is what the stream fails with.
  }
}

export interface PlayedUpserts extends ScenarioResult {
  /** How each stream ended. */
  readonly outcomes: readonly Outcome[]
}

/** Rejects when something doesn't hold. */
export const playUpserts = async (seed: number, surroundings?: Surroundings): Promise<PlayedUpserts> => {
  await using opened = await openSeed(seed, surroundings)
  const { random, emulator } = opened
  await emulator.createTable({
    ...{ name: 't', columns: { id: 'bigint', name: 'string', n: 'bigint' }, primaryKey: ['id'] },
    properties: {
      'acid.partial.fields.update.enable': 'true',
      'write.bucket.num': String(random.integer(1, 20)),
    },
  })
  const tunnel = opened.connect({ retry: { attempts: 6 } })
  const outcomes: Outcome[] = []
  let [code, retries]: [string | undefined, number] = [undefined, 0]
  let model: Model = new Map()
  for (let round = random.integer(1, 3); round > 0; round--) {
    const changes = Array.from({ length: random.integer(0, 300) }, () => randomChange(random))
    emulator.setFaults(troublesOf(opened, random.pick([0, 0.05, 0.2, 0.5])))
    const stream = tunnel.createUpsertStream({
      table: 't',
      flushRows: random.integer(1, 60),
      bufferBytes: random.integer(1, 30_000),
      concurrency: random.integer(1, 8),
      slots: random.integer(1, 4),
      compression: random.pick(['raw', 'snappy', 'deflate']),
    })
    const stopsAfter = random.chance(0.2) ? random.integer(0, changes.length) : Number.POSITIVE_INFINITY
    const ending = endingOf(stream)
    await writeAndStop(stream, changes, stopsAfter)
    const { outcome, code: failure } = await ending
    outcomes.push(outcome)
    code = failure ?? code
    retries += stream.stats.retries
    if (!stream.closed) await once(stream, 'close')
    emulator.setFaults()
    const after = new Map(model)
    for (const { apply } of changes) apply(after)
    const found = await rowsOf(emulator)
    const isNew = outcome === 'committed' || (outcome === 'unknown' && isDeepStrictEqual(found, after))
    assert.deepEqual(found, isNew ? after : model, `seed ${seed}: ${outcomes}`)
    model = found
  }
  return { ...opened.result(code, retries), outcomes }
}
