import { TunnelServiceError } from '../errors.js'
import type { RequestSpec, RetryEvent } from '../http/request-spec.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { TunnelResponse } from '../http/tunnel-response.js'
import { formatPartitionSpec, orderPartitionSpec, type PartitionSpec } from '../schema/partition-spec.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import { nameHints } from './name-hints.js'
import { getTable } from './table-info.js'
import type { CallOptions, TableRef } from './table-ref.js'
import { readTableVersion, type TableVersion } from './table-version.js'

export interface TableRequest extends CallOptions {
  /** `Creating an upload session`; the name of the table is added. */
  readonly purpose: string
  readonly method: RequestSpec['method']
  readonly query: Readonly<Record<string, string>>
  readonly repeat: RequestSpec['repeat']
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: readonly Uint8Array[]
}

/** One table or partition on the tunnel: the path and parameters that all its requests share. */
export class TableAccess {
  readonly client: TunnelClient
  readonly name: TableName
  readonly partition: PartitionSpec | undefined
  readonly #tags: readonly string[]

  private constructor(
    client: TunnelClient,
    name: TableName,
    partition: PartitionSpec | undefined,
    tags: readonly string[],
  ) {
    this.client = client
    this.name = name
    this.partition = partition
    this.#tags = tags
  }

  /** Puts the levels of the partition into the table's order, for which it may have to ask for the table. */
  static async open(
    client: TunnelClient,
    { name, partition }: TableRef,
    options: CallOptions & { readonly tags?: readonly string[] | undefined },
  ): Promise<TableAccess> {
    const ordered = partition && (await orderPartition(client, name, partition, options))
    return new TableAccess(client, name, ordered, options.tags ?? [])
  }

  /** `project.schema.table`, and the partition where there is one. */
  get title(): string {
    const partition = this.partition === undefined ? '' : ` (${formatPartitionSpec(this.partition)})`
    return `${formatTableName(this.name)}${partition}`
  }

  /** What the service says of the data at this moment. @throws AbortError only */
  version(options: CallOptions): Promise<TableVersion> {
    return readTableVersion(this.client, this, options)
  }

  purpose(what: string): string {
    return `${what} ${this.title}`
  }

  async request(request: TableRequest): Promise<TunnelResponse> {
    return this.client.request(this.#spec(request))
  }

  async exchange<T>(request: TableRequest, read: (response: TunnelResponse) => Promise<T>): Promise<T> {
    return this.client.exchange(this.#spec(request), read)
  }

  /** Tells of a failure that will be answered with another request than the same again. */
  announceRetry(method: RequestSpec['method'], event: RetryEvent, { onRetry }: CallOptions): void {
    const { name, path } = this
    this.client.announceRetry({ method, target: 'tunnel', path, project: name.project, onRetry }, event)
  }

  /** The tunnel takes the schema in the path, the service in the query (protocol 1.3). */
  get path(): readonly string[] {
    const { project, schemaName, table } = this.name
    const schemaPart = schemaName === undefined ? [] : ['schemas', schemaName]
    return ['projects', project, ...schemaPart, 'tables', table]
  }

  #spec(request: TableRequest): RequestSpec {
    return {
      ...request,
      purpose: this.purpose(request.purpose),
      target: 'tunnel',
      path: this.path,
      project: this.name.project,
      query: {
        ...request.query,
        ...(this.partition !== undefined && { partition: formatPartitionSpec(this.partition) }),
      },
      headers: {
        ...(this.#tags.length > 0 && { 'odps-tunnel-tags': this.#tags.join(',') }),
        ...request.headers,
      },
      hints: nameHints(this.name),
    }
  }
}

/** Callers that may not see the table's description are taken at their word. */
const orderPartition = async (
  client: TunnelClient,
  name: TableName,
  partition: PartitionSpec,
  { signal, onRetry }: CallOptions,
): Promise<PartitionSpec> => {
  if (partition.length < 2 || !client.hasService) return partition
  try {
    const { schema } = await getTable(client, name, { signal, onRetry })
    return orderPartitionSpec(partition, schema)
  } catch (error) {
    if (error instanceof TunnelServiceError && error.code === 'ODPS_ACCESS_DENIED') return partition
    throw error
  }
}
