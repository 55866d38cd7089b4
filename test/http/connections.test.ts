import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startServer, text } from './scripted-server.js'

test('undici that cannot be loaded is said to be missing, once', async t => {
  const server = await startServer(t, [text('')])
  const hooks = `export async function resolve(name, context, next) {
    if (/^undici/.test(name)) throw Object.assign(new Error('no ' + name), { code: 'ERR_MODULE_NOT_FOUND' })
    return next(name, context)
  }`
  const program = `
    import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})
    const { Tunnel } = await import(${JSON.stringify(new URL('../../lib/tunnel.ts', import.meta.url).href)})
    const credentials = { accessKeyId: 'a', accessKeySecret: 'b' }
    const tunnel = new Tunnel({ endpoint: '${server.url}', project: 'p', credentials })
    const error = await tunnel.getTable('t').catch(error => error)
    const again = await tunnel.download({ table: 't' }).catch(error => error)
    await tunnel.close()
    console.log(JSON.stringify([error, again].map(({ name, code, message, cause }) => ({ name, code, message, cause: cause?.message }))))`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 })
  const [error, again] = JSON.parse(stdout) as Record<string, string>[]
  assert.equal(error!['code'], 'ODPS_MISSING_PACKAGE')
  assert.match(error!['message']!, /undici, which sends all requests, could not be loaded/)
  assert.equal(error!['cause'], 'no undici')
  assert.equal(again!['code'], 'ODPS_MISSING_PACKAGE')
  assert.deepEqual(server.requests, [])
})
