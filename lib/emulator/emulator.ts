import { checkOptions } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import {
  orderPartitionSpec,
  type PartitionSpec,
  type PartitionSpecInput,
  parsePartitionSpec,
} from '../schema/partition-spec.js'
import { parseTableName, type TableNameParts } from '../schema/table-name.js'
import { Catalog, type Table } from './catalog.js'
import { askForFault, faultSource } from './check-faults.js'
import { checkEmulatorOptions, type EmulatorOptions } from './emulator-options.js'
import { compileFaults, type FaultSource } from './fault.js'
import { createInstanceList } from './rest/instance-list.js'
import type { EmulatorCredentials } from './server/authenticate.js'
import { createBearerTokens } from './server/bearer-tokens.js'
import type { EmulatorRequest } from './server/emulator-request.js'
import { type RunningServer, startServer } from './server/server.js'
import type { Service } from './service.js'
import { openDiskStore } from './store/disk-store.js'
import { createMemoryStore } from './store/memory-store.js'
import { allSegments, countRows, defaultSchemaName, type FullName, partitionKeyOf } from './table.js'
import { checkDefinition, schemaOfDefinition, type TableDefinition } from './table-definition.js'
import { ServedDownloads } from './tunnel/served-download.js'
import { ServedUploads } from './tunnel/served-upload.js'

/** Where a table is, when its name alone does not say. */
export interface TablePlace {
  readonly project?: string | undefined
  readonly schemaName?: string | undefined
}

/** A request that came in. */
export type EmulatorLogEntry = EmulatorRequest

/** A running emulator. Tables are named `t`, `schema.t` or `project.schema.t`. */
export interface Emulator extends AsyncDisposable {
  /** For the option `endpoint`: `http://127.0.0.1:<port>/api`. */
  readonly endpoint: string
  /** For the option `tunnelEndpoint`: `http://127.0.0.1:<port>`. */
  readonly tunnelEndpoint: string
  readonly port: number
  /** The project of tables that are named without one: the first of the option `projects`, else `'emulator'`. */
  readonly project: string
  /** The latest requests, oldest first, 10 000 at most. */
  readonly requests: readonly EmulatorLogEntry[]
  /** @throws TunnelOptionError for a definition that is no table, or a table that is there already. */
  createTable(definition: TableDefinition): Promise<void>
  /** False when there was none. */
  dropTable(name: string, place?: TablePlace): Promise<boolean>
  /** Does nothing when the partition is there. */
  addPartition(name: string, partition: PartitionSpecInput, place?: TablePlace): Promise<void>
  /** Committed rows of the table, or of one partition: 0 when there is no such partition. */
  rowCount(name: string, partition?: PartitionSpecInput, place?: TablePlace): number
  /** Puts other trouble in place of the option `faults`. */
  setFaults(faults?: FaultSource): void
  /** Cuts all connections and frees the port. */
  close(): Promise<void>
}

/**
 * Starts an emulator. It speaks the wire protocol of the service: PyODPS and the Java and Go clients work against it.
 * @throws TunnelOptionError for a wrong option, or a `dataDir` that another emulator uses.
 */
export const startEmulator = async (options: EmulatorOptions = {}): Promise<Emulator> => {
  checkEmulatorOptions(options)
  const { dataDir, clock = Date.now, log = () => {}, projects, timeZone = 'UTC' } = options
  const store = dataDir === undefined ? createMemoryStore() : await openDiskStore(dataDir)
  const catalog = new Catalog(store, clock)
  const service: Service = {
    catalog,
    store,
    uploads: new ServedUploads(catalog, clock),
    downloads: new ServedDownloads(catalog, clock),
    instances: createInstanceList(clock, instance => {
      if (instance.outcome.status === 'Success') void catalog.release(instance.outcome.result?.segments ?? [])
    }),
    tokens: createBearerTokens(),
    projects: projects && new Set(projects.map(name => name.toLowerCase())),
    timeZone,
    clock,
    log,
  }
  const emulator = new RunningEmulator(service, options)
  try {
    await catalog.load()
    await emulator.listen()
  } catch (error) {
    await store.close()
    throw error
  }
  return emulator
}

const maxLogEntries = 10_000

class RunningEmulator implements Emulator {
  readonly project: string
  readonly #service: Service
  readonly #options: EmulatorOptions
  readonly #host: string
  #requests: EmulatorLogEntry[] = []
  #findFault: ReturnType<typeof compileFaults>
  #server: RunningServer | undefined
  #closed: Promise<void> | undefined

  constructor(service: Service, options: EmulatorOptions) {
    this.#service = service
    this.#options = options
    this.#host = options.host ?? '127.0.0.1'
    this.#findFault = compileFaults(options.faults)
    this.project = options.projects?.[0] ?? 'emulator'
  }

  async listen(): Promise<void> {
    this.#server = await startServer({
      service: this.#service,
      port: this.#options.port ?? 0,
      host: this.#host,
      credentials:
        this.#options.credentials === undefined ? undefined : listCredentials(this.#options.credentials),
      idleTimeoutMs: this.#options.idleTimeoutMs ?? 300_000,
      findFault: request => askForFault(this.#findFault, request),
      onRequest: request => this.#remember(request),
    })
  }

  #remember(request: EmulatorRequest): void {
    const { method, service, action, path, query, headers, project, schemaName, table, sequence } = request
    this.#requests.push({
      method,
      service,
      action,
      path,
      query,
      headers,
      project,
      schemaName,
      table,
      sequence,
    })
    if (this.#requests.length >= 2 * maxLogEntries) this.#requests = this.#requests.slice(-maxLogEntries)
  }

  get port(): number {
    return this.#server!.port
  }

  get tunnelEndpoint(): string {
    const host = this.#host === '0.0.0.0' || this.#host === '::' ? '127.0.0.1' : this.#host
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get endpoint(): string {
    return `${this.tunnelEndpoint}/api`
  }

  get requests(): readonly EmulatorLogEntry[] {
    return this.#requests.slice(-maxLogEntries)
  }

  async createTable(definition: TableDefinition): Promise<void> {
    checkDefinition(definition)
    const { name, project, schemaName, ifNotExists = false, comment = '' } = definition
    const fullName = this.#resolve(name, { project, schemaName })
    const created = await this.#service.catalog.create({
      ...fullName,
      schema: schemaOfDefinition(definition),
      comment,
    })
    if (created === undefined && !ifNotExists)
      throw new TunnelOptionError('ODPS_INVALID_OPTION', `createTable: the table '${name}' is there already`)
  }

  #resolve(name: string, place: TableNameParts = {}): FullName {
    const {
      project,
      schemaName = defaultSchemaName,
      table,
    } = parseTableName(name, place, { project: this.project })
    return { project, schemaName, table }
  }

  #find(name: string, place: TablePlace | undefined): Table {
    checkPlace(place)
    const table = this.#service.catalog.find(this.#resolve(name, place))
    if (table !== undefined) return table
    throw new TunnelOptionError(
      'ODPS_INVALID_TABLE_NAME',
      `The emulator has no table '${name}'; create it first`,
    )
  }

  async dropTable(name: string, place?: TablePlace): Promise<boolean> {
    checkPlace(place)
    return this.#service.catalog.drop(this.#resolve(name, place))
  }

  async addPartition(name: string, partition: PartitionSpecInput, place?: TablePlace): Promise<void> {
    const table = this.#find(name, place)
    await this.#service.catalog.addPartition(table, readSpec(table, partition))
  }

  rowCount(name: string, partition?: PartitionSpecInput, place?: TablePlace): number {
    const table = this.#find(name, place)
    if (partition === undefined) return countRows(allSegments(table.state))
    return countRows(table.state.partitions.get(partitionKeyOf(readSpec(table, partition)))?.segments ?? [])
  }

  setFaults(faults?: FaultSource): void {
    checkOptions('setFaults', { faults }, { faults: faultSource })
    this.#findFault = compileFaults(faults)
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#server?.close()
      await this.#service.store.close()
    })()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const checkPlace = (place: TablePlace | undefined): void =>
  checkOptions('place', place, { project: 'string', schemaName: 'string' })

const readSpec = (table: Table, partition: PartitionSpecInput): PartitionSpec =>
  orderPartitionSpec(parsePartitionSpec(partition), table.state.schema)

const listCredentials = (
  credentials: EmulatorCredentials | readonly EmulatorCredentials[],
): readonly EmulatorCredentials[] => ('length' in credentials ? credentials : [credentials])
