import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'

/**
 * The chunks of a stream as they come, to be iterated once; it is destroyed when the iteration ends. Node's own iterator joins
 * all bytes that have come since it was asked last, which copies most of them, and leaves as much to the engine.
 */
export async function* chunksOf<Chunk>(stream: Readable): AsyncGenerator<Chunk, undefined, undefined> {
  const chunks: Chunk[] = []
  let isOver = false
  let wake: (() => void) | undefined
  const end = finished(stream, { writable: false }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  const stir = (): void => {
    wake?.()
    wake = undefined
  }
  end.then(() => {
    isOver = true
    stir()
  })
  stream.on('data', (chunk: Chunk) => {
    chunks.push(chunk)
    if (wake === undefined) stream.pause()
    else stir()
  })
  try {
    for (;;) {
      const chunk = chunks.shift()
      if (chunk !== undefined) yield chunk
      else if (isOver) break
      else
        await new Promise<void>(resolve => {
          wake = resolve
          if (stream.isPaused()) stream.resume()
        })
    }
    const failed = await end
    if (failed !== undefined) throw failed.error
    return undefined
  } finally {
    stream.destroy()
  }
}
