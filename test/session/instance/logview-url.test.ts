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
  // The form of the Go SDK 0.4.24 (LogView.generateJobInsight with the default host) and of PyODPS 0.13.2.
  for (const [endpoint, region] of [
    ['http://service.cn-shanghai.maxcompute.aliyun.com/api', 'cn-shanghai'],
    ['https://service.cn-hangzhou-vpc.maxcompute.aliyun-inc.com/api', 'cn-hangzhou'],
  ] as const) {
    const url = await urlAt(endpoint)
    assert.equal(
      `${url?.origin}${url?.pathname}`,
      `https://maxcompute.console.aliyun.com/${region}/job-insights`,
    )
    assert.deepEqual(
      [...url!.searchParams].filter(([name]) => name !== 'i'),
      [
        ['h', endpoint],
        ['p', 'p'],
      ],
    )
  }
  assert.equal(await urlAt(emulator.endpoint), undefined)
})
