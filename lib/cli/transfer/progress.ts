import type { MultiBar, SingleBar } from 'cli-progress'
import type { Call } from '../call.js'
import { cutStartToWidth, cutToWidth, padToWidth } from '../table/width.js'
import { visibleInLine } from '../visible.js'
import { countOf, formatBytes, formatCount, formatDuration } from './units.js'

/*
 * How far a transfer is, for whoever watches: bars on a terminal, a line now and then in a log, an event with --json. A
 * snapshot is taken when something is drawn, so the transfer itself is never slowed by being watched. The bars come
 * from a package that is loaded with the first of them.
 */

/** One file of a transfer: how much of it is done, in bytes of the file when uploading, in rows when downloading. */
export interface FileProgress {
  readonly name: string
  readonly done: number
  /** Undefined when nobody knows. */
  readonly total: number | undefined
}

export interface ProgressSnapshot {
  readonly files: readonly FileProgress[]
  readonly rows: number
  readonly rawBytes: number
  readonly wireBytes: number
  readonly inFlight: number
  readonly retries: number
  readonly badRecords: number
  /** Partitions that are being committed, when all rows are on the service. */
  readonly committing?: number | undefined
}

export interface Progress {
  readonly start: () => Promise<void>
  /** May be called again. */
  readonly stop: () => void
}

/** What suits stderr: bars on a terminal, else a line every few seconds; events with --json; nothing with --quiet. */
export const progressOf = (call: Call, snapshot: () => ProgressSnapshot, isShown = true): Progress => {
  if (call.json) return new Ticker(1000, since => call.event('progress', describeEvent(snapshot(), since)))
  if (call.quiet || !isShown) return { start: async () => {}, stop: () => {} }
  if (call.terminal.stderr.isTTY) return new Bars(call, snapshot)
  return new Ticker(5000, since => {
    call.alert(describeLine(snapshot(), since, Number.POSITIVE_INFINITY))
  })
}

class Ticker implements Progress {
  readonly #intervalMs: number
  readonly #tick: (startedMs: number) => void
  #timer: NodeJS.Timeout | undefined

  constructor(intervalMs: number, tick: (startedMs: number) => void) {
    this.#intervalMs = intervalMs
    this.#tick = tick
  }

  async start(): Promise<void> {
    const started = performance.now()
    this.#timer = setInterval(() => this.#tick(started), this.#intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

const rates = (snapshot: ProgressSnapshot, startedMs: number) => {
  const seconds = Math.max(0.001, (performance.now() - startedMs) / 1000)
  const fraction = fractionOf(snapshot.files)
  return {
    seconds,
    fraction,
    eta: fraction === undefined || fraction === 0 ? undefined : (seconds / fraction) * (1 - fraction),
    raw: snapshot.rawBytes / seconds,
    wire: snapshot.wireBytes / seconds,
  }
}

const fractionOf = (files: readonly FileProgress[]): number | undefined => {
  let [done, total] = [0, 0]
  for (const file of files) {
    if (file.total === undefined) return undefined
    done += file.done
    total += file.total
  }
  return total === 0 ? undefined : Math.min(1, done / total)
}

const describeEvent = (snapshot: ProgressSnapshot, startedMs: number): object => {
  const { seconds, fraction, eta } = rates(snapshot, startedMs)
  const { files, ...counters } = snapshot
  return {
    ...counters,
    seconds: Number(seconds.toFixed(3)),
    ...(fraction !== undefined && { fraction: Number(fraction.toFixed(4)) }),
    ...(eta !== undefined && { etaSeconds: Math.round(eta) }),
    files,
  }
}

/**
 * What is left out first when a line is narrow, from the end on; the time that is left stays longest.
 */
const rank = ['eta', 'fraction', 'rows', 'bad', 'rate', 'retries', 'inFlight', 'wire'] as const

/** One line of at most so many columns. */
export const describeLine = (snapshot: ProgressSnapshot, startedMs: number, columns: number): string => {
  const { fraction, eta, raw, wire } = rates(snapshot, startedMs)
  const { retries, badRecords } = snapshot
  const parts = {
    rows: countOf(snapshot.rows, 'row'),
    fraction: fraction === undefined ? '' : `${Math.floor(fraction * 100)} %`,
    rate: `${formatBytes(raw)}/s`,
    wire: `${formatBytes(wire)}/s on the wire`,
    inFlight: `${snapshot.inFlight} in flight`,
    retries: retries === 0 ? '' : countOf(retries, 'retry', 'retries'),
    bad: badRecords === 0 ? '' : `${formatCount(badRecords)} bad`,
    eta: lastPart(snapshot.committing, eta),
  }
  const kept = new Set<string>(rank)
  const join = (): string =>
    Object.entries(parts)
      .filter(([name, text]) => kept.has(name) && text !== '')
      .map(([, text]) => text)
      .join(', ')
  for (let last = rank.length - 1; last > 0 && join().length > columns; last--) kept.delete(rank[last]!)
  return join()
}

const lastPart = (committing: number | undefined, eta: number | undefined): string => {
  if (committing !== undefined) return `committing ${countOf(committing, 'partition')}`
  return eta === undefined ? '' : `ETA ${formatDuration(eta)}`
}

const shownFiles = 8

/** A bar a file, and a line that sums up. */
class Bars implements Progress {
  readonly #call: Call
  readonly #snapshot: () => ProgressSnapshot
  #bars: MultiBar | undefined
  #lines: { readonly bar: SingleBar; readonly file: number | undefined }[] = []
  #timer: NodeJS.Timeout | undefined
  #started = 0

  constructor(call: Call, snapshot: () => ProgressSnapshot) {
    this.#call = call
    this.#snapshot = snapshot
  }

  async start(): Promise<void> {
    const { default: cliProgress } = await import('cli-progress')
    this.#started = performance.now()
    this.#bars = new cliProgress.MultiBar({
      stream: this.#call.terminal.stderr as NodeJS.WritableStream,
      hideCursor: true,
      stopOnComplete: false,
      clearOnComplete: false,
      emptyOnZero: true,
      autopadding: true,
      format: (_options, _params, payload: { line: string }) => payload.line,
    })
    this.#timer = setInterval(() => this.#show(), 200)
    this.#show()
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#bars === undefined) return
    this.#show()
    this.#bars.stop()
    this.#bars = undefined
  }

  #show(): void {
    const snapshot = this.#snapshot()
    // The last column stays free: some terminals begin a new line after it.
    const columns = (this.#call.terminal.stderr.columns || 80) - 1
    const more = snapshot.files.length - shownFiles
    const texts = [
      ...snapshot.files.slice(0, shownFiles).map(file => describeFile(file, columns)),
      ...(more > 0 ? [cutToWidth(`  … and ${countOf(more, 'more file')}`, columns)] : []),
      cutToWidth(describeLine(snapshot, this.#started, columns), columns),
    ]
    for (const [i, line] of texts.entries()) {
      const shown = this.#lines[i]
      if (shown === undefined) this.#lines.push({ bar: this.#bars!.create(1, 0, { line }), file: i })
      else shown.bar.update(0, { line })
    }
    this.#bars!.update()
  }
}

const maxBarColumns = 24
const maxNameColumns = 28

/** The name takes what the bar leaves, and the bar at least a few columns. */
export const describeFile = ({ name, done, total }: FileProgress, columns: number): string => {
  const isKnown = total !== undefined
  const end = isKnown ? ` ${String(percent(done, total)).padStart(3)} %` : ` ${formatCount(done)}`
  const barColumns = isKnown ? Math.max(0, Math.min(maxBarColumns, Math.floor(columns / 3))) : 0
  const left = columns - end.length - (isKnown ? barColumns + 1 : 0)
  const short = cutStartToWidth(visibleInLine(name), Math.max(0, Math.min(maxNameColumns, left)))
  const bar = isKnown ? ` ${drawBar(done, total, barColumns)}` : ''
  return cutToWidth(`${padToWidth(short, Math.min(maxNameColumns, left))}${bar}${end}`, columns)
}

const percent = (done: number, total: number): number =>
  total === 0 ? 100 : Math.floor(Math.min(1, done / total) * 100)

const drawBar = (done: number, total: number, columns: number): string => {
  const full = Math.round((total === 0 ? 1 : Math.min(1, done / total)) * columns)
  return `${'█'.repeat(full)}${'░'.repeat(columns - full)}`
}
