import cliProgress from 'cli-progress'

export interface Progress {
  readonly rows: number
  readonly rawBytes: number
  readonly detail: string
}

/** A bar on a terminal, a plain line every two seconds elsewhere. */
export class ProgressBar {
  readonly #name: string
  readonly #total: number
  readonly #start = performance.now()
  readonly #bar: cliProgress.SingleBar | undefined
  #lastLine = 0

  constructor(name: string, total: number) {
    this.#name = name
    this.#total = total
    if (!process.stdout.isTTY) return
    const format = `${name.padEnd(9)} {bar} {percentage}% | {rows} rows | {speed} MB/s | {detail} | ETA {eta} s`
    this.#bar = new cliProgress.SingleBar({ format, hideCursor: true }, cliProgress.Presets.shades_classic)
    this.#bar.start(total, 0, { rows: 0, speed: '0.0', detail: '' })
  }

  update(progress: Progress): void {
    const seconds = (performance.now() - this.#start) / 1000
    const speed = (progress.rawBytes / 1e6 / Math.max(seconds, 0.001)).toFixed(1)
    const rows = progress.rows.toLocaleString('en')
    this.#bar?.update(progress.rows, { rows, speed, detail: progress.detail })
    if (this.#bar !== undefined || seconds - this.#lastLine < 2) return
    this.#lastLine = seconds
    const percent = Math.floor((100 * progress.rows) / this.#total)
    console.log(`${this.#name}: ${percent} %, ${rows} rows, ${speed} MB/s, ${progress.detail}`)
  }

  stop(progress: Progress): void {
    this.#lastLine = Number.NEGATIVE_INFINITY
    this.update(progress)
    this.#bar?.stop()
  }
}
