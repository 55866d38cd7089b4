/* The emulator in a process of its own, and beside it the floor's server, which keeps what is PUT and gives it back, and a replay. */
import { subscribe } from 'node:diagnostics_channel'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { startEmulator } from '../../lib/emulator/index.js'
import { Replay } from './replay.js'

const project = 'bench'
const credentials = { accessKeyId: 'bench-id', accessKeySecret: 'bench-secret' }

const sockets = new Set<Socket>()
let closedBytes = 0

/** Bytes that went over all connections of the emulator, both ways, headers and all. */
const wireBytes = (): number =>
  [...sockets].reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, closedBytes)

subscribe('http.server.request.start', message => {
  const { socket } = message as { socket: Socket }
  if (sockets.has(socket)) return
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    closedBytes += socket.bytesRead + socket.bytesWritten
  })
})

let encodings = new Set<string>()

/** The encodings of rows since the last time: what clients name in their requests, and the answers to them. */
const seenEncodings = (): string[] => {
  const seen = [...encodings]
  encodings = new Set()
  return seen
}

/** As it was written: `getHeader` knows nothing of headers that were given to `writeHead`. */
const headOf = (response: ServerResponse): string => String(Reflect.get(response, '_header'))

subscribe('http.server.response.finish', message => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
  const encoding =
    request.method === 'PUT'
      ? (request.headers['content-encoding'] ?? 'none')
      : /^content-encoding: (.*)\r$/im.exec(headOf(response))?.[1]
  if (encoding !== undefined) encodings.add(String(encoding))
})

let kept: Buffer[] = []

const floor = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === 'PUT') {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    kept = chunks
    response.end()
    return
  }
  for (const chunk of kept)
    if (!response.write(chunk)) await new Promise(resolve => response.once('drain', resolve))
  response.end()
}

const main = async (): Promise<void> => {
  const dataDir = process.argv[2]
  const emulator = await startEmulator({
    projects: [project],
    credentials,
    ...(dataDir && { dataDir }),
  })
  const server = createServer((request, response) => void floor(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const replay = new Replay(emulator.tunnelEndpoint)
  const replayUrl = await replay.listen()
  process.on('message', async (message: { createTable?: Parameters<typeof emulator.createTable>[0] }) => {
    if (message.createTable) await emulator.createTable(message.createTable)
    const replayed = await replay.replayed()
    process.send?.({ wireBytes: wireBytes(), encodings: seenEncodings(), replayed })
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ place: { project, ...credentials, endpoint: emulator.endpoint }, url, replayUrl })
}

void main()
