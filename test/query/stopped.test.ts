import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { createArrowDownloadStream } from '../../lib/arrow-streams/index.js'
import { type Answer, refuse, text } from '../http/scripted-server.js'
import { held, type QueryService, type QueryStep, startQueryService, xml } from './query-service.js'

/** How a caller stops waiting. Each resolves when that is over. */
const stops: Readonly<
  Record<string, (service: QueryService, stop: Promise<void>, released: () => void) => Promise<void>>
> = {
  'destroy()': async (service, stop, released) => {
    const stream = service.tunnel.createQueryStream({ sql: 'SELECT 1' })
    stream.on('error', assert.fail).resume()
    await stop
    const closed = once(stream, 'close')
    stream.destroy()
    released()
    await closed
  },
  'destroy() of a query in Arrow': async (service, stop, released) => {
    const stream = createArrowDownloadStream({ tunnel: service.tunnel, sql: 'SELECT 1', as: 'ipc' })
    stream.on('error', assert.fail).resume()
    await stop
    const closed = once(stream, 'close')
    stream.destroy()
    released()
    await closed
  },
  'the signal of a stream': async (service, stop, released) => {
    const abort = new AbortController()
    const stream = service.tunnel.createQueryStream({ sql: 'SELECT 1', signal: abort.signal })
    const failed = once(stream, 'error')
    const closed = new Promise(resolve => stream.once('close', resolve))
    stream.resume()
    await stop
    abort.abort('enough')
    released()
    const [error] = await failed
    assert.equal(error.name, 'AbortError')
    await closed
  },
  'the signal of query': async (service, stop, released) => {
    const abort = new AbortController()
    const rows = service.tunnel.query({ sql: 'SELECT 1', signal: abort.signal })
    const failed = assert.rejects(rows, { name: 'AbortError', cause: 'enough' })
    await stop
    abort.abort('enough')
    released()
    await failed
  },
  'the signal of execute': async (service, stop, released) => {
    const abort = new AbortController()
    const done = service.tunnel.execute({ sql: 'SELECT 1', signal: abort.signal })
    const failed = assert.rejects(done, { name: 'AbortError', cause: 'enough' })
    await stop
    abort.abort('enough')
    released()
    await failed
  },
}

const submitted: Answer = text('', 201, { location: 'http://x/api/projects/p/instances/I1' })
const running: Answer = xml('<Instance><Status>Running</Status></Instance>')

/** The request that is under way when it is stopped, and whether the instance is stopped then. */
const phases: readonly [QueryStep, Answer, boolean][] = [
  ['submit', submitted, true],
  ['status', running, true],
  // Only the tasks are not known yet: it has ended.
  ['tasks', running, false],
]

describe('a query that nobody waits for any more', () => {
  for (const [name, stop] of Object.entries(stops))
    for (const [step, answer, isStopped] of phases)
      test(`${name} while the answer to ${step} is awaited: ${isStopped ? 'stopped once' : 'left alone'}`, async context => {
        const service = await startQueryService(context)
        const waiting = held(answer)
        service.queued.set(step, [waiting.answer])
        await stop(service, waiting.arrived, waiting.release)
        const puts = service.requests.filter(({ method }) => method === 'PUT')
        assert.equal(puts.length, isStopped ? 1 : 0)
        if (!isStopped) return
        assert.equal(puts[0]!.path, '/api/projects/p/instances/I1')
        assert.equal(puts[0]!.headers['content-type'], 'application/xml')
        assert.equal(puts[0]!.body.toString(), '<Instance><Status>Terminated</Status></Instance>')
        assert.equal(service.steps().at(-1), 'stop')
      })

  for (const step of ['session', 'data'] as const)
    test(`destroy() while the answer to ${step} is awaited: the instance has ended, and is left alone`, async context => {
      const service = await startQueryService(context)
      const waiting = held(text(''))
      service.queued.set(step, [waiting.answer])
      await stops['destroy()']!(service, waiting.arrived, waiting.release)
      assert.ok(!service.steps().includes('stop'))
    })

  test('before it is sent: nothing is', async context => {
    const service = await startQueryService(context)
    const signal = AbortSignal.abort('early')
    await assert.rejects(service.tunnel.query({ sql: 'SELECT 1', signal }), { name: 'AbortError' })
    await assert.rejects(service.tunnel.execute({ sql: 'SELECT 1', signal }), { name: 'AbortError' })
    assert.deepEqual(service.steps(), [])
  })

  test('a stop that the service refuses changes nothing', async context => {
    const service = await startQueryService(context)
    const waiting = held(running)
    service.queued.set('status', [waiting.answer])
    service.queued.set('stop', [refuse(409, 'InvalidStateSetting')])
    await stops['destroy()']!(service, waiting.arrived, waiting.release)
    assert.equal(service.steps().filter(step => step === 'stop').length, 1)
  })

  test('whose submission was refused meanwhile: there is nothing to stop', async context => {
    const service = await startQueryService(context)
    const waiting = held(refuse(403, 'NoPermission'))
    service.queued.set('submit', [waiting.answer])
    await stops['destroy()']!(service, waiting.arrived, waiting.release)
    assert.deepEqual(service.steps(), ['submit'])
  })

  test('closes only after it was stopped', async context => {
    const service = await startQueryService(context)
    const [asked, stopping] = [held(running), held(text(''))]
    service.queued.set('status', [asked.answer])
    service.queued.set('stop', [stopping.answer])
    const stream = service.tunnel.createQueryStream({ sql: 'SELECT 1' })
    stream.resume()
    await asked.arrived
    stream.destroy()
    await stopping.arrived
    assert.equal(stream.closed, false)
    const closed = once(stream, 'close')
    stopping.release()
    await closed
  })
})
