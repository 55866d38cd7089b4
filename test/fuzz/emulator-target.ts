import { once } from 'node:events'
import { connect } from 'node:net'
import { startEmulator } from '../../lib/emulator/index.js'
import { twoRows } from '../emulator/emulator-client.js'
import type { Target } from './run-fuzz.js'

const request = (line: string, body: string | Buffer = '', headers = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      `${line} HTTP/1.1\r\nHost: h\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n`,
    ),
    Buffer.from(body),
  ])

const sql = (query: string): string =>
  `<?xml version="1.0"?><Instance><Job><Priority>9</Priority><Tasks><SQL><Name>q</Name><Config/><Query><![CDATA[${query}]]></Query></SQL></Tasks></Job></Instance>`

/** An answer is awaited for so long; a request that never ends has none. */
const patienceMs = 20

/** The HTTP side of the emulator, whole requests as bytes. It must answer the next proper one whatever came before. */
export const emulatorTarget = async (): Promise<Target> => {
  const emulator = await startEmulator({ projects: ['p'] })
  await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  const created = await fetch(`${emulator.tunnelEndpoint}/projects/p/tables/t?uploads`, { method: 'POST' })
  const { UploadID: id } = (await created.json()) as { UploadID: string }
  const corpus = [
    request('GET /api/projects/p/tunnel?service'),
    request('POST /projects/p/tables/t?uploads&overwrite=true'),
    request('POST /projects/p/tables/t?downloads'),
    request(`GET /projects/p/tables/t?uploadid=${id}`),
    request(`PUT /projects/p/tables/t?uploadid=${id}&blockid=1`, twoRows),
    request(
      `PUT /projects/p/tables/t?uploadid=${id}&blockid=2`,
      twoRows,
      'Content-Encoding: x-snappy-framed\r\n',
    ),
    request('GET /projects/p/tables/t?data&downloadid=x&rowrange=(0,1)'),
    request('GET /api/projects/p/tables?expectmarker=true&maxitems=5'),
    request('GET /api/projects/p/tables/t?partitions&marker=abc'),
    request('POST /api/projects/p/instances?curr_project=p', sql('create table if not exists u (a bigint);')),
    request('POST /api/projects/p/instances', sql("select * from t where name = 'x' limit 10;")),
    request('POST /api/projects/p/authorization', '{"policy":"{}"}'),
    request('GET /api/projects/p/instances/20250101?instancestatus'),
  ]
  const check = async (): Promise<void> => {
    const answer = await fetch(`${emulator.tunnelEndpoint}/projects/p/tables/t?uploadid=${id}`)
    const { Status } = (await answer.json()) as { Status?: string }
    if (answer.status !== 200 || Status === undefined)
      throw new Error(`the emulator answers ${answer.status} to a proper request`)
  }
  return {
    name: 'emulator',
    corpus,
    isText: true,
    run: async input => {
      const socket = connect({ port: emulator.port, host: '127.0.0.1', noDelay: true })
      socket.on('error', () => {})
      const closed = once(socket, 'close')
      let answered = ''
      socket.on('data', chunk => {
        answered += String(chunk)
        socket.end()
      })
      const timer = setTimeout(() => socket.destroy(), patienceMs)
      socket.write(input)
      await closed.catch(() => {})
      clearTimeout(timer)
      if (/^HTTP\/1.1 500/.test(answered)) throw new Error(`internal error: ${answered.slice(0, 500)}`)
      await check()
    },
    close: () => emulator.close(),
  }
}
