import type { RecordScanner, ScannedRecord } from '../../lib/codec/stream/record-scanner.js'

/** Appends the records of a chunk one by one, copied; those before an error too. */
export const scanRecords = (scanner: RecordScanner, chunk: Uint8Array, records: ScannedRecord[]): void => {
  for (const { bytes, tails } of scanner.scan(chunk)) {
    let from = 0
    for (let i = 0; i < tails.length; i += 2) {
      records.push({ bytes: Buffer.from(bytes.subarray(from, tails[i])), checksum: tails[i + 1]! })
      from = tails[i]!
    }
  }
}
