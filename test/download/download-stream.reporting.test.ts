import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import type { DownloadStream } from '../../lib/download/download-stream.js'
import { emulatedTable, fillTable } from '../session/emulated-table.js'

const failures = {
  parser: { parsers: { id: () => assert.fail('no good') } },
  'refused session': { table: 'missing' },
  abort: {},
  'destroy(err)': {},
} as const

const sink = (): Writable => new Writable({ objectMode: true, write: (_row, _encoding, done) => done() })

/** How the caller listens; each tells by `told`. */
const tellers: Readonly<Record<string, (stream: DownloadStream, told: () => void) => void>> = {
  event: (stream, told) => void stream.on('error', told).resume(),
  finished: (stream, told) => void finished(stream.resume()).catch(told),
  pipeline: (stream, told) => void pipeline(stream, sink()).catch(told),
  toArray: (stream, told) => void stream.toArray().catch(told),
  'for await': (stream, told) => {
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    }
    read().catch(told)
  },
  none: stream => void stream.resume(),
}

describe('a failed download is told exactly once', () => {
  for (const failure of Object.keys(failures) as (keyof typeof failures)[])
    test(failure, async context => {
      const table = await emulatedTable(context)
      await fillTable(table, 10)
      let unheard = (): void => {}
      let reports: string[] = []
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.on('uncaughtException', () => {
        reports.push('process')
        unheard()
      })
      context.after(() => {
        process.removeAllListeners('uncaughtException')
        for (const listener of listeners) process.on('uncaughtException', listener)
      })
      for (const [name, listen] of Object.entries(tellers)) {
        reports = []
        const abort = new AbortController()
        const options = { table: 't', signal: abort.signal, ...failures[failure] }
        const stream = table.tunnel.createDownloadStream(options) as DownloadStream
        const ended = new Promise<void>(resolve => {
          unheard = resolve
          stream.once('close', resolve)
        })
        listen(stream, () => reports.push(name))
        if (failure === 'abort') abort.abort()
        if (failure === 'destroy(err)') stream.destroy(new Error('stopped'))
        await ended
        for (let i = 0; i < 3; i++) await new Promise(setImmediate)
        assert.deepEqual(reports, [name === 'none' ? 'process' : name], name)
      }
    })
})
