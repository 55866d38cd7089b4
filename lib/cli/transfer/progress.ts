import type { MultiBar, SingleBar } from 'cli-progress'
import type { Call } from '../call.js'
import { printBytes, printCount, printDuration } from './units.js'

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
}

export interface Progress {
  readonly start: () => Promise<void>
  readonly stop: () => void
}

/** What suits stderr: bars on a terminal, else a line every few seconds; events with --json; nothing with --quiet. */
export const progressOf = (call: Call, snapshot: () => ProgressSnapshot, isShown = true): Progress => {
  if (call.json) return new Ticker(1000, since => call.event('progress', describeEvent(snapshot(), since)))
  if (call.quiet || !isShown) return { start: async () => {}, stop: () => {} }
  if (call.terminal.stderr.isTTY) return new Bars(call, snapshot)
  return new Ticker(5000, since => {
    call.terminal.stderr.write(`${describeLine(snapshot(), since)}\n`)
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

const describeLine = (snapshot: ProgressSnapshot, startedMs: number): string => {
  const { fraction, eta, raw, wire } = rates(snapshot, startedMs)
  return [
    `${printCount(snapshot.rows)} rows`,
    ...(fraction === undefined ? [] : [`${Math.floor(fraction * 100)} %`]),
    `${printBytes(raw)}/s (${printBytes(wire)}/s on the wire)`,
    `${snapshot.inFlight} in flight`,
    ...(snapshot.retries > 0 ? [`${snapshot.retries} retries`] : []),
    ...(snapshot.badRecords > 0 ? [`${snapshot.badRecords} bad`] : []),
    ...(eta === undefined ? [] : [`ETA ${printDuration(eta)}`]),
  ].join(', ')
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
    const columns = this.#call.terminal.stderr.columns ?? 80
    this.#bars = new cliProgress.MultiBar({
      stream: this.#call.terminal.stderr as NodeJS.WritableStream,
      hideCursor: true,
      stopOnComplete: false,
      clearOnComplete: false,
      emptyOnZero: true,
      autopadding: true,
      format: (_options, _params, payload: { line: string }) => payload.line.slice(0, columns - 1),
    })
    this.#timer = setInterval(() => this.#show(), 200)
    this.#show()
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#bars === undefined) return
    this.#show()
    this.#bars.stop()
  }

  #show(): void {
    const snapshot = this.#snapshot()
    const texts = [
      ...snapshot.files.slice(0, shownFiles).map(file => describeFile(file)),
      ...(snapshot.files.length > shownFiles
        ? [`  … and ${snapshot.files.length - shownFiles} more files`]
        : []),
      describeLine(snapshot, this.#started),
    ]
    for (const [i, line] of texts.entries()) {
      const shown = this.#lines[i]
      if (shown === undefined) this.#lines.push({ bar: this.#bars!.create(1, 0, { line }), file: i })
      else shown.bar.update(0, { line })
    }
    this.#bars!.update()
  }
}

const barColumns = 24

const describeFile = ({ name, done, total }: FileProgress): string => {
  const short = name.length > 28 ? `…${name.slice(-27)}` : name.padEnd(28)
  if (total === undefined) return `${short} ${printCount(done)}`
  const fraction = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.round(fraction * barColumns)
  return `${short} ${'█'.repeat(full)}${'░'.repeat(barColumns - full)} ${String(Math.floor(fraction * 100)).padStart(3)} %`
}
