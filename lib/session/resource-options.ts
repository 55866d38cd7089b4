import type { OptionSpec } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { TableNameParts } from '../schema/table-name.js'
import { InstanceResource } from './instance-resource.js'
import type { Resource, ResourceOptions } from './resource.js'
import { type TableOptions, tableOptionSpec, tableResource } from './table-options.js'

/** The result of a query that a stream or session reads. */
export interface ResultOptions {
  /** Of the query, whose result lives on the service for some time after it has ended. */
  readonly instanceId: string
  /** The project it ran in. Default: the Tunnel's. */
  readonly project?: string | undefined
  /**
   * The service's limited mode: at most as many rows as the project allows (10 000 unless it is set otherwise), but
   * without the rights on each table of the query that a whole result needs. Default false.
   */
  readonly limited?: boolean | undefined
  readonly table?: undefined
}

export const resourceOptionSpec: OptionSpec = { ...tableOptionSpec, instanceId: 'string', limited: 'boolean' }

/** What belongs to a table, and to no result. */
const ofTables = ['table', 'schemaName', 'partitionSpec', 'partitions', 'partitionColumns'] as const

/**
 * The table or result that options name.
 * @throws TunnelOptionError ODPS_INVALID_OPTION when they name both or neither, and for what a result has not;
 * ODPS_INVALID_TABLE_NAME, ODPS_INVALID_PARTITION_SPEC, ODPS_MISSING_PROJECT
 */
export const resourceOf = (
  where: string,
  connection: TableNameParts & { readonly client: TunnelClient },
  options: (TableOptions & { readonly instanceId?: undefined }) | ResultOptions,
): Resource => {
  if (options.instanceId === undefined) {
    const { limited } = options as { readonly limited?: boolean }
    if (limited !== undefined) throw wrong(where, 'limited is for the result of a query; pass its instanceId')
    return tableResource(connection, options)
  }
  checkNoTable(where, options, 'instanceId')
  const project = options.project ?? connection.project
  if (project === undefined)
    throw new TunnelOptionError(
      'ODPS_MISSING_PROJECT',
      `${where}: no project for instance ${options.instanceId}; set the option project`,
    )
  if (options.instanceId === '') throw wrong(where, 'instanceId is empty')
  const { limited } = options
  const { tags } = options as ResourceOptions
  return new InstanceResource(connection.client, project, options.instanceId, { limited, tags })
}

/** @throws TunnelOptionError ODPS_INVALID_OPTION for an option that belongs to a table, beside `other` */
const checkNoTable = (where: string, options: object, other: string): void => {
  const name = ofTables.find(key => (options as Record<string, unknown>)[key] !== undefined)
  if (name !== undefined) throw wrong(where, `${name} is for tables; leave it out, or leave out ${other}`)
}

const wrong = (where: string, what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `${where}: ${what}`)
