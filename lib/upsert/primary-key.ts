import { TunnelError, TunnelOptionError, TunnelServiceError } from '../errors.js'
import type { CallOptions } from '../session/call-options.js'
import { readTableProperties } from '../session/table-properties.js'
import type { TableResource } from '../session/table-resource.js'

/*
 * The service has no word of its own for a table that takes no upserts. So what it refuses to create a session with is
 * explained by the table's description, when there is one to be had.
 */

/** The refusal, or a better error when the table turns out to have no primary key. */
export const explainRefusal = async (
  refusal: unknown,
  resource: TableResource,
  options: CallOptions,
): Promise<unknown> => {
  if (!(refusal instanceof TunnelServiceError) || refusal.code !== 'ODPS_SERVICE_ERROR') return refusal
  const isKeyed = await hasPrimaryKey(resource, options)
  return isKeyed === false ? noPrimaryKey(resource, refusal) : refusal
}

export const noPrimaryKey = ({ title }: TableResource, cause?: unknown): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `${title} has no primary key, so rows can't be upserted into it; use an upload, or create the table with a primary key`,
    { cause },
  )

/** Undefined when it can't be known. */
const hasPrimaryKey = async (
  { client, name }: TableResource,
  { signal }: CallOptions,
): Promise<boolean | undefined> => {
  if (!client.hasService) return undefined
  try {
    const { primaryKey } = await readTableProperties(client, name, { signal })
    return primaryKey && primaryKey.length > 0
  } catch (error) {
    if (error instanceof TunnelError) return undefined
    throw error
  }
}
