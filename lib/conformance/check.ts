import type { TunnelClient } from '../http/tunnel-client.js'
import type { Connection, TunnelOptions } from '../options.js'
import type { TableName, TablePlace } from '../schema/table-name.js'
import type { Answer } from './answer.js'
import type { TableKey } from './table-definitions.js'

/** A request as a check words it; the project and what every request has are added. */
export interface Question {
  readonly target: 'service' | 'tunnel'
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Decoded segments. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Default: that of the run. */
  readonly client?: TunnelClient
}

/** What a check works with. */
export interface CheckContext {
  readonly connection: Connection
  readonly place: TablePlace
  readonly signal: AbortSignal
  /** How the run is connected. */
  readonly options: TunnelOptions
  /** A scratch table that the check names in `tables`. */
  table(key: TableKey): TableName
  /** @throws Finding when the service is busy, and nothing else about the answer */
  ask(question: Question): Promise<Answer>
  /** A connection that differs from that of the run; it is closed with it. */
  connect(options: TunnelOptions): Connection
}

/** One recorded assumption about the service, and how to find out whether it holds. */
export interface Check {
  /** `theme.name`; never changes, so that reports can be compared. */
  readonly id: string
  readonly sentence: string
  /** Scratch tables it needs. */
  readonly tables: readonly TableKey[]
  /** How many requests it sends at most, while nothing has to be repeated. */
  readonly requests: number
  /** How many bytes of bodies it sends at most. Default 0. */
  readonly bytes?: number
  /** How many of its requests submit a statement. Default 0. */
  readonly statements?: number
  /**
   * @returns what was seen, where an assumption leaves room for more than one answer
   * @throws Finding for anything but what was assumed
   */
  run(context: CheckContext): Promise<string | undefined>
}
