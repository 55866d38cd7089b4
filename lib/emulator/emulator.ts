import type { Dispatcher } from 'undici'
import type { PartitionSpecInput } from '../schema/partition-spec.js'
import type { ReadRowsOptions, RowsToInsert } from './emulated-rows.js'
import type { EmulatorConnection } from './emulator-connection.js'
import type { FaultSource } from './fault.js'
import type { QuerySource } from './queries.js'
import type { EmulatorRequest } from './server/emulator-request.js'
import type { TableDefinition } from './table-definition.js'

/** Where a table is, when its name alone does not say. */
export interface TablePlace {
  readonly project?: string | undefined
  readonly schemaName?: string | undefined
}

/** A request that came in. */
export type EmulatorLogEntry = EmulatorRequest

/** A running emulator. Tables are named `t`, `schema.t` or `project.schema.t`. */
export interface Emulator extends AsyncDisposable {
  /** For the option `endpoint`: `http://127.0.0.1:<port>/api`; with `listen: false` `http://emulator.invalid/api`. */
  readonly endpoint: string
  /** For the option `tunnelEndpoint`: `http://127.0.0.1:<port>`. */
  readonly tunnelEndpoint: string
  /** 0 with `listen: false`. */
  readonly port: number
  /** Answers requests in this process, whatever their origin: for the option `dispatcher` of clients, and of `fetch`. */
  readonly dispatcher: Dispatcher
  /** What `new Tunnel` needs, the emulator's own credentials included if it checks them. */
  readonly connection: EmulatorConnection
  /**
   * The connection as environment variables.
   * @throws TunnelOptionError with `listen: false`
   */
  readonly env: Readonly<Record<string, string>>
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
  /**
   * Appends rows to a table, all or none: arrays of cells, or objects by column name. Creates the partition.
   * @returns how many
   * @throws TunnelValueError for a row that does not fit; what the rows themselves throw
   */
  insert(
    name: string,
    rows: RowsToInsert,
    partition?: PartitionSpecInput,
    place?: TablePlace,
  ): Promise<number>
  /**
   * Committed rows in the order in which they came. Of a partitioned table all partitions, with their columns last, unless one
   * is named: an empty list when it doesn't exist.
   */
  rows<Row = Record<string, unknown>>(
    name: string,
    partition?: PartitionSpecInput,
    options?: ReadRowsOptions,
  ): Promise<Row[]>
  /**
   * What SQL gives: answers to queries, which come before the emulator's own SELECT. Setting it replaces the option `queries`.
   * @throws TunnelOptionError for an answer that is none; TunnelValueError for a row that does not fit
   */
  queries: QuerySource | undefined
  /**
   * How many slots a streaming upload has: 2, or what its client asks for. Once it is set, all have that number, also those
   * that are under way.
   * @throws TunnelOptionError unless it is a whole number from 1 to 64
   */
  slots: number
  /** Gives all slots other servers: the next pack of each is refused with 308, and says where the slot is now. */
  moveSlots(): void
  /** Puts other trouble in place of the option `faults`. */
  setFaults(faults?: FaultSource): void
  /** Cuts all connections and frees the port; requests to the dispatcher then fail like a refused connection. */
  close(): Promise<void>
}
