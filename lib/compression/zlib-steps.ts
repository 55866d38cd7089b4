import type { Transform } from 'node:stream'
import { ChunkPool } from './chunk-pool.js'
import { damageOf, throughZlib } from './through-zlib.js'

/*
 * A decoder of node:zlib that is called for each piece of its output. As a stream it takes a turn of the thread pool and new
 * memory for each, and gains nothing by it: whoever reads the output waits meanwhile. Called, it writes to the same place again
 * and again. The call isn't documented, but packages have made it for a decade, as Node's own functions without a callback do.
 * Where a decoder looks otherwise, its stream serves, and in Bun and Deno, which have the call: in Deno it tells of no damage.
 */

/** Little enough to stay in the processor's caches until it is read. */
const stepBytes = 64 << 10
/** As all decoders have it, whatever they call it. */
const noFlush = 0

interface Steps {
  readonly _handle: {
    writeSync(
      ...args: [
        ...[flush: number, input: Uint8Array, inputAt: number, inputBytes: number],
        ...[output: Uint8Array, outputAt: number, outputBytes: number],
      ]
    ): void
  }
  /** What was left of the output's room and of the input. */
  readonly _writeState: Uint32Array
}

interface StepOptions {
  /** Whether nobody looks at output any more once more is asked for. */
  readonly isPassing: boolean
  /** What tells the decoder of the end of its input. Default: nothing does, as the input is known to be whole. */
  readonly finish?: number
  /** Told of chunks that have been read. */
  readonly release?: ((chunk: Uint8Array) => void) | undefined
}

/** Decodes chunks; bytes after the end are left alone. */
export async function* decodeInSteps(
  decoder: Transform,
  chunks: AsyncIterable<Uint8Array>,
  { isPassing, finish, release }: StepOptions,
): AsyncGenerator<Buffer, void, undefined> {
  if (!hasSteps(decoder)) return yield* throughZlib(decoder, chunks)
  // It is thrown below.
  decoder.on('error', () => {})
  const pool = new ChunkPool()
  const room = isPassing ? pool.take().subarray(0, stepBytes) : undefined
  try {
    const steps = new StepDecoder(decoder, room)
    for await (const chunk of chunks) {
      yield* steps.outputOf(chunk, noFlush)
      if (steps.ended) return
      release?.(chunk)
    }
    if (finish !== undefined) yield* steps.outputOf(nothing, finish)
  } finally {
    decoder.destroy()
    if (room !== undefined) pool.give([room])
    pool.clear()
  }
}

const nothing = new Uint8Array()
const isNode = !('bun' in process.versions || 'deno' in process.versions)

const hasSteps = (decoder: Transform): decoder is Transform & Steps => {
  const { _handle, _writeState } = decoder as Partial<Steps>
  return isNode && typeof _handle?.writeSync === 'function' && _writeState instanceof Uint32Array
}

class StepDecoder {
  readonly #decoder: Transform & Steps
  readonly #room: Buffer | undefined
  /** Whether it wants no more input. */
  ended = false

  constructor(decoder: Transform & Steps, room: Buffer | undefined) {
    this.#decoder = decoder
    this.#room = room
  }

  *outputOf(chunk: Uint8Array, flush: number): Generator<Buffer, void, undefined> {
    const { _handle: handle, _writeState: state } = this.#decoder
    let unread = chunk.length
    for (let isFull = true; isFull; ) {
      const out = this.#room ?? Buffer.allocUnsafeSlow(stepBytes)
      handle.writeSync(flush, chunk, chunk.length - unread, unread, out, 0, out.length)
      // A decoder that has failed is destroyed, and calling it once more would end the process.
      if (this.#decoder.errored) throw damageOf(this.#decoder.errored)
      const free = state[0]!
      unread = state[1]!
      isFull = free === 0
      if (free < out.length) yield out.subarray(0, out.length - free)
    }
    this.ended = unread > 0
  }
}
