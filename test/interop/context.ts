import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { type CompressionName, parseDataType, Tunnel } from '../../lib/index.js'
import { type Row, toCell, toValue } from './cells.js'
import { ClientProcess } from './client-process.js'
import {
  type AnyName,
  allNames,
  type ClientName,
  clientNames,
  familyOf,
  installClient,
  missingTool,
} from './install.js'
import { Report } from './report.js'

export const project = 'interop'
export const credentials = { accessKeyId: 'interop-id', accessKeySecret: 'interop-secret' }

export interface ColumnText {
  readonly name: string
  readonly type: string
}

/** How a client connects; signatures are checked. */
export interface Place {
  readonly endpoint: string
  readonly project: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly region?: string
  readonly tunnelEndpoint?: string
  readonly quotaName?: string
}

export interface TableJob {
  readonly table: string
  readonly schemaName?: string
  readonly partition?: string
}

export interface WriteJob extends TableJob {
  readonly compression?: CompressionName
  readonly overwrite?: boolean
}

export interface ReadJob extends TableJob {
  readonly compression?: CompressionName
  readonly columns?: readonly string[]
  readonly start?: number
  readonly count?: number
}

/** What a client itself did not take: row, column, its error. */
export type RefusedCell = readonly [row: number, column: number, kind: string]

/** One official client, connected to the emulator. */
export class Client {
  readonly name: AnyName
  readonly place: Place
  readonly #process: ClientProcess

  constructor(name: AnyName, process: ClientProcess, place: Place) {
    this.name = name
    this.#process = process
    this.place = place
  }

  /** What it is a version of. */
  get family(): ClientName {
    return familyOf(this.name)
  }

  call<T>(op: string, job: object = {}): Promise<T> {
    return this.#process.call<T>(op, { place: this.place, ...job })
  }

  /** The same process with other ways to connect. */
  at(place: Partial<Place>): Client {
    return new Client(this.name, this.#process, { ...this.place, ...place })
  }

  async createUpload(job: WriteJob & { createPartition?: boolean; sessionId?: string }): Promise<string> {
    return (await this.call<{ sessionId: string }>('createUpload', job)).sessionId
  }

  /** One block, committed. */
  async write(job: WriteJob, rows: readonly Row[]): Promise<readonly RefusedCell[]> {
    const sessionId = await this.createUpload(job)
    const compression = job.compression ?? 'raw'
    const answer = await this.call<{ refused: RefusedCell[] }>('writeBlock', {
      sessionId,
      blockId: 0,
      rows,
      compression,
    })
    await this.call('commitUpload', { sessionId, blockIds: [0] })
    return answer.refused
  }

  async read(job: ReadJob): Promise<Row[]> {
    const { columns, start, count, compression = 'raw', ...table } = job
    const { sessionId } = await this.call<{ sessionId: string }>('createDownload', { ...table, compression })
    return this.call<Row[]>('read', { sessionId, compression, columns, start, count })
  }

  close(): Promise<void> {
    return this.#process.close()
  }
}

/** The emulator, our client and those of the official ones whose tools are here. */
export class Context {
  readonly report = new Report()
  /** One of each; the newer versions of some are found by name only. */
  readonly clients: readonly Client[]
  readonly #all: readonly Client[]
  readonly emulator: Emulator
  readonly tunnel: Tunnel
  /** Lines of the emulator's log. */
  readonly log: string[]
  #tables = 0

  private constructor(emulator: Emulator, clients: readonly Client[], log: string[]) {
    this.emulator = emulator
    this.#all = clients
    this.clients = clients.filter(({ name }) => clientNames.some(each => each === name))
    this.log = log
    this.tunnel = new Tunnel({ endpoint: emulator.endpoint, project, credentials })
  }

  static async start(): Promise<Context> {
    const log: string[] = []
    const installed = await Promise.all(allNames.map(installIfPossible))
    const emulator = await startEmulator({ credentials, projects: [project], log: line => log.push(line) })
    const place = { endpoint: emulator.endpoint, project, ...credentials }
    const clients = installed.flatMap(([name, command]) =>
      command === undefined ? [] : [new Client(name, new ClientProcess(command), place)],
    )
    const context = new Context(emulator, clients, log)
    for (const client of clients) {
      const { client: version } = await client.call<{ client: string }>('versions')
      context.report.version(client.name, version)
    }
    return context
  }

  get isComplete(): boolean {
    return this.#all.length === allNames.length
  }

  /** Undefined when it is not installed. */
  client(name: AnyName): Client | undefined {
    return this.#all.find(each => each.name === name)
  }

  tableName(): string {
    this.#tables++
    return `t_${this.#tables}`
  }

  /** An empty table, made by us. */
  async createTable(
    columns: readonly ColumnText[],
    { partitionColumns = [], schemaName }: { partitionColumns?: ColumnText[]; schemaName?: string } = {},
  ): Promise<string> {
    const name = this.tableName()
    await this.emulator.createTable({ name, project, schemaName, columns, partitionColumns })
    return name
  }

  /** Our streams, as a program uses them. */
  async write(
    { table, schemaName, partition, ...options }: WriteJob,
    columns: readonly ColumnText[],
    rows: readonly Row[],
  ): Promise<void> {
    const types = columns.map(column => parseDataType(column.type))
    const stream = this.tunnel.createUploadStream({
      ...options,
      table: schemaName === undefined ? table : `${schemaName}.${table}`,
      ...(partition !== undefined && { partitionSpec: partition }),
      json: 'text',
    })
    stream.on('error', () => {})
    for (const row of rows) stream.write(row.map((cell, i) => toValue(cell, types[i]!)))
    stream.end()
    await stream.committed
  }

  async read(
    { table, schemaName, partition, ...options }: ReadJob,
    columns: readonly ColumnText[],
  ): Promise<Row[]> {
    const types = new Map(columns.map(column => [column.name, parseDataType(column.type)]))
    const asked = options.columns ?? columns.map(column => column.name)
    const rows: Row[] = []
    const batches = this.tunnel.readBatches({
      ...options,
      table: schemaName === undefined ? table : `${schemaName}.${table}`,
      ...(partition !== undefined && { partitionSpec: partition }),
      json: 'text',
      string: 'buffer',
    })
    for await (const batch of batches)
      for (const row of batch as unknown[][])
        rows.push(row.map((value, i) => toCell(value, types.get(asked[i]!)!)))
    return rows
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(client => client.close()))
    await this.tunnel.close()
    await this.emulator.close()
  }
}

const installIfPossible = async (
  name: AnyName,
): Promise<[AnyName, Awaited<ReturnType<typeof installClient>> | undefined]> => {
  const tool = missingTool(name)
  if (tool === undefined) return [name, await installClient(name)]
  console.log(`skipped the ${name} client: ${tool} is not on the PATH`)
  return [name, undefined]
}
