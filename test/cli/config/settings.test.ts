import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cliBench } from '../support.js'

describe('configuration', () => {
  test('config show masks secrets and says where settings come from', async context => {
    const bench = await cliBench(context)
    const profiles = { dev: { project: 'q', accessKeyId: 'file-id', accessKeySecret: 'file-secret' } }
    const path = await bench.write('config.json', JSON.stringify({ profile: 'dev', profiles }))
    const { stdout } = await bench.ok(['config', 'show', '--config', path, '--tunnel-endpoint', 'http://t'])
    assert.match(stdout, /^project +q +\S+config\.json$/m)
    assert.match(stdout, /^tunnelEndpoint +http:\/\/t +--tunnel-endpoint$/m)
    assert.match(stdout, /^endpoint +\S+ +ODPS_ENDPOINT$/m)
    assert.match(stdout, /^accessKeyId +fil\*{8} +\S+config\.json$/m)
    assert.doesNotMatch(stdout, /secret\b|test-id/)
  })

  test('the default file comes after the environment, credentials as a whole', async context => {
    const bench = await cliBench(context)
    const { mkdir } = await import('node:fs/promises')
    await mkdir(bench.path('config/odps-tunnel'), { recursive: true })
    const profile = {
      project: 'q',
      schemaName: 's',
      accessKeyId: 'a',
      accessKeySecret: 'b',
      securityToken: 'c',
    }
    await bench.write('config/odps-tunnel/config.json', JSON.stringify({ profiles: { default: profile } }))
    const settings = JSON.parse((await bench.ok(['config', '--json'])).stdout) as {
      key: string
      source: string
    }[]
    assert.deepEqual(
      settings.map(({ key }) => key),
      ['endpoint', 'project', 'schemaName', 'accessKeyId', 'accessKeySecret'],
    )
    assert.equal(settings.find(({ key }) => key === 'project')?.source, 'ODPS_PROJECT')
    const wrong = await bench.run(['config', '--profile', 'nope'])
    assert.deepEqual([wrong.code, /no profile 'nope'/.test(wrong.stderr)], [2, true])
  })
})
