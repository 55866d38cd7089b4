export type { ArrowTable, RecordBatch } from './apache-arrow.js'
export { ArrowDownloadStream } from './download/arrow-download-stream.js'
export {
  type ArrowDownloadOptions,
  type ArrowOutputOptions,
  type ArrowQueryOptions,
  type ArrowResultDownloadOptions,
  type ArrowTableDownloadOptions,
  createArrowDownloadStream,
} from './download/create-arrow-download-stream.js'
export { type DownloadArrowOptions, downloadArrow } from './download/download-arrow.js'
export {
  type ArrowChunk,
  type ArrowUploadOptions,
  createArrowUploadStream,
} from './upload/create-arrow-upload-stream.js'
export { type UploadArrowOptions, uploadArrow } from './upload/upload-arrow.js'
