import { checksumOf, crcInt32, crcRange, emptyRegister } from '../../wire/crc32c.js'

/** What a trailer tells of the records before it: their number, and one checksum over their checksums (protocol 4.6). */
export class StreamTotals {
  rows = 0
  register = emptyRegister

  add(recordChecksum: number): void {
    this.rows++
    this.register = crcInt32(this.register, recordChecksum)
  }

  /** Many at once. */
  append(checksums: Uint32Array): void {
    const { buffer, byteOffset, byteLength } = checksums
    this.rows += checksums.length
    this.register = crcRange(this.register, new DataView(buffer, byteOffset, byteLength), 0, byteLength)
  }

  get checksum(): number {
    return checksumOf(this.register)
  }

  reset(): void {
    this.rows = 0
    this.register = emptyRegister
  }
}
