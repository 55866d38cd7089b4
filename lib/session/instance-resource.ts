import type { TunnelClient } from '../http/tunnel-client.js'
import { type DataVersion, unchanging } from './data-version.js'
import { type NamedResult, Resource, type ResourceOptions } from './resource.js'

export interface InstanceOptions extends ResourceOptions {
  /** The service's limited mode: at most as many rows as the project allows, for who may not read the tables themselves. */
  readonly limited?: boolean | undefined
}

/** What a query has left behind: the rows of an instance that has ended. */
export class InstanceResource extends Resource {
  readonly project: string
  readonly instanceId: string
  readonly limited: boolean
  readonly columnNames = 'any'
  readonly createParameters: Readonly<Record<string, string>>
  readonly rangeParameters: Readonly<Record<string, string>>
  protected override readonly hints = {
    ODPS_ACCESS_DENIED:
      'A whole result needs the ownership of the instance and the right to read every table in its query; limited: true reads at most as many rows as the project allows, without these.',
  }

  constructor(client: TunnelClient, project: string, instanceId: string, options: InstanceOptions = {}) {
    super(client, options)
    this.project = project
    this.instanceId = instanceId
    this.limited = options.limited ?? false
    this.createParameters = this.limited ? { instance_tunnel_limit_enabled: '' } : {}
    this.rangeParameters = this.createParameters
  }

  get title(): string {
    return `the result of instance ${this.instanceId} in ${this.project}`
  }

  get named(): NamedResult {
    const { project, instanceId, limited } = this
    return { project, instanceId, ...(limited && { limited }) }
  }

  /** An instance is in a project, never in a schema of it. */
  get path(): readonly string[] {
    return ['projects', this.project, 'instances', this.instanceId]
  }

  /** Its levels need no order: it has no partition. */
  async ordered(): Promise<this> {
    return this
  }

  async version(): Promise<DataVersion> {
    return unchanging
  }

  givenVersion(): DataVersion {
    return unchanging
  }
}
