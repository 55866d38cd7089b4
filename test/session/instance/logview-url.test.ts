import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEmulator } from '../../../lib/emulator/index.js'
import { Tunnel } from '../../../lib/index.js'

/** An emulator that answers for the public service; nothing leaves the process. */
test('a query tells its page in the console where the endpoint names a region', async () => {
  await using emulator = await startEmulator({ listen: false, projects: ['p'] })
  emulator.queries = [{ sql: 'select 1', columns: { n: 'bigint' }, rows: [[1n]] }]
  const urlAt = async (endpoint: string): Promise<URL | undefined> => {
    await using tunnel = new Tunnel({ ...emulator.connection, project: 'p', endpoint })
    const stream = tunnel.createQueryStream({ sql: 'select 1' })
    let told: string | undefined
    stream.on('instance', ({ logviewUrl }) => {
      told = logviewUrl
    })
    assert.deepEqual(await stream.toArray(), [[1n]])
    assert.equal(stream.stats.query?.logviewUrl, told)
    if (told === undefined) return undefined
    const url = new URL(told)
    assert.equal(url.searchParams.get('i'), stream.stats.query?.instanceId)
    return url
  }
  // As the Go SDK's own test of GenerateJobInsight (0.4.24) has it.
  const page = 'https://maxcompute.console.aliyun.com/cn-shanghai/job-insights'
  const place = 'h=http%3A%2F%2Fservice.cn-shanghai.maxcompute.aliyun.com%2Fapi'
  const url = await urlAt('http://service.cn-shanghai.maxcompute.aliyun.com/api')
  assert.equal(url?.href, `${page}?${place}&i=${url?.searchParams.get('i')}&p=p`)
  const other = await urlAt('https://service.cn-hangzhou-vpc.maxcompute.aliyun-inc.com/api')
  assert.equal(other?.pathname, '/cn-hangzhou/job-insights')
  assert.equal(await urlAt(emulator.endpoint), undefined)
})
