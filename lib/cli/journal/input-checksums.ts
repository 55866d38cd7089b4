import { crc32 } from 'node:zlib'
import { CliError } from '../usage-error.js'

const pieceBytes = 2 ** 20

/** Takes the CRC-32 of each MiB of the input, and compares with those of a former run. */
export class InputChecksums {
  readonly checksums: number[] = []
  readonly #expected: readonly number[]
  #crc = 0
  #bytes = 0

  constructor(expected: readonly number[] = []) {
    this.#expected = expected
  }

  /** @throws CliError when the input is not the one of the former run */
  add(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.length > 0) {
      const part = rest.subarray(0, pieceBytes - this.#bytes)
      this.#crc = crc32(part, this.#crc)
      this.#bytes += part.length
      rest = rest.subarray(part.length)
      if (this.#bytes === pieceBytes) this.#endPiece()
    }
  }

  #endPiece(): void {
    const expected = this.#expected[this.checksums.length]
    if (expected !== undefined && expected !== this.#crc)
      throw new CliError(
        `the input differs from that of the interrupted upload, in its MiB ${this.checksums.length + 1}`,
        'Start anew, without --resume',
      )
    this.checksums.push(this.#crc)
    this.#crc = 0
    this.#bytes = 0
  }
}
