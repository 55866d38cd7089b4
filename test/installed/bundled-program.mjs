/* What the bundlers bundle, and Node then runs where no package is installed: both entries, and each way of compression that
 * needs no package. Its output is compared with what it prints without a bundler. */
import { subscribe } from 'node:diagnostics_channel'
import { pipeline } from 'node:stream/promises'
import { batch, formatCsv, parseCsv, Tunnel } from 'odps-tunnel'
import { startEmulator } from 'odps-tunnel/emulator'
import chain from 'stream-chain'

const run = async () => {
  subscribe('odps-tunnel:fallback', ({ name, instead }) => console.error(`${instead} instead of ${name}`))
  const emulator = await startEmulator()
  const tunnel = new Tunnel(emulator.connection)
  await emulator.createTable({ name: 't', columns: { id: 'bigint', tags: 'array<string>', at: 'datetime' } })
  const { schema } = await tunnel.getTable('t')
  const csv = 'id,tags,at\n9007199254740993,"[""a""]",2001-02-03T04:05:06Z\n1,\\N,\\N\n'
  for (const compression of ['raw', 'deflate', 'snappy']) {
    const upload = tunnel.createUploadStream({ table: 't', compression, overwrite: true })
    await pipeline([Buffer.from(csv)], chain([parseCsv(schema), batch(1)]), upload)
    const download = tunnel.createDownloadStream({ table: 't', compression })
    let text = ''
    await pipeline(download, chain([formatCsv(download)]), async source => {
      for await (const bytes of source) text += bytes
    })
    console.log(compression, text)
  }
  const lz4 = await tunnel.upload({ table: 't', compression: 'lz4' }, []).catch(error => error.code)
  console.log(lz4)
  await tunnel.close()
  await emulator.close()
}

run()
