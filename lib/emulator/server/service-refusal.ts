export interface ServiceRefusalOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** The service says no. It never leaves the emulator: it becomes an error document (protocol 3.8, 11.3). */
export class ServiceRefusal extends Error {
  readonly status: number
  /** The service's own word, for instance `NoSuchTable`. */
  readonly serviceCode: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, serviceCode: string, message: string, options: ServiceRefusalOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ServiceRefusal'
    this.status = status
    this.serviceCode = serviceCode
    this.headers = options.headers ?? {}
  }
}

/*
 * The service's own texts and codes (protocol 11.2). HTTP numbers that no source gives are those recommended there.
 */

export const noSuchProject = (): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchProject', 'The specified project name does not exist. Project not found.')

export const noSuchTable = (): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchTable', 'The specified table name does not exist.')

export const noSuchPartition = (): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchPartition', 'The specified partition does not exist.')

export const missingPartition = (): ServiceRefusal =>
  new ServiceRefusal(
    400,
    'MissingPartitionSpec',
    'You need to specify a partitionspec along with the specified table.',
  )

export const invalidPartition = (cause?: unknown): ServiceRefusal =>
  new ServiceRefusal(400, 'InvalidPartitionSpec', 'The specified partitionspec is not valid.', { cause })

export const noSuchUpload = (): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchUpload', 'The specified upload id does not exist.')

export const noSuchUpsert = (): ServiceRefusal =>
  new ServiceRefusal(404, 'UpsertSessionNotFound', 'The specified upsert session does not exist.')

export const noSuchStreamUpload = (): ServiceRefusal =>
  new ServiceRefusal(404, 'StreamSessionNotFound', 'The specified stream upload session does not exist.')

/** A version that the table has not, or not yet. */
export const noSuchSchemaVersion = (): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchSchema', 'The specified schema version does not exist.')

/** @param server the slot's new one */
export const slotMoved = (server: string): ServiceRefusal =>
  new ServiceRefusal(308, 'SlotReassigned', 'The slot has been moved to another server.', {
    headers: { 'odps-tunnel-routed-server': server },
  })

export const noSuchDownload = (): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchDownload', 'The specified download id does not exist.')

export const statusConflict = (): ServiceRefusal =>
  new ServiceRefusal(
    409,
    'StatusConflict',
    'You cannot complete the specified operation under the current upload or download status.',
  )

/**
 * A session is older than a change that its blocks don't fit.
 * @param latest the version that the schema has now; clients look for it under two names (protocol 9.2)
 */
export const schemaModified = (latest?: number): ServiceRefusal =>
  new ServiceRefusal(
    412,
    'SchemaModified',
    'The schema of the table has changed since the session was created.',
    {
      headers:
        latest === undefined
          ? {}
          : {
              'odps-tunnel-latest-schema-version': String(latest),
              'x-odps-tunnel-latest-schema-version': String(latest),
            },
    },
  )

export const corruptedStream = (cause?: unknown): ServiceRefusal =>
  new ServiceRefusal(400, 'CorruptedDataStream', 'The data stream was corrupted, please try again later.', {
    cause,
  })

export const malformedStream = (cause?: unknown): ServiceRefusal =>
  new ServiceRefusal(
    400,
    'MalformedDataStream',
    'The data stream you provided was not well-formed or did not validate against schema.',
    { cause },
  )

export const incompleteBody = (): ServiceRefusal =>
  new ServiceRefusal(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  )

export const invalidBlockId = (): ServiceRefusal =>
  new ServiceRefusal(400, 'InvalidBlockID', 'The specified block id is not valid.')

export const invalidRowRange = (): ServiceRefusal =>
  new ServiceRefusal(400, 'InvalidRowRange', 'The specified row range is not valid.')

export const invalidColumns = (): ServiceRefusal =>
  new ServiceRefusal(400, 'InvalidColumnSpec', 'The specified columns is not valid.')

export const invalidArgument = (what: string): ServiceRefusal =>
  new ServiceRefusal(400, 'InvalidArgument', what)

export const methodNotAllowed = (
  what = 'The specified method is not allowed against this resource.',
): ServiceRefusal => new ServiceRefusal(405, 'MethodNotAllowed', what)

/** What the service has and this emulator has not. Not 501: clients repeat every 5xx for minutes. */
export const notEmulated = (what: string): ServiceRefusal =>
  methodNotAllowed(`The emulator does not support ${what}.`)

export const unauthorized = (message: string): ServiceRefusal =>
  new ServiceRefusal(401, 'Unauthorized', message)

/** Metadata of the service says `NoSuchObject` where the tunnel names the kind (protocol 10.5). */
export const noSuchObject = (message: string): ServiceRefusal =>
  new ServiceRefusal(404, 'NoSuchObject', message)
