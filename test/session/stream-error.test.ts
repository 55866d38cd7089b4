import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FaultRule, startEmulator } from '../../lib/emulator/index.js'
import { copyTable, type Tunnel, Tunnel as TunnelClass, TunnelError } from '../../lib/index.js'

/** What a call fails with when the service doesn't recover, and how many rows are in table `t` then. */
const failing = async (
  faults: readonly FaultRule[],
  call: (tunnel: Tunnel) => Promise<unknown>,
): Promise<{ error: TunnelError; rows: number }> => {
  await using emulator = await startEmulator({ listen: false })
  await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
  await emulator.createTable({ name: 's', columns: { id: 'bigint' } })
  await emulator.insert('s', [[7n]])
  const retry = { attempts: 3, minDelayMs: 0, maxDelayMs: 0 }
  await using tunnel = new TunnelClass({ ...emulator.connection, retry })
  emulator.setFaults(faults)
  try {
    await call(tunnel)
  } catch (error) {
    assert.ok(error instanceof TunnelError, String(error))
    return { error, rows: emulator.rowCount('t') }
  }
  throw new Error('the call did not fail')
}

const isDown = { status: 500 }
const commitIsUnknown: readonly FaultRule[] = [
  { action: 'commitUpload', times: 9, fault: 'drop-answer' },
  { action: 'getUpload', after: 1, times: 9, fault: isDown },
]

test('what could do its work a second time is not to be repeated, whatever it failed with', async () => {
  const uploaded = await failing(commitIsUnknown, tunnel => tunnel.upload({ table: 't' }, [[1n]]))
  assert.equal(uploaded.error.code, 'ODPS_COMMIT_UNKNOWN')
  assert.deepEqual([uploaded.rows, uploaded.error.retryable], [1, false])

  const copied = await failing(commitIsUnknown, tunnel =>
    copyTable({ tunnel, from: { table: 's' }, to: { table: 't' } }),
  )
  assert.equal(copied.error.code, 'ODPS_COMMIT_UNKNOWN')
  assert.deepEqual([copied.rows, copied.error.retryable], [1, false])

  const checkpointed = await failing(
    [{ action: 'createUpload', after: 1, times: 9, fault: isDown }],
    tunnel => tunnel.upload({ table: 't', checkpoint: { rows: 2 } }, [[1n], [2n], [3n]]),
  )
  assert.equal(checkpointed.error.code, 'ODPS_SERVICE_UNAVAILABLE')
  assert.deepEqual([checkpointed.rows, checkpointed.error.retryable], [2, false])

  const streamed = await failing([{ action: 'putPack', after: 1, times: 9, fault: isDown }], async tunnel => {
    const stream = tunnel.createStreamingUploadStream({ table: 't', flushRows: 1, concurrency: 1 })
    await stream.writeBatch([[1n], [2n]])
    stream.end()
    await stream.flushed
  })
  assert.equal(streamed.error.code, 'ODPS_SERVICE_UNAVAILABLE')
  assert.deepEqual([streamed.rows, streamed.error.retryable], [1, false])

  const executed = await failing([{ action: 'getInstance', times: 9, fault: isDown }], tunnel =>
    tunnel.execute({ sql: 'insert into t values (1)' }),
  )
  assert.equal(executed.error.code, 'ODPS_SERVICE_UNAVAILABLE')
  assert.deepEqual([executed.rows, executed.error.retryable], [1, false])
  const { instanceId } = executed.error as { readonly instanceId?: unknown }
  assert.ok(typeof instanceId === 'string' && executed.error.message.includes(`instance ${instanceId}`))
})

test('what has done nothing is to be repeated', async () => {
  const uploaded = await failing([{ action: 'putBlock', times: 9, fault: isDown }], tunnel =>
    tunnel.upload({ table: 't' }, [[1n]]),
  )
  assert.deepEqual([uploaded.rows, uploaded.error.retryable], [0, true])
  const copied = await failing([{ action: 'createDownload', times: 9, fault: isDown }], tunnel =>
    copyTable({ tunnel, from: { table: 's' }, to: { table: 't' } }),
  )
  assert.deepEqual([copied.rows, copied.error.retryable], [0, true])
})
