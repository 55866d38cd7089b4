import { checkOptions, integer } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import {
  orderPartitionSpec,
  type PartitionSpec,
  type PartitionSpecInput,
  parsePartitionSpec,
} from '../schema/partition-spec.js'
import { parseTableName, type TableNameParts } from '../schema/table-name.js'
import type { Table } from './catalog.js'
import { askForFault, faultSource } from './check-faults.js'
import { EmulatorDispatcher } from './dispatch/emulator-dispatcher.js'
import {
  insertRows,
  type ReadRowsOptions,
  type RowsToInsert,
  readRows,
  readRowsSpec,
} from './emulated-rows.js'
import type { Emulator, EmulatorLogEntry, TablePlace } from './emulator.js'
import { anyCredentials, type EmulatorConnection, environmentOf } from './emulator-connection.js'
import type { EmulatorOptions } from './emulator-options.js'
import { compileFaults, type FaultSource } from './fault.js'
import { checkPrimaryKey } from './primary-key.js'
import type { QuerySource } from './queries.js'
import type { EmulatorCredentials } from './server/authenticate.js'
import type { EmulatorRequest } from './server/emulator-request.js'
import { type HttpServer, startHttpServer } from './server/http-server.js'
import { RequestHandler } from './server/request-handler.js'
import type { Service } from './service.js'
import { allSegments, countRows, defaultSchemaName, type FullName, partitionKeyOf } from './table.js'
import {
  checkDefinition,
  keyOfDefinition,
  schemaOfDefinition,
  type TableDefinition,
} from './table-definition.js'
import { maxSlots } from './tunnel/slots.js'

/*
 * What `startEmulator` gives: the service, a dispatcher that asks it without a socket, and, unless `listen` is false,
 * an HTTP server in front of the same handler. Both ways meet in `RequestHandler`, so that a test without a port sees
 * what a client with one sees. The log of requests is bounded, because an emulator may serve a development machine for
 * weeks.
 */

const maxLogEntries = 10_000

/** An emulator as its owner holds it. */
export class RunningEmulator implements Emulator {
  readonly project: string
  readonly dispatcher: EmulatorDispatcher
  readonly #service: Service
  readonly #options: EmulatorOptions
  readonly #host: string
  readonly #credentials: readonly EmulatorCredentials[] | undefined
  readonly #handler: RequestHandler
  #requests: EmulatorLogEntry[] = []
  #findFault: ReturnType<typeof compileFaults>
  #server: HttpServer | undefined
  #closed: Promise<void> | undefined

  constructor(service: Service, options: EmulatorOptions) {
    const { host = '127.0.0.1', credentials, faults, projects } = options
    this.#service = service
    this.#options = options
    this.#host = host
    this.#credentials = credentials && listCredentials(credentials)
    this.#findFault = compileFaults(faults)
    this.project = projects?.[0] ?? 'emulator'
    this.#handler = new RequestHandler({
      service,
      host,
      credentials: this.#credentials,
      findFault: request => askForFault(this.#findFault, request),
      onRequest: request => this.#remember(request),
    })
    this.dispatcher = new EmulatorDispatcher(this.#handler.handle, service.clock)
  }

  async listen(): Promise<void> {
    const { listen = true, port = 0, idleTimeoutMs = 300_000 } = this.#options
    if (!listen) return
    const { handle } = this.#handler
    const { clock } = this.#service
    this.#server = await startHttpServer({ port, host: this.#host, idleTimeoutMs, clock, handle })
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
    return this.#server?.port ?? 0
  }

  get tunnelEndpoint(): string {
    if (this.#server === undefined) return 'http://emulator.invalid'
    const host = this.#host === '0.0.0.0' || this.#host === '::' ? '127.0.0.1' : this.#host
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get endpoint(): string {
    return `${this.tunnelEndpoint}/api`
  }

  get connection(): EmulatorConnection {
    const { endpoint, project } = this
    const [credentials = anyCredentials] = this.#credentials ?? []
    return { endpoint, project, credentials, ...(!this.#server && { dispatcher: this.dispatcher }) }
  }

  get env(): Readonly<Record<string, string>> {
    return environmentOf(this.connection)
  }

  get requests(): readonly EmulatorLogEntry[] {
    return this.#requests.slice(-maxLogEntries)
  }

  async createTable(definition: TableDefinition): Promise<void> {
    checkDefinition(definition)
    const { name, project, schemaName, ifNotExists = false, comment = '' } = definition
    const fullName = this.#resolve(name, { project, schemaName })
    const key = keyOfDefinition(definition)
    const schema = schemaOfDefinition(definition)
    checkPrimaryKey(schema, key.primaryKey, key.properties)
    const created = await this.#service.catalog.create({ ...fullName, ...key, schema, comment })
    if (created === undefined && !ifNotExists)
      throw new TunnelOptionError('ODPS_INVALID_OPTION', `createTable: the table '${name}' already exists`)
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
    if (table?.state.view !== undefined)
      throw new TunnelOptionError(
        'ODPS_INVALID_TABLE_NAME',
        `'${name}' is a view and has no rows of its own; query it`,
      )
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

  async insert(
    name: string,
    rows: RowsToInsert,
    partition?: PartitionSpecInput,
    place?: TablePlace,
  ): Promise<number> {
    const table = this.#find(name, place)
    return insertRows(this.#service, table, readSpec(table, partition), rows)
  }

  async rows<Row = Record<string, unknown>>(
    name: string,
    partition?: PartitionSpecInput,
    options: ReadRowsOptions = {},
  ): Promise<Row[]> {
    checkOptions('rows', options, readRowsSpec)
    const table = this.#find(name, options.place)
    const { partitions } = table.state
    const key = partition === undefined ? undefined : partitionKeyOf(readSpec(table, partition))
    const chosen = [...partitions].flatMap(([each, state]) =>
      key === undefined || key === each ? [state] : [],
    )
    const reading = { ...options, withPartitionColumns: partition === undefined }
    return (await readRows(this.#service.catalog, table, chosen, reading)) as Row[]
  }

  get queries(): QuerySource | undefined {
    return this.#service.queries.source
  }

  set queries(source: QuerySource | undefined) {
    this.#service.queries.source = source
  }

  get slots(): number {
    return this.#service.slots.count
  }

  set slots(count: number) {
    checkOptions('emulator', { slots: count }, { slots: integer(1, maxSlots) })
    this.#service.slots.count = count
  }

  moveSlots(): void {
    this.#service.slots.move()
  }

  setFaults(faults?: FaultSource): void {
    checkOptions('setFaults', { faults }, { faults: faultSource })
    this.#findFault = compileFaults(faults)
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.dispatcher.close()
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

/** @throws TunnelOptionError unless it names exactly the table's partition columns */
const readSpec = ({ state: { schema } }: Table, partition?: PartitionSpecInput): PartitionSpec => {
  if (partition === undefined && schema.partitionColumns.length === 0) return []
  return orderPartitionSpec(partition === undefined ? [] : parsePartitionSpec(partition), schema)
}

const listCredentials = (
  credentials: EmulatorCredentials | readonly EmulatorCredentials[],
): readonly EmulatorCredentials[] => ('length' in credentials ? credentials : [credentials])
