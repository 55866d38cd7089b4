import type { TableInfo, Tunnel } from '../../index.js'
import { isInstance } from '../transfer/instance-target.js'
import type { DownloadRequest } from './request.js'

/** What has to be known of a table, or of a query's result, before rows are read. */
export type SourceInfo = Pick<TableInfo, 'schema' | 'recordCount' | 'size'>

export const describeSource = async (
  tunnel: Tunnel,
  { target, limited }: DownloadRequest,
  signal: AbortSignal,
): Promise<SourceInfo> => {
  if (!isInstance(target)) return tunnel.getTable(target.table, { signal })
  const { instanceId } = target
  const { schema, recordCount } = await tunnel.createDownloadSession({ instanceId, limited, signal })
  return { schema, recordCount, size: undefined }
}
