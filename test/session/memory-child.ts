/*
 * Measures one transfer in a process of its own, the emulator in another: `upload` of rows as fast as they can be
 * made into a service that is slow, or `download` to a consumer that is slow. Prints the peak of memory (bytes of
 * buffers and of live heap after garbage collection) above what it was before, as JSON.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { RowBatch } from '../../lib/codec/rows/row-batch.js'
import { Tunnel } from '../../lib/tunnel.js'

const [direction = '', countText = '', lengthText = '', optionText = '{}'] = process.argv.slice(2)
const rowCount = Number(countText)
const text = 'x'.repeat(Number(lengthText))
const options = JSON.parse(optionText)

const used = (): number => {
  // Buffers are swept in the background after a collection; the next one waits for that.
  globalThis.gc?.()
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

function* batches(): Generator<RowBatch> {
  for (let i = 0; i < rowCount; i += 500)
    yield RowBatch.from(Array.from({ length: 500 }, (_, k) => [BigInt(i + k), text]))
}

const main = async (): Promise<void> => {
  const emulator = fork(new URL('./memory-emulator.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
  const [{ endpoint }] = (await once(emulator, 'message')) as [{ endpoint: string }]
  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
  const tunnel = new Tunnel({ endpoint, project: 'p', credentials })
  if (direction === 'download') await pipeline(batches(), tunnel.createUploadStream({ table: 't' }))
  const before = used()
  let peak = before
  const sample = (): void => {
    peak = Math.max(peak, used())
  }
  if (direction === 'upload') {
    emulator.send('slow')
    const upload = tunnel.createUploadStream({ table: 't', ...options })
    const timer = setInterval(sample, 20)
    await pipeline(batches(), upload)
    clearInterval(timer)
  } else {
    let rows = 0
    const consumer = new Writable({
      objectMode: true,
      write: (_row, _encoding, callback) => {
        if (++rows % 50_000 !== 0) return callback()
        // Long enough for everything that may be read ahead to arrive.
        void sleep(60).then(() => {
          sample()
          callback()
        })
      },
    })
    await pipeline(tunnel.createDownloadStream({ table: 't', ...options }), consumer)
    if (rows !== rowCount) throw new Error(`${rows} rows came, not ${rowCount}`)
  }
  console.log(JSON.stringify({ peakBytes: peak - before }))
  await tunnel.close()
  emulator.disconnect()
}

await main()
