import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { compressionNames } from '../../lib/compression/compression.js'
import type { Emulator, EmulatorRequest, Fault, QueryAnswer } from '../../lib/emulator/index.js'
import { type Tunnel, TunnelError } from '../../lib/index.js'
import { type OpenSeed, openSeed } from '../faults/open-seed.js'
import type { Random } from '../faults/random.js'
import type { ScenarioResult } from '../faults/run-scenario.js'
import type { Surroundings } from '../faults/surroundings.js'

/*
 * One seed, one table: some statements after each other, each with trouble of its own, some stopped at any request. A query gives
 * all rows of the table, each once and in their order, or an error after the first of them; a statement that inserts is never done
 * twice, and who is told that a call may be repeated can rely on that it wasn't done at all.
 */

const columns = { id: 'bigint', name: 'string' } as const
type Cells = readonly [id: number, name: string | null]

const randomRows = (random: Random): Cells[] =>
  Array.from({ length: random.integer(0, 60) }, (_, id) => [
    id,
    random.chance(0.1) ? null : `name ${random.integer(0, 1e6)}`,
  ])

type Way = 'stream' | 'query' | 'execute'

interface Statement {
  readonly way: Way
  /** How long its instance runs; 0 leaves it to the emulator's own SQL. */
  readonly runMs: number
  /** How much of its requests has trouble. */
  readonly rate: number
  /** Stopped when the service gets so many requests of it, and whether by destroying its stream. */
  readonly stop: { readonly at: number; readonly destroys: boolean } | undefined
}

const planStatement = (random: Random): Statement => {
  const way = random.pick<Way>(['stream', 'stream', 'query', 'execute'])
  return {
    way,
    runMs: random.chance(0.5) ? 0 : random.integer(1, 20_000),
    rate: random.pick([0, 0.05, 0.2, 0.5]),
    stop: random.chance(0.25)
      ? { at: random.integer(1, 8), destroys: way === 'stream' && random.chance(0.5) }
      : undefined,
  }
}

const troubles: readonly Fault[] = [
  ...(['reset', 'drop-answer', 'drop-answer', 'hang'] as const),
  ...[{ status: 429 }, { status: 500 }, { status: 503, headers: { 'Retry-After': '2' } }],
  ...[
    { status: 502, body: '' },
    { status: 504, body: '<html>bad gateway</html>' },
  ],
]

/** What ends a statement, by request; a service says it seldom. */
const endings: Readonly<Record<string, readonly Fault[]>> = {
  submitInstance: [{ status: 403, code: 'NoPermission' }, { cutRequestAfter: 9 }],
  listInstances: [{ status: 403, code: 'NoPermission' }],
  getInstance: [{ status: 404, code: 'NoSuchObject' }],
  createResultDownload: [{ status: 403, code: 'NoPermission' }],
  readResult: [{ status: 404, code: 'NoSuchDownload' }],
}

const planTrouble = (random: Random, action: string): Fault => {
  if (action === 'readResult' && random.chance(0.6)) {
    const at = random.integer(0, 400)
    return random.pick([{ cutBodyAfter: at }, { stallBodyAfter: at }, { corruptBodyAt: at }])
  }
  const ends = endings[action]
  return ends !== undefined && random.chance(0.08) ? random.pick(ends) : random.pick(troubles)
}

const isOfQueries = ({ action }: EmulatorRequest): boolean => /Instances?$|Result/.test(action)

export interface PlayedQueries extends ScenarioResult {
  /** How each statement ended: `whole`, `stopped`, or the code of its error. */
  readonly endings: readonly string[]
}

/** Plays the statements of a seed. Rejects when something doesn't hold. */
export const playQueries = async (seed: number, surroundings?: Surroundings): Promise<PlayedQueries> => {
  await using opened = await openSeed(seed, surroundings)
  const { random, emulator } = opened
  const rows = randomRows(random)
  await emulator.createTable({ name: 't', columns })
  await emulator.insert('t', rows)
  await emulator.createTable({ name: 'u', columns })
  const retry = { attempts: random.integer(2, 6), minDelayMs: 10, maxDelayMs: 1000 }
  const tunnel = opened.connect({ retry, requestTimeoutMs: 1000 })
  const play = new Play(opened, tunnel, rows)
  for (let left = random.integer(1, 3); left > 0; left--) await play.run(planStatement(random))
  const code = play.endings.findLast(ending => ending !== 'whole')
  return { ...opened.result(code === 'stopped' ? 'ABORT_ERR' : code, play.retries), endings: play.endings }
}

/** What a statement came to, as its caller sees it. */
interface Ending {
  readonly rows: readonly unknown[]
  readonly error: unknown
  /** It says that these are all. */
  readonly isWhole: boolean
}

const whole = (rows: readonly unknown[]): Ending => ({ rows, error: undefined, isWhole: true })

class Play {
  readonly endings: string[] = []
  retries = 0
  readonly #random: Random
  readonly #emulator: Emulator
  readonly #fire: OpenSeed['fire']
  readonly #tunnel: Tunnel
  readonly #rows: readonly Cells[]
  #inserted = 0
  /** Of the statement that is played: its requests, and how often the service has run it. */
  #requests = 0
  #runs = 0
  #stops = 0

  constructor({ random, emulator, fire }: OpenSeed, tunnel: Tunnel, rows: readonly Cells[]) {
    this.#random = random
    this.#emulator = emulator
    this.#fire = fire
    this.#tunnel = tunnel
    this.#rows = rows
  }

  async run(statement: Statement): Promise<void> {
    const { way, runMs, stop } = statement
    ;[this.#requests, this.#runs, this.#stops] = [0, 0, 0]
    let isStopped = false
    const halt = new AbortController()
    let destroy = (): void => halt.abort('enough')
    this.#emulator.queries = () => this.#answer(way, runMs)
    this.#emulator.setFaults(request => {
      if (!isOfQueries(request)) return undefined
      if (++this.#requests === stop?.at) {
        isStopped = true
        destroy()
      }
      return this.#trouble(request.action, statement.rate)
    })
    const { rows, error, isWhole } = await this.#play(way, halt.signal, end => {
      if (stop?.destroys) destroy = end
    })
    const sent = this.#requests
    for (let i = 0; i < 3; i++) await turn()
    assert.equal(this.#requests, sent, 'a request after the end')
    this.#emulator.setFaults()
    this.#emulator.queries = undefined
    this.#checkError(error, isStopped)
    assert.equal(isWhole || error !== undefined || isStopped, true, 'neither all rows nor an error')
    if (way !== 'execute') this.#checkRows(rows, isWhole)
    await this.#checkRuns(way, error, isWhole)
    this.endings.push(isWhole ? 'whole' : isStopped ? 'stopped' : String(Reflect.get(Object(error), 'code')))
  }

  /** Instances that run for a while are told as answers; the emulator's own SQL ends at once. */
  #answer(way: Way, runMs: number): QueryAnswer | undefined {
    this.#runs++
    return way === 'execute' || runMs === 0 ? undefined : { columns, rows: this.#rows, runMs }
  }

  #trouble(action: string, rate: number): Fault | undefined {
    if (action === 'stopInstance') this.#stops++
    // The only request of a statement that can go on in the middle.
    if (!this.#random.chance(action === 'readResult' ? Math.sqrt(rate) : rate)) return undefined
    return this.#fire(planTrouble(this.#random, action))
  }

  async #play(way: Way, signal: AbortSignal, takesEnd: (end: () => void) => void): Promise<Ending> {
    if (way === 'stream') return this.#stream(signal, takesEnd)
    try {
      if (way === 'query') return whole(await this.#tunnel.query(this.#query(signal)))
      await this.#tunnel.execute({ sql: 'INSERT INTO u SELECT * FROM t', signal })
      return whole([])
    } catch (error) {
      return { rows: [], error, isWhole: false }
    }
  }

  async #stream(signal: AbortSignal, takesEnd: (end: () => void) => void): Promise<Ending> {
    const stream = this.#tunnel.createQueryStream(this.#query(signal))
    takesEnd(() => stream.destroy())
    const rows: unknown[] = []
    let error: unknown
    let isWhole = false
    stream.on('data', row => rows.push(row)).on('error', failure => (error = failure))
    stream.on('end', () => (isWhole = true))
    if (!stream.closed) await new Promise(resolve => stream.once('close', resolve))
    this.retries += stream.stats.retries
    return { rows, error, isWhole }
  }

  #query(signal: AbortSignal) {
    return {
      sql: 'SELECT * FROM t',
      rangeRows: this.#random.integer(1, 40),
      concurrency: this.#random.integer(1, 4),
      compression: this.#random.pick(['raw', ...compressionNames] as const),
      bigint: 'number',
      rowShape: 'array',
      signal,
    } as const
  }

  #checkError(error: unknown, isStopped: boolean): void {
    if (error === undefined || error instanceof TunnelError) return
    const isOurs = isStopped && error instanceof Error && error.name === 'AbortError'
    assert.equal(isOurs, true, `the error is none of ours: ${String(error)}`)
  }

  #checkRows(rows: readonly unknown[], isWhole: boolean): void {
    assert.deepEqual(rows, isWhole ? this.#rows : this.#rows.slice(0, rows.length), 'the rows of the query')
  }

  async #checkRuns(way: Way, error: unknown, isWhole: boolean): Promise<void> {
    assert.equal(this.#runs <= 1, true, `the statement ran ${this.#runs} times`)
    if (isWhole) assert.equal(this.#runs, 1, 'a statement that is done has run')
    assert.equal(this.#stops <= 1, true, `stopped ${this.#stops} times`)
    if (way !== 'execute') return
    this.#inserted += this.#runs
    const held = await this.#emulator.rows('u', undefined, { bigint: 'number', rowShape: 'array' })
    assert.deepEqual(held, Array.from({ length: this.#inserted }, () => this.#rows).flat())
    if (error instanceof TunnelError && Reflect.get(error, 'retryable') === true)
      assert.equal(this.#runs, 0, `${error.code} says that the call may be repeated, but it was done`)
  }
}
