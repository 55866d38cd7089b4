import type { FailedSending, RequestSpec, RetryEvent } from '../http/request-spec.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { TunnelResponse } from '../http/tunnel-response.js'
import type { TableName } from '../schema/table-name.js'
import type { ColumnNames } from '../schema/table-schema.js'
import type { CallOptions } from './call-options.js'
import type { DataVersion } from './data-version.js'

/*
 * The tunnel knows two kinds of things that have rows: tables (or partitions of them), and what queries left behind.
 * Sessions and streams are the same for both. All that differs is here: the path, the parameters that go with every
 * request or with some, what it is called in messages, and what may be said to whom it refuses.
 */

export interface ResourceRequest extends CallOptions {
  /** `Creating an upload session for`; the title of the resource is added. */
  readonly purpose: string
  readonly method: RequestSpec['method']
  /** What lies below the resource's path. */
  readonly below?: 'streams' | 'upserts'
  readonly query: Readonly<Record<string, string>>
  readonly repeat: RequestSpec['repeat']
  readonly headers?: Readonly<Record<string, string>>
  /** Next steps by error code, before those of the resource. */
  readonly hints?: Readonly<Record<string, string>>
  readonly body?: readonly Uint8Array[]
  /** Called before it is sent again: all parameters and headers that it has then. */
  readonly renew?: (failed: FailedSending) => Promise<Pick<ResourceRequest, 'query' | 'headers'>>
}

/** A table, or one partition of it, in plain JSON. */
export interface NamedTable extends TableName {
  readonly partitionSpec?: string
  readonly instanceId?: undefined
}

/** The result of a query, in plain JSON. */
export interface NamedResult {
  readonly project: string
  readonly instanceId: string
  readonly limited?: boolean
  readonly table?: undefined
}

export type NamedResource = NamedTable | NamedResult

export interface ResourceOptions {
  /** The service's free tags on every request, instead of the client's. */
  readonly tags?: readonly string[] | undefined
}

/** One thing that has rows, on the tunnel of one client. */
export abstract class Resource {
  readonly client: TunnelClient
  abstract readonly project: string
  /** What it is called in messages: `project.schema.table (partition)`, `the result of instance ID`. */
  abstract readonly title: string
  /** What another process names it by. */
  abstract readonly named: NamedResource
  /** Decoded segments of its path on the tunnel. */
  abstract readonly path: readonly string[]
  /** What the request that creates a download session of it has besides `downloads`. */
  abstract readonly createParameters: Readonly<Record<string, string>>
  /** What the request for a range of rows has besides the range. */
  abstract readonly rangeParameters: Readonly<Record<string, string>>
  /** Of the columns that the service describes. */
  abstract readonly columnNames: ColumnNames
  /** What every request has. */
  protected readonly parameters: Readonly<Record<string, string>> = {}
  /** Next steps by error code. */
  protected readonly hints: Readonly<Record<string, string>> = {}
  protected readonly tags: readonly string[]

  constructor(client: TunnelClient, { tags = [] }: ResourceOptions) {
    this.client = client
    this.tags = tags
  }

  /** The same as the service wants it named, for which it may have to be asked. */
  abstract ordered(options: CallOptions): Promise<Resource>

  /** What tells whether the rows of two snapshots are the same. @throws AbortError only */
  abstract version(options: CallOptions): Promise<DataVersion>

  /** The version that another process read, as `toJSON` of its session gave it. */
  abstract givenVersion(lastModified: string | undefined): DataVersion

  purpose(what: string): string {
    return `${what} ${this.title}`
  }

  async request(request: ResourceRequest): Promise<TunnelResponse> {
    return this.client.request(this.#spec(request))
  }

  async exchange<T>(request: ResourceRequest, read: (response: TunnelResponse) => Promise<T>): Promise<T> {
    return this.client.exchange(this.#spec(request), read)
  }

  /** Tells of a failure that will be answered with another request than the same again. */
  announceRetry(method: RequestSpec['method'], event: RetryEvent, { onRetry }: CallOptions): void {
    const { path, project } = this
    this.client.announceRetry({ method, target: 'tunnel', path, project, onRetry }, event)
  }

  #spec({ below, renew, ...request }: ResourceRequest): RequestSpec {
    return {
      ...request,
      purpose: this.purpose(request.purpose),
      target: 'tunnel',
      path: below === undefined ? this.path : [...this.path, below],
      project: this.project,
      ...this.#sent(request),
      hints: { ...this.hints, ...request.hints },
      ...(renew !== undefined && { renew: async failed => this.#sent(await renew(failed)) }),
    }
  }

  #sent({
    query,
    headers,
  }: Pick<ResourceRequest, 'query' | 'headers'>): Pick<RequestSpec, 'query' | 'headers'> {
    return {
      query: { ...query, ...this.parameters },
      headers: {
        ...(this.tags.length > 0 && { 'odps-tunnel-tags': this.tags.join(',') }),
        ...headers,
      },
    }
  }
}
