/** Compresses one block, piece by piece. */
export interface Compressor {
  /**
   * Takes bytes, best in slices of up to 256 KiB. The caller may overwrite them as soon as the call has returned.
   * A promise means: wait for it before the next write.
   */
  write(bytes: Uint8Array): void | Promise<void>
  /** Takes whole frames of its format as they are; they must not be written to any more. Only where frames can be joined. */
  join?(packed: readonly Buffer[]): void
  /** Hands over the output so far. */
  take(): Buffer[]
  /** Ends the compressed stream; resolves to the output that was not taken yet. */
  finish(): Promise<Buffer[]>
  /** Drops the output and frees what is held. Harmless after `finish`. */
  destroy(): void
  /** Bytes of output so far, taken or not. */
  readonly wireBytes: number
}

/** The output that every compressor gathers. */
export class CompressorOutput {
  #buffers: Buffer[] = []
  wireBytes = 0

  /** The buffer must not be written to any more. */
  add(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#buffers.push(bytes)
    this.wireBytes += bytes.length
  }

  take(): Buffer[] {
    const buffers = this.#buffers
    this.#buffers = []
    return buffers
  }
}
