import type { Writable } from 'node:stream'
import { type Deferred, deferred } from '../session/deferred.js'

/*
 * Tells how a stream ended, exactly once. A failure has three ways out: the event `error`, the promise `committed`, and
 * the promises of writes that are pending. If somebody listens to the event, the event tells, and the rejected promises
 * count as handled. If nobody does, the promises that were asked for tell, and the event goes to nobody without ending the
 * process. If there is neither, Node ends the process as for any `error` that nobody hears. Which one it is can be known
 * only at the moment of the failure, so nothing listens in advance.
 */

type End<Result> = { readonly result: Result } | { readonly error: Error }

export class UploadOutcome<Result> {
  readonly #stream: Writable
  /** Made on first read, so that it tells only who asked. */
  #committed: Deferred<Result> | undefined
  readonly #writes = new Set<Deferred<void>>()
  #end: End<Result> | undefined
  /** `pipe` listens for `error` as well, but only to throw it when nobody else does. */
  #pipes = 0

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('pipe', () => this.#pipes++)
    stream.on('unpipe', () => this.#pipes--)
  }

  get committed(): Promise<Result> {
    if (this.#committed === undefined) {
      this.#committed = deferred()
      if (this.#end !== undefined) this.#settleCommitted(this.#end)
    }
    return this.#committed.promise
  }

  /** A write whose promise rejects when the stream fails before {@link end} was called for it. */
  begin(): Deferred<void> {
    const write = deferred<void>()
    this.#writes.add(write)
    return write
  }

  /** @param error of the write alone: the stream goes on */
  end(write: Deferred<void>, error?: Error): void {
    if (!this.#writes.delete(write)) return
    if (error === undefined) write.resolve()
    else write.reject(error)
  }

  resolve(result: Result): void {
    this.#end = { result }
    this.#committed?.resolve(result)
  }

  /**
   * To be called when the stream is destroyed, before it emits anything.
   * @param failure null: its owner destroyed it, which is no failure
   * @param error what the promises reject with
   */
  reject(failure: Error | null, error: Error): void {
    const isOpen = this.#end === undefined
    if (isOpen) this.#end = { error }
    const telling = [...(isOpen && this.#committed ? [this.#committed] : []), ...this.#writes]
    const isHeard = failure === null || this.#stream.listenerCount('error') > this.#pipes
    for (const { promise, reject } of telling) {
      if (isHeard) promise.catch(ignore)
      reject(error)
    }
    this.#writes.clear()
    if (!isHeard && telling.length > 0) this.#stream.once('error', ignore)
  }

  #settleCommitted(end: End<Result>): void {
    if ('result' in end) this.#committed!.resolve(end.result)
    else {
      // The failure was told before anybody asked.
      this.#committed!.promise.catch(ignore)
      this.#committed!.reject(end.error)
    }
  }
}

const ignore = (): void => {}
