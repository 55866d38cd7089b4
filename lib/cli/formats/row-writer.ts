/** A piece of the output, and how many rows are complete with it. */
export interface WrittenPiece {
  readonly bytes: Uint8Array
  readonly rows: number
}

export interface WriteOptions {
  /** The file has its beginning already. */
  readonly isResumed?: boolean
  /** How many rows it has then, so that a row is named by its number. */
  readonly firstRow?: number
}

/** Turns batches of rows into the bytes of one file. */
export type WriteFormat = (
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
  options?: WriteOptions,
) => AsyncGenerator<WrittenPiece, void, undefined>
