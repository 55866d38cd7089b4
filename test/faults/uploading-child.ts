/* Uploads rows: `uploading-child.ts <endpoint> <rows> <blockRows>`. Prints the id of its session, and `committed`. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Tunnel } from '../../lib/tunnel.js'
import type { UploadSession } from '../../lib/upload/upload-session.js'
import { rowsUpTo } from '../session/emulated-table.js'

const [endpoint = '', rows, blockRows] = process.argv.slice(2)
const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }
const tunnel = new Tunnel({ endpoint, project: 'p', credentials })
const upload = tunnel.createUploadStream({ table: 't', blockRows: Number(blockRows), concurrency: 2 })
upload.once('session', (session: UploadSession) => console.log(session.sessionId))
await pipeline(Readable.from(rowsUpTo(Number(rows))), upload)
console.log('committed')
await tunnel.close()
