import { type Agent, request } from 'node:http'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'

/** An answer as it came, nothing decoded. */
export interface Reply {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** A list is sent chunked. */
  readonly body?: Buffer | readonly Buffer[]
  /** Default: a connection of its own. */
  readonly agent?: Agent
}

/** One request by hand, without any of the library's client. */
export const call = (
  base: string,
  method: string,
  path: string,
  { headers = {}, body, agent }: CallOptions = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const isWhole = Buffer.isBuffer(body)
    const length = isWhole || body === undefined ? { 'Content-Length': String(body?.length ?? 0) } : {}
    const sent = request(
      `${base}${path}`,
      { method, headers: { ...length, ...headers }, agent: agent ?? false },
      answer => {
        const chunks: Buffer[] = []
        answer.on('data', chunk => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const { statusCode = 0, statusMessage = '', headers } = answer
          resolve({
            status: statusCode,
            reason: statusMessage,
            headers: headers as Record<string, string | undefined>,
            body: Buffer.concat(chunks),
          })
        })
      },
    )
    sent.on('error', reject)
    if (!isWhole) for (const chunk of body ?? []) sent.write(chunk)
    sent.end(isWhole ? body : undefined)
  })

export const jsonOf = (reply: Reply): Record<string, unknown> => JSON.parse(reply.body.toString())

/** Runs a test with an emulator of its own. */
export const withEmulator = async (
  run: (emulator: Emulator) => Promise<void>,
  options: EmulatorOptions = {},
): Promise<void> => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  try {
    await run(emulator)
  } finally {
    await emulator.close()
  }
}

/** The tunnel requests of one table, `p.t` if nothing else is said, each as its own call. */
export class TableCalls {
  readonly #base: string
  readonly #path: string
  readonly #partition: string

  constructor(
    { tunnelEndpoint }: Pick<Emulator, 'tunnelEndpoint'>,
    path = '/projects/p/tables/t',
    partition = '',
  ) {
    this.#base = tunnelEndpoint
    this.#path = path
    this.#partition = partition === '' ? '' : `&partition=${encodeURIComponent(partition)}`
  }

  send(method: string, query: string, options?: CallOptions): Promise<Reply> {
    return call(this.#base, method, `${this.#path}?${query}${this.#partition}`, options)
  }

  async createUpload(query = 'uploads='): Promise<string> {
    return String(jsonOf(await this.send('POST', query))['UploadID'])
  }

  put(uploadId: string, blockId: number, body: Buffer | readonly Buffer[], headers = {}): Promise<Reply> {
    return this.send('PUT', `uploadid=${uploadId}&blockid=${blockId}`, { body, headers })
  }

  commit(uploadId: string): Promise<Reply> {
    return this.send('POST', `uploadid=${uploadId}`)
  }

  async upload(streams: readonly Buffer[], query?: string): Promise<void> {
    const uploadId = await this.createUpload(query)
    for (const [blockId, stream] of streams.entries()) {
      const { status, body } = await this.put(uploadId, blockId, stream)
      if (status !== 200) throw new Error(`PUT: ${status} ${body}`)
    }
    const { status, body } = await this.commit(uploadId)
    if (status !== 200) throw new Error(`commit: ${status} ${body}`)
  }

  async createDownload(): Promise<string> {
    return String(jsonOf(await this.send('POST', 'downloads='))['DownloadID'])
  }

  read(downloadId: string, range: string, query = '', headers = {}): Promise<Reply> {
    return this.send('GET', `data=&downloadid=${downloadId}&rowrange=${encodeURIComponent(range)}${query}`, {
      headers,
    })
  }

  /** All rows as one raw stream. */
  async download(query = '', headers = {}): Promise<Reply> {
    return this.read(await this.createDownload(), '(0,1000000)', query, headers)
  }
}

/** Two rows of (bigint, string): (1, 'abc'), (2, NULL). Recorded from PyODPS. */
export const twoRows = Buffer.from(
  '0802120361626380c0ff7fe6b7bce80e080480c0ff7fa3b6a6c308f0ffff7f04f8ffff7fe28183af05',
  'hex',
)
export const noRows = Buffer.from('f0ffff7f00f8ffff7f00', 'hex')
export const idAndName = { id: 'bigint', name: 'string' }
