import { createDownloadStream, createUploadStream, Tunnel } from 'odps-tunnel'
import { startEmulator } from 'odps-tunnel/emulator'

const emulator = await startEmulator()
await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
const credentials = { accessKeyId: 'any', accessKeySecret: 'any' }
const tunnel = new Tunnel({ endpoint: emulator.endpoint, project: emulator.project, credentials })
const upload = createUploadStream({ tunnel, table: 't' })
upload.write([1n, 'a'])
upload.end({ id: 2, name: 'b' })
await upload.committed
for await (const row of createDownloadStream({ tunnel, table: 't' })) console.log(row.join())
await tunnel.close()
await emulator.close()
