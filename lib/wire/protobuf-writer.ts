import protobuf from 'protobufjs/minimal.js'
import { checksumOf, crcByte, crcInt32, crcInt64, crcRange, emptyRegister } from './crc32c.js'
import { endRecordField, tagOf, type WireType } from './tags.js'
import { isWellFormed } from './utf8.js'
import type { ValueWriter } from './value-writer.js'

/** Writes records one by one with protobufjs: the plain way, for where no compiled code may be. */
export class ProtobufWriter implements ValueWriter {
  readonly #out = protobuf.Writer.create()
  readonly #scratch = new DataView(new ArrayBuffer(8))
  #register = emptyRegister

  /** Begins a record, forgetting an unfinished one. */
  begin(): void {
    this.#out.reset()
    this.#register = emptyRegister
  }

  /** The tag of a column, numbered from 1; its number is fed (protocol 4.6). */
  field(column: number, wireType: WireType): void {
    this.#out.uint32(tagOf(column, wireType))
    this.#register = crcInt32(this.#register, column)
  }

  /** Ends the record: its bytes and checksum. */
  end(): { bytes: Uint8Array; checksum: number } {
    const checksum = checksumOf(this.#register)
    const bytes = this.#out.uint32(tagOf(endRecordField, 0)).uint32(checksum).finish()
    return { bytes, checksum }
  }

  /** protobufjs takes halves in this form; a bigint it would write as 0. */
  int64(low: number, high: number): void {
    this.#out.sint64({ low: low | 0, high: high | 0, unsigned: false })
    this.#register = crcInt64(this.#register, low, high)
  }

  int32(value: number): void {
    this.#out.sint32(value)
    this.#register = crcInt32(this.#register, value)
  }

  boolean(value: boolean): void {
    this.#out.bool(value)
    this.#register = crcByte(this.#register, value ? 1 : 0)
  }

  float(value: number): void {
    this.#scratch.setFloat32(0, value, true)
    this.#out.float(value)
    this.#register = crcRange(this.#register, this.#scratch, 0, 4)
  }

  double(value: number): void {
    this.#scratch.setFloat64(0, value, true)
    this.#out.double(value)
    this.#register = crcRange(this.#register, this.#scratch, 0, 8)
  }

  bytes(value: Uint8Array): void {
    this.#out.bytes(value)
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    this.#register = crcRange(this.#register, view, 0, value.byteLength)
  }

  text(value: string): number {
    if (!isWellFormed(value)) return -1
    const bytes = Buffer.from(value)
    this.bytes(bytes)
    return bytes.length
  }

  count(value: number): void {
    this.#out.uint32(value)
  }

  nullFlag(isNull: boolean): void {
    this.#out.bool(isNull)
  }
}
