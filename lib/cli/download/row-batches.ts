import type { DownloadStream } from '../../index.js'

const batchRows = 1000

/** Takes from the stream what it holds, a batch at a time: quicker than row by row. */
export async function* rowBatches(
  stream: DownloadStream<unknown>,
): AsyncGenerator<readonly (readonly unknown[])[], void, undefined> {
  let wake = (): void => {}
  let ended = false
  let failure: Error | undefined
  stream.on('readable', () => wake())
  stream.on('end', () => {
    ended = true
    wake()
  })
  stream.on('error', error => {
    failure = error
    wake()
  })
  stream.on('close', () => {
    ended = true
    wake()
  })
  try {
    for (;;) {
      const changed = new Promise<void>(resolve => {
        wake = resolve
      })
      const rows = takeRows(stream)
      if (rows.length > 0) yield rows
      else if (failure !== undefined) throw failure
      else if (ended) return
      else await changed
    }
  } finally {
    stream.destroy()
  }
}

const takeRows = (stream: DownloadStream<unknown>): (readonly unknown[])[] => {
  const rows: (readonly unknown[])[] = []
  while (rows.length < batchRows) {
    const row = stream.read() as readonly unknown[] | null
    if (row === null) break
    rows.push(row)
  }
  return rows
}
