import protobuf from 'protobufjs/minimal.js'
import type { ValueReader } from './value-reader.js'

/** Reads the fields of one whole record, walked and found good before, with protobufjs. */
export class ProtobufReader implements ValueReader {
  readonly #in: protobuf.Reader
  low = 0
  high = 0

  constructor(record: Uint8Array) {
    this.#in = protobuf.Reader.create(record)
  }

  tag(): number {
    return this.#in.uint32()
  }

  /** protobufjs gives a Long; its halves are taken, for a number would lose digits. */
  int64(): void {
    const value: { low: number; high: number } = this.#in.sint64()
    this.low = value.low
    this.high = value.high
  }

  int32(): number {
    return this.#in.sint32()
  }

  boolean(): boolean {
    return this.#in.bool()
  }

  float(): number {
    return this.#in.float()
  }

  double(): number {
    return this.#in.double()
  }

  bytes(): Buffer {
    return Buffer.from(this.#in.bytes())
  }

  text(): string {
    return this.#in.string()
  }

  count(): number {
    return this.#in.uint32()
  }

  nullFlag(): boolean {
    return this.#in.bool()
  }
}
