/** Node.js streams in and out of MaxCompute (ODPS) tables, through the Tunnel service. */

export type { Catalogue } from './catalogue/catalogue.js'
export type { CreatePartitionOptions, DropPartitionOptions } from './catalogue/change-partition.js'
export type { DropTableOptions, TruncateTableOptions } from './catalogue/change-table.js'
export type { CreateTableOptions } from './catalogue/create-table.js'
export type { ListSchemasOptions, SchemaInfo } from './catalogue/list-schemas.js'
export type { ListedTable, ListTablesOptions } from './catalogue/list-tables.js'
export type { RowOptions } from './codec/rows/decode-options.js'
export { RowBatch } from './codec/rows/row-batch.js'
export type { CompressionName } from './compression/compression.js'
export type { Connected, WithConnection } from './connection.js'
export type { CopyWay } from './copy/compare-columns.js'
export type {
  CopiedPartition,
  CopiedTableOptions,
  CopyProgress,
  CopyResult,
  CopySource,
  CopyTableOptions,
  CopyTarget,
  CopyVerification,
} from './copy/copy-options.js'
export { copyTable } from './copy/copy-table.js'
export type {
  CommitMessage,
  FallbackMessage,
  InsecureMessage,
  RequestMessage,
  RetryMessage,
} from './diagnostics.js'
export { createDownloadStream, download, readBatches } from './download/create-download-stream.js'
export type {
  AttachOptions,
  DownloadedRow,
  DownloadStreamOptions,
  RangeOptions,
  ResultDownloadOptions,
  ResultRangeOptions,
  RowValueOptions,
  TableDownloadOptions,
  TableRangeOptions,
} from './download/download-options.js'
export type { DownloadSession, ReadOptions } from './download/download-session.js'
export type {
  CreateDownloadSessionOptions,
  OpenDownloadSessionOptions,
} from './download/download-session-options.js'
export { DownloadStream } from './download/download-stream.js'
export type { DownloadTrace, RangeTrace } from './download/download-traces.js'
export type { DownloadEvents, ItemStream } from './download/item-stream.js'
export { RowBatches, type RowBatchesEvents } from './download/row-batches.js'
export type { RowRange } from './download/row-range.js'
export type { DownloadSessionJson, ResultSessionJson, TableSessionJson } from './download/session-json.js'
export type { DownloadSplit, SplitOptions } from './download/splits.js'
export {
  type ChecksumErrorOptions,
  type FailedAttempt,
  type PartitionCommit,
  type QueryErrorOptions,
  type RequestErrorOptions,
  type ServiceErrorOptions,
  type SessionErrorOptions,
  type SqlPosition,
  TunnelChecksumError,
  TunnelError,
  type TunnelErrorCode,
  type TunnelErrorOptions,
  TunnelOptionError,
  TunnelProtocolError,
  TunnelQueryError,
  type TunnelQueryErrorCode,
  TunnelRequestError,
  TunnelServiceError,
  TunnelSessionError,
  TunnelValueError,
  tunnelErrorCodes,
  type ValueErrorOptions,
} from './errors.js'
export type { Clock, SleepOptions } from './http/clock.js'
export type {
  AccessKeyCredentials,
  BearerCredentials,
  CredentialsAnswer,
  CredentialsInput,
  CredentialsSource,
} from './http/credentials.js'
export type { RetryEvent } from './http/request-spec.js'
export type { RetryOptions, TunnelOptions } from './options.js'
export { createQueryStream, execute, query } from './query/create-query-stream.js'
export type { ExecuteResult } from './query/execute.js'
export type {
  ExecuteOptions,
  QueryOptions,
  QueryRangeOptions,
  StatementOptions,
} from './query/query-options.js'
export type { QueryTrace } from './query/query-traces.js'
export { type CreateTableTextOptions, formatCreateTable } from './schema/create-table-text.js'
export type {
  ArrayType,
  DataType,
  DecimalType,
  MapType,
  ScalarKind,
  ScalarType,
  StructField,
  StructType,
  TextType,
  UnsupportedType,
  VectorType,
} from './schema/data-type.js'
export { formatDataType } from './schema/data-type.js'
export {
  type ColumnTexts,
  checkSchema,
  type DefineSchemaOptions,
  defineSchema,
  type RowInputOf,
  type RowObjectOf,
  type RowOf,
  type TypedSchema,
} from './schema/define-schema.js'
export { parseDataType } from './schema/parse-data-type.js'
export type { PartitionPart, PartitionSpec, PartitionSpecInput } from './schema/partition-spec.js'
export { formatPartitionSpec, parsePartitionSpec } from './schema/partition-spec.js'
export type { TableName, TableNameInput } from './schema/table-name.js'
export type { Column, TableSchema } from './schema/table-schema.js'
export type { ValueOptions } from './schema/value-types.js'
export type { CallOptions } from './session/call-options.js'
export type { InstanceProgress } from './session/instance/follow-instance.js'
export type { TaskState } from './session/instance/instance-requests.js'
export type { PartitionInfo } from './session/partitions.js'
export type { NamedResult, NamedTable } from './session/resource.js'
export type { ResultOptions } from './session/resource-options.js'
export type { ServerMetrics } from './session/server-metrics.js'
export type { TableInfo } from './session/table-info.js'
export type { OpenSessionOptions, TableOptions } from './session/table-options.js'
export type { TableProperties } from './session/table-properties.js'
export type { DownloadStats, QueryInstance, QueryStats, UploadStats } from './session/transfer-stats.js'
export { createStreamingUploadStream } from './streaming-upload/create-streaming-upload-stream.js'
export type { Flush } from './streaming-upload/flush-order.js'
export type {
  PartitionedStreamingOptions,
  StreamingUploadOptions,
  UnpartitionedStreamingOptions,
} from './streaming-upload/streaming-options.js'
export {
  type FlushedRows,
  type StreamingUploadEvents,
  StreamingUploadStream,
} from './streaming-upload/streaming-upload-stream.js'
export { type CellTextOptions, formatCell, parseCell } from './text/cell-text.js'
export type { CsvOptions } from './text/csv/csv-options.js'
export type { TraceOutcome } from './tracing.js'
export { batch, type PipedBatch } from './transforms/batch.js'
export type { ColumnSource } from './transforms/column-source.js'
export { type FormatCsvOptions, formatCsv } from './transforms/format-csv.js'
export {
  type FormatNdjsonOptions,
  formatNdjson,
  type ParseNdjsonOptions,
  parseNdjson,
} from './transforms/ndjson.js'
export { objectsToRows, rowsToObjects } from './transforms/object-rows.js'
export { type CsvRow, type ParseCsvOptions, parseCsv } from './transforms/parse-csv.js'
export { type RowTarget, toTable } from './transforms/to-table.js'
export { Tunnel } from './tunnel.js'
export type { CheckpointCount, CheckpointOptions } from './upload/checkpoints.js'
export { createUploadStream, upload } from './upload/create-upload-stream.js'
export type {
  CheckpointsResult,
  NoSession,
  PartitionsResultOf,
  UploadResultOf,
} from './upload/new-upload-stream.js'
export type { PartitionResult } from './upload/partitions/partition.js'
export type { PartitionBy } from './upload/partitions/partition-keys.js'
export type { PartitionsResult } from './upload/partitions/partitions-transaction.js'
export type { Rows } from './upload/row-input.js'
export type { RowStream, RowStreamEvents } from './upload/row-stream.js'
export type { SessionResult } from './upload/session-transaction.js'
export type { Checkpoint, CommittedSession } from './upload/transaction.js'
export type {
  PartitionedRow,
  PartitionedUploadOptions,
  UnpartitionedUploadOptions,
  UploadStreamOptions,
} from './upload/upload-options.js'
export type { UploadBlock } from './upload/upload-requests.js'
export type { BlockResult, CommitResult, UploadTotals } from './upload/upload-results.js'
export type {
  UploadRowsOptions,
  UploadSession,
  UploadSessionJson,
} from './upload/upload-session.js'
export type { CreateUploadSessionOptions } from './upload/upload-session-options.js'
export type { BlockInfo } from './upload/upload-state.js'
export { type UploadEvents, UploadStream } from './upload/upload-stream.js'
export type { BlockTrace, CommitTrace, UploadTrace } from './upload/upload-traces.js'
export type { RowErrorHandler, UploadResult } from './upload/uploader.js'
export { createUpsertStream } from './upsert/create-upsert-stream.js'
export type {
  CreateUpsertSessionOptions,
  OpenUpsertSessionOptions,
  UpsertOptions,
  UpsertRow,
  UpsertStreamOptions,
} from './upsert/upsert-options.js'
export { DeleteRow, deleteRow, PartialRow, partialRow } from './upsert/upsert-rows.js'
export type { UpsertResult, UpsertSession, UpsertSessionJson } from './upsert/upsert-session.js'
export { type UpsertEvents, UpsertStream, type UpsertStreamOf } from './upsert/upsert-stream.js'
export type { UpsertSessionResult } from './upsert/upsert-transaction.js'
export { IntervalDayTime, type IntervalDayTimeLike } from './values/interval-day-time.js'
export { IntervalYearMonth, type IntervalYearMonthLike } from './values/interval-year-month.js'
export { JsonText } from './values/json-text.js'
export { JsonNumber } from './values/json-tree.js'
export { Timestamp, type TimestampLike } from './values/timestamp.js'
export { version } from './version.js'
