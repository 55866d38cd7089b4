import type { WrittenPiece } from './row-writer.js'

/*
 * Bytes on their way to a file, in pieces that are worth a write. What was printed lies mostly one behind the other in memory, and is one piece
 * without being copied; only where short pieces come in between, of rows that were printed in another way, all are copied to one.
 */

/** Bytes or characters of text that are worth a piece: a few large writes cost less than many. */
const pieceLength = 256 * 1024
/** A shorter piece isn't worth a write of its own. */
const shortPiece = 64 * 1024

interface Piece {
  bytes: Buffer
  rows: number
  readonly releases: (() => void)[]
}

export class FilePieces {
  #pieces: Piece[] = []
  length = 0

  add(bytes: Buffer, rows: number, release?: () => void): void {
    this.length += bytes.length
    let piece = this.#pieces.at(-1)
    if (piece !== undefined && isBehind(bytes, piece.bytes)) {
      piece.bytes = Buffer.from(bytes.buffer, piece.bytes.byteOffset, piece.bytes.length + bytes.length)
      piece.rows += rows
    } else {
      piece = { bytes, rows, releases: [] }
      this.#pieces.push(piece)
    }
    if (release !== undefined) piece.releases.push(release)
  }

  /** All that was added since. */
  take(): readonly WrittenPiece[] {
    const pieces = this.#pieces
    this.#pieces = []
    this.length = 0
    if (pieces.length === 1 || pieces.every(({ bytes }) => bytes.length >= shortPiece))
      return pieces.map(({ bytes, rows, releases }) => ({ bytes, rows, release: () => callAll(releases) }))
    const bytes = Buffer.concat(pieces.map(piece => piece.bytes))
    for (const { releases } of pieces) callAll(releases)
    return [{ bytes, rows: pieces.reduce((sum, piece) => sum + piece.rows, 0) }]
  }
}

/** What a writer gathers. */
interface Gathered {
  readonly length: number
  take(): readonly WrittenPiece[]
}

/**
 * Gives what is gathered whenever it is worth it. What was gathered when the batches break off is given too: a download is resumed behind the
 * last row that was written.
 * @param add throws for a row that the format has no place for
 */
export async function* inPieces<Batch>(
  batches: AsyncIterable<Batch>,
  gathered: Gathered,
  add: (batch: Batch) => void,
): AsyncGenerator<WrittenPiece, void, undefined> {
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const batch of batches) {
      add(batch)
      if (gathered.length >= pieceLength) yield* gathered.take()
    }
  } catch (error) {
    failure = { error }
  }
  if (gathered.length > 0) yield* gathered.take()
  if (failure !== undefined) throw failure.error
}

const callAll = (functions: readonly (() => void)[]): void => {
  for (const each of functions) each()
}

/** Whether bytes lie right behind others in one piece of memory. */
const isBehind = (bytes: Buffer, others: Buffer): boolean =>
  bytes.buffer === others.buffer && bytes.byteOffset === others.byteOffset + others.length
