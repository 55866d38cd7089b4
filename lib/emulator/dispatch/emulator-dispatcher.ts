import { Dispatcher } from 'undici'
import type { ServiceClock } from '../clock.js'
import type { Exchange } from '../server/exchange.js'
import { connectionRefused, DispatchExchange } from './dispatch-exchange.js'
import { handlerOf } from './dispatch-handler.js'

/*
 * The emulator behind undici's own door: what would go out of a client to a connection goes to the request handler instead.
 * It runs on promises only, with no timer, no immediate and no tick of its own, so fake timers and sandboxes without ports don't
 * disturb it, and the order of events is the same in each run.
 */

/** Answers the requests for any origin. */
export class EmulatorDispatcher extends Dispatcher {
  readonly #handle: (exchange: Exchange) => Promise<void>
  readonly #clock: ServiceClock
  readonly #running = new Set<DispatchExchange>()
  #isClosed = false

  constructor(handle: (exchange: Exchange) => Promise<void>, clock: ServiceClock) {
    super()
    this.#handle = handle
    this.#clock = clock
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const exchange = new DispatchExchange(options, handlerOf(handler), this.#clock)
    void this.#run(exchange)
    return true
  }

  async #run(exchange: DispatchExchange): Promise<void> {
    this.#running.add(exchange)
    if (exchange.start()) {
      if (this.#isClosed) exchange.fail(connectionRefused())
      else await this.#handle(exchange)
    }
    this.#running.delete(exchange)
  }

  /** Cuts what runs; later requests fail like those to a port where nobody listens. */
  override async close(callback?: () => void): Promise<void> {
    this.#isClosed = true
    for (const exchange of this.#running) exchange.cut()
    callback?.()
  }

  override async destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> {
    await this.close(typeof error === 'function' ? error : callback)
  }
}
