/*
 * Which rows are in the bytes of a file. A writer gathers rows before it gives bytes, and what it gives may hold the end
 * of one partition and the beginning of the next. So rows are noted when they are handed over, and count when their bytes
 * are written.
 */
export class RowLedger<Part> {
  readonly #waiting: { readonly part: Part; readonly skipped: number; rows: number }[] = []
  #part: Part | undefined
  #rowsOfPart = 0

  /** @param skipped rows of the part that were in the file before, when a former run has written them */
  handOver(part: Part, rows: number, skipped = 0): void {
    const last = this.#waiting.at(-1)
    if (last?.part === part) last.rows += rows
    else this.#waiting.push({ part, skipped, rows })
  }

  /**
   * So many rows more are in the file.
   * @returns the part of the last of them, and how many rows of it are in the file
   */
  write(rows: number): { readonly part: Part; readonly rows: number } {
    let rest = rows
    while (rest > 0) {
      const next = this.#waiting[0]
      if (next === undefined) throw new Error(`${rest} rows were written that were never handed over`)
      const taken = Math.min(rest, next.rows)
      if (next.part !== this.#part) [this.#part, this.#rowsOfPart] = [next.part, next.skipped]
      this.#rowsOfPart += taken
      next.rows -= taken
      rest -= taken
      if (next.rows === 0) this.#waiting.shift()
    }
    return { part: this.#part!, rows: this.#rowsOfPart }
  }
}
