import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that redirects point to and that nobody may call. */
export interface Trap {
  readonly url: string
  /** First lines and headers of the requests that came. */
  readonly caught: readonly string[]
}

let trap: Promise<Trap> | undefined

/** One for the process; it does not keep the process alive. */
export const startTrap = (): Promise<Trap> => {
  trap ??= openTrap()
  return trap
}

const openTrap = async (): Promise<Trap> => {
  const caught: string[] = []
  const server = createServer((request, response) => {
    caught.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, caught }
}
