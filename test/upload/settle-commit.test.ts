import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { getEventListeners } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { type TunnelErrorCode, TunnelServiceError, TunnelSessionError } from '../../lib/errors.js'
import { systemClock } from '../../lib/http/clock.js'
import {
  createUploadSession,
  openUploadSession,
  type UploadSession,
} from '../../lib/upload/upload-session.js'
import { type Answer, createFakeClock, json, refuse, reset, silence, text } from '../http/scripted-server.js'
import { blockOf, startTableService, type TableService, uploadJson } from '../session/table-service.js'

const begin = async (
  t: TestContext,
  options?: Parameters<typeof startTableService>[1],
): Promise<{ service: TableService; session: UploadSession }> => {
  const service = await startTableService(t, options)
  const session = await createUploadSession(service.table)
  await session.putBlock(0, blockOf(3))
  await session.putBlock(1, blockOf(4))
  service.requests.length = 0
  return { service, session }
}

const sessionError =
  (code: TunnelErrorCode, more: (error: TunnelSessionError) => void = () => {}) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof TunnelSessionError, String(error))
    assert.equal(error.code, code)
    assert.equal(error.sessionId, 'U1')
    more(error)
    return true
  }

describe('the block list is compared before the commit', () => {
  const refused = async (
    session: UploadSession,
    service: TableService,
    ids?: number[],
  ): Promise<TunnelSessionError> => {
    const error = await session.commit(ids).then(
      () => assert.fail('it was committed'),
      (e: unknown) => e,
    )
    assert.ok(error instanceof TunnelSessionError)
    assert.ok(!service.steps().includes('commit'))
    return error
  }

  test('a lost block', async t => {
    const { service, session } = await begin(t)
    service.blocks.delete(1)
    const error = await refused(session, service)
    assert.equal(error.code, 'ODPS_BLOCK_LIST_MISMATCH')
    assert.deepEqual(error.missing, [1])
    assert.match(error.message, /lacks block 1:/)
  })

  test("somebody else's block", async t => {
    const { service, session } = await begin(t)
    service.blocks.set(9, 1)
    const error = await refused(session, service)
    assert.equal(error.code, 'ODPS_BLOCK_LIST_MISMATCH')
    assert.deepEqual(error.missing, [])
    assert.match(error.message, /holds block 9, which/)
  })

  test('ids given: exactly those', async t => {
    const { service, session } = await begin(t)
    service.blocks.set(9, 1)
    assert.deepEqual((await refused(session, service, [0, 1, 2, 9])).missing, [2])
    assert.match((await refused(session, service, [0, 1])).message, /holds block 9/)
    assert.deepEqual((await session.commit([9, 1, 0, 1])).rows, 8)
  })

  test('a block with another number of rows than were sent', async t => {
    const { service, session } = await begin(t)
    service.blocks.set(1, 3)
    const error = await refused(session, service)
    assert.equal(error.code, 'ODPS_RECORD_COUNT_MISMATCH')
    assert.match(error.message, /block 1 was sent with 4 rows and holds 3/)
  })

  test('a service that tells no counts is believed', async t => {
    const { service, session } = await begin(t)
    const none = new Map([
      [0, undefined],
      [1, -1],
    ])
    service.queued.set('load', [json(uploadJson('normal', none))])
    assert.equal((await session.commit()).rows, 7)
  })

  test('a block whose last upload failed is not ours any more', async t => {
    const { service, session } = await begin(t)
    service.queued.set('put', [refuse(403, 'NoPermission')])
    await assert.rejects(session.putBlock(1, blockOf(9)), { code: 'ODPS_ACCESS_DENIED' })
    assert.match((await refused(session, service)).message, /holds block 1, which/)
  })

  test('blocks still being sent', async t => {
    const { service, session } = await begin(t)
    const sending = session.putBlock(2, blockOf(1))
    assert.equal((await refused(session, service)).code, 'ODPS_SESSION_STATUS')
    await sending
    assert.equal((await session.commit()).rows, 8)
  })

  test('blocks whose rows are still being read', async t => {
    const { service, session } = await begin(t)
    let go = (): void => {}
    const wait = new Promise<void>(resolve => {
      go = resolve
    })
    const rows = async function* () {
      await wait
      yield [1n, 'a']
    }
    const sending = session.upload(2, rows())
    assert.equal((await refused(session, service)).code, 'ODPS_SESSION_STATUS')
    await assert.rejects(session.upload(2, []), { code: 'ODPS_INVALID_OPTION' })
    go()
    await sending
  })

  test('an attached session takes what is there, but misses what it sent', async t => {
    const { service } = await begin(t)
    const attached = await openUploadSession(service.table, { sessionId: 'U1' })
    await attached.putBlock(5, blockOf(2))
    service.blocks.delete(5)
    assert.deepEqual((await refused(attached, service)).missing, [5])
    await attached.putBlock(5, blockOf(2))
    assert.deepEqual(await attached.commit(), { sessionId: 'U1', blockIds: [0, 1, 5], blocks: 3, rows: 9 })
  })

  test('no block at all is a commit of nothing', async t => {
    const service = await startTableService(t)
    const session = await createUploadSession(service.table, { overwrite: true })
    assert.deepEqual(await session.commit(), { sessionId: 'U1', blockIds: [], blocks: 0, rows: 0 })
    assert.deepEqual(service.steps(), ['create', 'load', 'commit'])
  })
})

describe('a lost answer', () => {
  /** Does what the commit should, and loses the answer. */
  const doneButLost =
    (service: TableService, answer: Answer): Answer =>
    (request, response) => {
      service.status = 'closed'
      answer(request, response)
    }
  const losses: [string, Answer][] = [
    ['reset', reset],
    ['502', text('<html/>', 502)],
    ['500', refuse(500, 'InternalServerError')],
    ['an answer that is no JSON', text('')],
  ]

  for (const [name, answer] of losses) {
    test(`${name}, work done: settled by loading`, async t => {
      const { service, session } = await begin(t)
      service.queued.set('commit', [doneButLost(service, answer)])
      assert.equal((await session.commit()).rows, 7)
      assert.equal(session.status, 'closed')
      assert.deepEqual(service.steps(), ['load', 'commit', 'load'])
    })

    test(`${name}, work not done: committed again`, async t => {
      const { service, session } = await begin(t)
      service.queued.set('commit', [answer])
      assert.equal((await session.commit()).rows, 7)
      assert.deepEqual(service.steps(), ['load', 'commit', 'load', 'commit'])
    })

    test(`${name}, and the session cannot be loaded: unknown`, async t => {
      const { service, session } = await begin(t)
      service.queued.set('commit', [answer])
      service.queued.set('load', [json(uploadJson('normal', service.blocks)), ...Array(4).fill(reset)])
      await assert.rejects(
        session.commit(),
        sessionError('ODPS_COMMIT_UNKNOWN', error => assert.equal(error.retryable, true)),
      )
    })
  }

  test('a timeout, work done', async t => {
    const { service, session } = await begin(t, { requestTimeoutMs: 800 })
    service.queued.set('commit', [doneButLost(service, silence)])
    await session.commit()
    assert.deepEqual(service.steps(), ['load', 'commit', 'load'])
  })

  for (const status of ['closing', 'committing', 'CLOSED'])
    test(`${status} counts as done`, async t => {
      const { service, session } = await begin(t)
      service.queued.set('commit', [reset])
      const { blocks } = service
      service.queued.set('load', [json(uploadJson('normal', blocks)), json(uploadJson(status, blocks))])
      await session.commit()
    })

  for (const status of ['canceled', 'expired', 'critical'])
    test(`${status} is an error that says so`, async t => {
      const { service, session } = await begin(t)
      service.queued.set('commit', [reset])
      const { blocks } = service
      service.queued.set('load', [json(uploadJson('normal', blocks)), json(uploadJson(status, blocks))])
      await assert.rejects(
        session.commit(),
        sessionError('ODPS_SESSION_STATUS', error => assert.equal(error.status, status)),
      )
    })

  test('StatusConflict on the repeat, closed: success', async t => {
    const { service, session } = await begin(t)
    const conflict: Answer = (request, response) => {
      service.status = 'closed'
      refuse(409, 'StatusConflict')(request, response)
    }
    service.queued.set('commit', [reset, conflict])
    await session.commit()
    assert.deepEqual(service.steps(), ['load', 'commit', 'load', 'commit', 'load'])
  })

  test('again and again, never done: given up as unknown', async t => {
    const clock = createFakeClock()
    const { service, session } = await begin(t, { clock })
    service.queued.set('commit', Array(9).fill(reset))
    clock.slept.length = 0
    await assert.rejects(session.commit(), sessionError('ODPS_COMMIT_UNKNOWN'))
    assert.equal(service.steps().filter(step => step === 'commit').length, 4)
    assert.deepEqual(clock.slept, [100, 200, 400])
  })

  test('an answer that says normal is loaded, and committed again', async t => {
    const { service, session } = await begin(t)
    service.queued.set('commit', [json(uploadJson('normal', service.blocks))])
    await session.commit()
    assert.deepEqual(service.steps(), ['load', 'commit', 'load', 'commit'])
  })
})

describe('refusals', () => {
  test('are final where the service says so', async t => {
    const { service, session } = await begin(t)
    service.queued.set('commit', [refuse(403, 'NoPermission')])
    await assert.rejects(
      session.commit(),
      error => error instanceof TunnelServiceError && error.code === 'ODPS_ACCESS_DENIED',
    )
    assert.deepEqual(service.steps(), ['load', 'commit', 'load'])
  })

  test('are not believed when the session is committed all the same: a proxy may have sent it twice', async t => {
    const { service, session } = await begin(t)
    service.queued.set('commit', [
      (request, response) => {
        service.status = 'closed'
        refuse(403, '')(request, response)
      },
    ])
    await session.commit()
    assert.equal(session.status, 'closed')
    assert.deepEqual(service.steps(), ['load', 'commit', 'load'])
  })

  test('after a lost answer leave it unknown, unless the session tells', async t => {
    const { service, session } = await begin(t)
    service.queued.set('commit', [reset, refuse(404, 'NoSuchUpload')])
    const { blocks } = service
    const normal = json(uploadJson('normal', blocks))
    service.queued.set('load', [normal, normal, refuse(404, 'NoSuchUpload')])
    await assert.rejects(session.commit(), sessionError('ODPS_COMMIT_UNKNOWN'))
  })

  test('throttling is waited for, and ends as what it is', async t => {
    const { service, session } = await begin(t)
    service.queued.set('commit', [refuse(429, 'FlowExceeded')])
    await session.commit()
    const second = await begin(t)
    second.service.queued.set('commit', Array(9).fill(refuse(429, 'FlowExceeded')))
    await assert.rejects(second.session.commit(), { code: 'ODPS_THROTTLED' })
  })
})

describe('a session that is not open', () => {
  test('closed: the commit is done already', async t => {
    const { service, session } = await begin(t)
    await session.commit()
    assert.equal((await session.commit()).rows, 7)
    assert.deepEqual(service.steps(), ['load', 'commit'])
  })

  test('closed by somebody else: done too, if with our blocks', async t => {
    const { service, session } = await begin(t)
    service.status = 'closed'
    assert.equal((await session.commit()).rows, 7)
    const other = await begin(t)
    other.service.status = 'closed'
    other.service.blocks.delete(1)
    await assert.rejects(
      other.session.commit(),
      sessionError('ODPS_BLOCK_LIST_MISMATCH', error => {
        assert.equal(error.status, 'closed')
        assert.match(error.message, /^Session U1 was committed before, but differently:/)
      }),
    )
    assert.deepEqual(other.service.steps(), ['load'])
  })

  for (const status of ['canceled', 'expired', 'critical'])
    test(`${status}: nothing is sent`, async t => {
      const { service, session } = await begin(t)
      service.status = status
      service.blocks.clear()
      await assert.rejects(
        session.commit(),
        sessionError('ODPS_SESSION_STATUS', error => assert.equal(error.status, status)),
      )
      assert.deepEqual(service.steps(), ['load'])
    })
})

describe('abort', () => {
  const reason = new Error('enough')
  const isAbort = (error: unknown): boolean =>
    error instanceof Error && error.name === 'AbortError' && error.cause === reason
  const unheard = (signal: AbortSignal): void => assert.deepEqual(getEventListeners(signal, 'abort'), [])

  test('before the commit has left is an AbortError', async t => {
    const { service, session } = await begin(t)
    const abort = new AbortController()
    const answer: Answer = (request, response) => {
      json(uploadJson('normal', service.blocks))(request, response)
      abort.abort(reason)
    }
    service.queued.set('load', [answer])
    await assert.rejects(session.commit(undefined, { signal: abort.signal }), isAbort)
    assert.deepEqual(service.steps(), ['load'])
    unheard(abort.signal)
  })

  test('after it has left waits for the answer', async t => {
    const { service, session } = await begin(t, { clock: systemClock })
    const abort = new AbortController()
    const answer: Answer = (_, response) => {
      abort.abort(reason)
      service.status = 'closed'
      setImmediate(() => response.end(JSON.stringify(uploadJson('closed', service.blocks))))
    }
    service.queued.set('commit', [answer])
    assert.equal((await session.commit(undefined, { signal: abort.signal })).rows, 7)
    unheard(abort.signal)
  })

  test('after it has left, and the answer is lost: settled by loading', async t => {
    const { service, session } = await begin(t, { clock: systemClock })
    const abort = new AbortController()
    const answer: Answer = (request, response) => {
      abort.abort(reason)
      service.status = 'closed'
      reset(request, response)
    }
    service.queued.set('commit', [answer])
    assert.equal((await session.commit(undefined, { signal: abort.signal })).rows, 7)
    unheard(abort.signal)
  })

  test('after it has left, and no answer comes: unknown after requestTimeoutMs', async t => {
    const { service, session } = await begin(t, { clock: systemClock, requestTimeoutMs: 500 })
    const abort = new AbortController()
    service.queued.set('commit', [() => abort.abort(reason)])
    const { blocks } = service
    service.queued.set('load', [json(uploadJson('normal', blocks)), ...Array(9).fill(silence)])
    await assert.rejects(
      session.commit(undefined, { signal: abort.signal }),
      sessionError('ODPS_COMMIT_UNKNOWN'),
    )
    unheard(abort.signal)
  })

  test('while waiting to commit again after throttling: an AbortError, for nothing was done', async t => {
    const clock = { ...systemClock, random: () => 1 }
    const { service, session } = await begin(t, {
      clock,
      retry: { attempts: 4, minDelayMs: 60_000, maxDelayMs: 60_000 },
    })
    const abort = new AbortController()
    service.queued.set('commit', [refuse(429, 'FlowExceeded')])
    const normal = json(uploadJson('normal', service.blocks))
    const late: Answer = (request, response) => {
      normal(request, response)
      setImmediate(() => abort.abort(reason))
    }
    service.queued.set('load', [normal, late])
    await assert.rejects(session.commit(undefined, { signal: abort.signal }), isAbort)
    unheard(abort.signal)
  })
})

test('a commit is published with how it was settled', async t => {
  const messages: unknown[] = []
  const listener = (message: unknown): void => void messages.push(message)
  subscribe('odps-tunnel:commit', listener)
  t.after(() => unsubscribe('odps-tunnel:commit', listener))
  const { service, session } = await begin(t)
  service.queued.set('commit', [
    (request, response) => {
      service.status = 'closed'
      reset(request, response)
    },
  ])
  await session.commit()
  assert.deepEqual(messages, [{ sessionId: 'U1', table: 'p.t', blocks: 2, settledBy: 'load' }])
})
