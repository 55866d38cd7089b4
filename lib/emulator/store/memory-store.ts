import { ByteLog } from './byte-log.js'
import { type BlockWriter, indexEntryBytes, type Segment, type TableStore } from './table-store.js'

/** Tables that end with the process. */
export const createMemoryStore = (): TableStore => ({
  load: async () => [],
  save: async () => {},
  remove: async () => {},
  createBlock: async () => createMemoryBlock(),
  loadSchemas: async () => [],
  saveSchemas: async () => {},
  close: async () => {},
})

export const createMemoryBlock = (): BlockWriter => {
  const records = new ByteLog()
  const index = new ByteLog()
  return {
    append: (bytes, entries) => {
      records.append(bytes)
      index.append(entries)
    },
    finish: async () => {
      records.trim()
      index.trim()
      return memorySegment(records, index)
    },
    abort: async () => {},
  }
}

const memorySegment = (records: ByteLog, index: ByteLog): Segment => ({
  rows: index.length / indexEntryBytes,
  bytes: records.length,
  readIndex: async (firstRow, rows) =>
    index.read(firstRow * indexEntryBytes, (firstRow + rows) * indexEntryBytes),
  read: async function* (from, to) {
    yield* records.slices(from, to)
  },
  discard: async () => {},
})
