import { AbortError } from '../abort.js'
import { TunnelError } from '../errors.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { PartitionSpec } from '../schema/partition-spec.js'
import { formatQuotedPartitionSpec } from '../schema/partition-spec.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import { textAt } from '../xml.js'
import type { CallOptions } from './call-options.js'
import { metadataRequest, parseSchemaText, readDocument } from './metadata.js'

/*
 * Whether two snapshots hold the same rows. The service numbers no versions, but it says when a table or partition was
 * last modified. Read before a snapshot is made, that time proves something only if it is older than the service's own
 * clock by more than its precision of a second: a change right after the question might else have the same time. So
 * every version carries what speaks against it, and a doubt never becomes a proof.
 */
export interface DataVersion {
  /** Undefined without a doubt: it never changes. */
  readonly modifiedAt: Date | undefined
  /** Why it proves nothing; undefined: every later change has another time. */
  readonly doubt: string | undefined
  /** Bytes in which the data is stored, where the service has told. */
  readonly size?: number | undefined
}

/** A table, or one partition of it. */
interface VersionedTable {
  readonly name: TableName
  readonly partition: PartitionSpec | undefined
}

/** What is modified less than this before the question may be modified again within the same second. */
const leastAgeMs = 2_000

/** The data of these is somewhere else, and their description does not change with it. */
const foreignTypes = new Set(['VIRTUAL_VIEW', 'EXTERNAL_TABLE'])

/**
 * Asks the service for the version of a table or of one partition. It is asked once: a download that never needs the
 * answer must not fail, or wait long, for the lack of it.
 * @throws AbortError only
 */
export const readDataVersion = async (
  client: TunnelClient,
  table: VersionedTable,
  options: CallOptions = {},
): Promise<DataVersion> => {
  if (!client.hasService)
    return doubtful(
      'the tunnel does not report when a table was last modified, and only tunnelEndpoint is set',
    )
  try {
    return await askVersion(client, table, options)
  } catch (error) {
    if (error instanceof AbortError || !(error instanceof TunnelError)) throw error
    return doubtful(`its description could not be read (${error.code}), so its last-modified time is missing`)
  }
}

const askVersion = async (
  client: TunnelClient,
  { name, partition }: VersionedTable,
  { signal, onRetry }: CallOptions,
): Promise<DataVersion> => {
  const purpose = `Requesting the last-modified time of ${formatTableName(name)}`
  const query = partition === undefined ? {} : { partition: formatQuotedPartitionSpec(partition) }
  const spec = { ...metadataRequest(name, purpose, query), repeat: 'never', signal, onRetry } as const
  const { root, date } = await readDocument(client, spec, partition === undefined ? 'Table' : 'Partition')
  const json = parseSchemaText(textAt(root, 'Schema'), purpose)
  const modifiedAt = json.optionalTime('lastModifiedTime')
  const size = json.optionalCount(partition === undefined ? 'size' : 'partitionSize')
  return { modifiedAt, doubt: doubtOf(modifiedAt, date, textAt(root, 'Type')), size }
}

const doubtOf = (
  modifiedAt: Date | undefined,
  date: string | undefined,
  type: string | undefined,
): string | undefined => {
  if (foreignTypes.has(type?.toUpperCase() ?? ''))
    return `it is a ${type}, whose data can change without a new last-modified time`
  if (modifiedAt === undefined)
    return 'the service does not report when it was last modified (lastModifiedTime)'
  const asked = Date.parse(date ?? '')
  if (Number.isNaN(asked)) return "the service's response has no Date to compare its last-modified time with"
  if (asked - modifiedAt.getTime() >= leastAgeMs) return undefined
  return `it was modified less than ${leastAgeMs / 1000} s before the session was created, and the service counts whole seconds`
}

/** Of rows that nothing changes, as those of a query's result. */
export const unchanging: DataVersion = { modifiedAt: undefined, doubt: undefined }

/** The version that another process read; undefined when it could not. */
export const givenVersion = (lastModified: string | undefined): DataVersion =>
  lastModified === undefined
    ? doubtful("lastModified was not passed; the session's toJSON() contains it if it is reliable")
    : { modifiedAt: new Date(lastModified), doubt: undefined }

const doubtful = (doubt: string): DataVersion => ({ modifiedAt: undefined, doubt })
