import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { RowBatch } from '../codec/rows/row-batch.js'
import { asError, TunnelError } from '../errors.js'
import { nothing, stage } from './stage.js'

/** What rows go to: an UploadStream, or any Writable in object mode. */
export type RowTarget = Writable & {
  /** Taken for a {@link RowBatch}, if it is there; else its rows are written one by one. */
  readonly writeBatch?: (rows: readonly never[]) => Promise<void>
}

/**
 * The end of a `chain([...])` of stream-chain: writes rows, or batches of `batch(n)`, to an upload with back-pressure.
 * The chain finishes when the upload has, that is when its rows are committed; a failed commit fails the chain. A chain
 * that fails or is destroyed destroys the upload, and nothing is committed.
 *
 * All links of the chain must be functions: behind a stream in the middle of the list, stream-chain reports the end
 * before the upload's. `pipeline(source, chain([...]), upload)` has no such condition.
 */
export const toTable = (upload: RowTarget): ((value: unknown) => Promise<never> | never) => {
  const target = new Target(upload)
  return stage((value: unknown) => target.write(value), {
    flush: () => target.end(),
    abort: () => target.abort(),
  })
}

class Target {
  readonly #stream: RowTarget
  #failure: Error | undefined
  #wake: () => void = () => {}

  /** It hears of a failure in place of the chain, which asks for it by the next row or its end; then it is gone. */
  constructor(stream: RowTarget) {
    this.#stream = stream
    this.#failure = stream.errored ?? undefined
    if (!stream.closed) stream.on('error', this.#fail).on('drain', this.#go).once('close', this.#leave)
  }

  readonly #fail = (error: unknown): void => {
    this.#failure = asError(error)
  }

  readonly #go = (): void => this.#wake()

  /** Nothing is emitted behind `close`. */
  readonly #leave = (): void => {
    this.#wake()
    this.#stream.off('error', this.#fail).off('drain', this.#go)
  }

  write(value: unknown): Promise<never> | never {
    this.#check()
    if (value instanceof RowBatch) return this.#writeBatch(value)
    return this.#stream.write(value) ? nothing : this.#drained()
  }

  async end(): Promise<undefined> {
    this.#check()
    this.#stream.end()
    await finished(this.#stream, { readable: false, cleanup: true })
  }

  async abort(): Promise<void> {
    if (this.#stream.closed) return
    const closed = new Promise<void>(resolve => this.#stream.once('close', resolve))
    this.#stream.destroy()
    await closed
  }

  async #writeBatch(rows: RowBatch): Promise<never> {
    if (this.#stream.writeBatch) await this.#stream.writeBatch(rows as readonly unknown[] as readonly never[])
    else for (const row of rows) if (!this.#stream.write(row)) await this.#drained()
    return nothing
  }

  async #drained(): Promise<never> {
    await new Promise<void>(resolve => {
      this.#wake = resolve
      if (this.#stream.closed) resolve()
    })
    this.#check()
    return nothing
  }

  /** A stream that was destroyed elsewhere would take rows without a word. */
  #check(): void {
    if (this.#failure) throw this.#failure
    if (this.#stream.destroyed)
      throw new TunnelError(
        'ODPS_STREAM_DESTROYED',
        'toTable: the upload was destroyed before the chain had ended',
      )
  }
}
