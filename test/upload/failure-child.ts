/*
 * Plays failing uploads and prints, a line each, who was told: `<teller> <reports>`. What nobody hears would end the process;
 * with the argument `watch` it is counted instead, so that one process plays many.
 */
import { writeSync } from 'node:fs'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { Tunnel } from '../../lib/tunnel.js'
import type { UploadStream } from '../../lib/upload/upload-stream.js'

const [endpoint = '', failure = '', mode = '', ...names] = process.argv.slice(2)

const tunnel = new Tunnel({
  ...{ endpoint, project: 'p', credentials: { accessKeyId: 'test-id', accessKeySecret: 'test-secret' } },
  retry: { attempts: 1, minDelayMs: 0, maxDelayMs: 0 },
})

let reports: string[] = []
let unheard = (): void => {}
const tell = (who: string) => (): void => void reports.push(who)

/** Ends by itself only before a commit: the other failures come while more rows are awaited. */
async function* rows(): AsyncGenerator<unknown[], void, undefined> {
  yield [1n, 'a']
  yield failure === 'bad row' ? ['one', 'b'] : [2n, 'b']
  for (let id = 3n; id < 300n; id++) yield [id, 'c']
  if (failure !== 'refused commit') await new Promise(() => {})
}

const feed = (upload: UploadStream): void => {
  upload.write([1n, 'a'])
  upload.write(failure === 'bad row' ? ['one', 'b'] : [2n, 'b'])
  for (let id = 3n; id < 60n; id++) upload.write([id, 'c'])
  if (failure === 'refused commit') upload.end()
}

const batch = failure === 'bad row' ? [['one', 'b']] : Array.from({ length: 250 }, (_, i) => [BigInt(i), 'x'])

const writeBatch = (upload: UploadStream, caught: boolean): void => {
  const written = upload.writeBatch(batch)
  if (caught) written.catch(tell('writeBatch'))
  if (failure === 'refused commit') upload.end()
}

const writeAll = (upload: UploadStream, caught: boolean): void => {
  const written = upload.writeAll(rows())
  if (caught) written.catch(tell('writeAll'))
  if (failure === 'refused commit')
    written.then(
      () => upload.end(),
      () => {},
    )
}

const committed = (upload: UploadStream, caught: boolean): void => {
  const promise = upload.committed
  if (caught) promise.catch(tell('committed'))
}

/** How the caller listens. */
const tellers: Readonly<Record<string, (upload: UploadStream) => void>> = {
  pipeline: upload => void pipeline(rows(), upload).catch(tell('pipeline')),
  'pipeline, committed': upload => {
    committed(upload, false)
    pipeline(rows(), upload).catch(tell('pipeline'))
  },
  finished: upload => {
    finished(upload).catch(tell('finished'))
    feed(upload)
  },
  event: upload => {
    upload.on('error', tell('event'))
    feed(upload)
  },
  'event, committed before': upload => {
    upload.on('error', tell('event'))
    committed(upload, false)
    feed(upload)
  },
  'event, committed after': upload => {
    upload.on('error', tell('event'))
    upload.once('close', () => committed(upload, false))
    feed(upload)
  },
  'committed caught': upload => {
    committed(upload, true)
    feed(upload)
  },
  'committed uncaught': upload => {
    committed(upload, false)
    feed(upload)
  },
  'pipe, committed caught': upload => {
    committed(upload, true)
    Readable.from(rows()).pipe(upload)
  },
  'pipe, committed uncaught': upload => {
    committed(upload, false)
    Readable.from(rows()).pipe(upload)
  },
  pipe: upload => void Readable.from(rows()).pipe(upload),
  'writeBatch caught': upload => writeBatch(upload, true),
  'writeBatch uncaught': upload => writeBatch(upload, false),
  'event, writeBatch uncaught': upload => {
    upload.on('error', tell('event'))
    writeBatch(upload, false)
  },
  'writeAll caught': upload => writeAll(upload, true),
  'writeAll uncaught': upload => writeAll(upload, false),
  none: feed,
}

const stop = new Map<string, (upload: UploadStream, abort: AbortController) => void>([
  ['abort', (_, abort) => abort.abort()],
  ['destroy()', upload => void upload.destroy()],
  ['destroy(err)', upload => void upload.destroy(new Error('stopped'))],
]).get(failure)

const table = failure === 'refused block' ? 'blocks' : failure === 'refused commit' ? 'commits' : 't'

const play = async (name: string): Promise<void> => {
  reports = []
  const abort = new AbortController()
  const upload = tunnel.createUploadStream({
    ...{ table, blockRows: 50, concurrency: 1, signal: abort.signal },
  })
  // Node emits no `close` behind an `error` that nobody hears.
  const ended = new Promise<void>(resolve => {
    upload.once('close', resolve)
    unheard = resolve
  })
  tellers[name]!(upload)
  if (stop !== undefined) stop(upload, abort)
  await ended
  for (let i = 0; i < 3; i++) await turn()
}

process.on('exit', () => mode === 'exit' && writeSync(1, `${names[0]}: ${reports.join(' ') || 'nobody'}\n`))
if (mode === 'watch')
  process.on('uncaughtException', () => {
    reports.push('process')
    unheard()
  })

for (const name of names.length > 0 ? names : Object.keys(tellers)) {
  await play(name)
  if (mode === 'watch') writeSync(1, `${name}: ${reports.join(' ') || 'nobody'}\n`)
}
await tunnel.close()
