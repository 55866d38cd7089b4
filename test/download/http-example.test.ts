import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { serveTables } from '../../docs/examples/http-download.js'
import { emulatedTable, fillTable } from '../session/emulated-table.js'

const serve = async (
  context: TestContext,
): Promise<Awaited<ReturnType<typeof emulatedTable>> & { url: string }> => {
  const table = await emulatedTable(context, { retry: { attempts: 1 } })
  const server = createServer(serveTables(table.tunnel))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { ...table, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('the example serves a table as CSV, and says what it has not', async context => {
  const { url, ...table } = await serve(context)
  await fillTable(table, 2)
  const response = await fetch(`${url}/t`)
  assert.equal(response.headers.get('x-rows'), '2')
  assert.equal(await response.text(), 'id,name\n0,row 0\n1,row 1\n')
  const missing = await fetch(`${url}/none`)
  assert.deepEqual([missing.status, await missing.text()], [404, 'ODPS_NO_SUCH_TABLE\n'])
  await table.emulator.createTable({
    name: 'parts',
    columns: { id: 'int' },
    partitionColumns: { pt: 'string' },
  })
  await table.emulator.insert('parts', [[1]], 'pt=a')
  assert.equal(await (await fetch(`${url}/parts?pt=a`)).text(), 'id\n1\n')
})

test('the example cuts its response off when the download fails in the middle', async context => {
  const { url, ...table } = await serve(context)
  await fillTable(table, 20_000)
  table.emulator.setFaults([{ action: 'readData', after: 1, times: 100, fault: { status: 403 } }])
  const response = await fetch(`${url}/t`)
  assert.equal(response.status, 200)
  await assert.rejects(response.text())
})

test('the example ends a download whose client leaves', async context => {
  const { url, ...table } = await serve(context)
  await fillTable(table, 20_000)
  table.emulator.setFaults([{ action: 'readData', after: 1, times: 100, fault: 'hang' }])
  const stop = new AbortController()
  const response = await fetch(`${url}/t`, { signal: stop.signal })
  const reader = response.body!.getReader()
  assert.ok((await reader.read()).value!.length > 0)
  stop.abort()
  // Hanging requests would keep the client from closing.
  await table.tunnel.close()
})
