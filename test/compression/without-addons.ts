import { subscribe } from 'node:diagnostics_channel'
import type { FallbackMessage } from '../../lib/diagnostics.js'
import { startEmulator } from '../../lib/emulator/index.js'
import { Tunnel } from '../../lib/index.js'

/* To be run with `node --no-addons`: prints what went through the tunnel twice, and what was told. */

const messages: object[] = []
subscribe('odps-tunnel:fallback', message => {
  const { name, instead, cause } = message as FallbackMessage
  messages.push({ name, instead, saysWhy: /native/.test(String(cause)) })
})

const emulator = await startEmulator()
const credentials = { accessKeyId: 'any', accessKeySecret: 'any' }
const tunnel = new Tunnel({ endpoint: emulator.endpoint, project: emulator.project, credentials })
await emulator.createTable({ name: 't', columns: { id: 'int', text: 'string' } })
const upload = tunnel.createUploadStream({ table: 't', compression: 'snappy' })
await upload.writeBatch([
  [1, 'a'.repeat(1000)],
  [2, null],
])
upload.end()
await upload.committed
const rows: unknown[] = []
for await (const row of tunnel.createDownloadStream({ table: 't', compression: 'snappy' })) rows.push(row)
console.log(JSON.stringify({ rows, messages }))
await tunnel.close()
await emulator.close()
