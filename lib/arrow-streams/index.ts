export type { RecordBatch } from './apache-arrow.js'
export { ArrowDownloadStream } from './download/arrow-download-stream.js'
export {
  type ArrowDownloadOptions,
  createArrowDownloadStream,
} from './download/create-arrow-download-stream.js'
export { type DownloadArrowOptions, downloadArrow } from './download/download-arrow.js'
