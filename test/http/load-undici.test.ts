import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Agent } from 'undici'
import { loadUndici } from '../../lib/http/load-undici.js'

test('the parts are those of the package, and work', async context => {
  const parts = await loadUndici()
  assert.equal(parts.Agent, Agent)
  const server = createServer((request, response) => response.end(request.url))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const agent = new parts.Agent()
  context.after(async () => {
    await agent.destroy()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { statusCode, body } = await parts.request(agent, { origin, path: '/a', method: 'GET' })
  assert.deepEqual([statusCode, await body.text()], [200, '/a'])
})

test('nothing else of undici is loaded', async () => {
  const program = `
    import { createRequire } from 'node:module'
    import { loadUndici } from ${JSON.stringify(new URL('../../lib/http/load-undici.ts', import.meta.url).href)}
    await loadUndici()
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(JSON.stringify(loaded.filter(file => file.includes('undici'))))`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const loaded = JSON.parse(stdout) as string[]
  assert.ok(
    loaded.some(file => file.endsWith('agent.js')),
    `of undici only: ${loaded.join(', ')}`,
  )
  assert.deepEqual(
    loaded.filter(file => /undici[\\/]index\.js$|[\\/]fetch[\\/]|[\\/]mock[\\/]/.test(file)),
    [],
  )
})
