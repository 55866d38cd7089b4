import { createHash } from 'node:crypto'

/*
 * All that passes, in order. Lines are made only when somebody reads them: most scenarios hold, and of those nobody does.
 */

/** Takes the words of a line: text, numbers, and headers, which nobody changes later. */
export type Trace = (...words: readonly unknown[]) => void

export class TraceLog {
  readonly #lines: (readonly unknown[])[] = []

  readonly add: Trace = (...words) => {
    this.#lines.push(words)
  }

  get text(): string {
    return this.#lines.map(words => words.map(wordOf).join(' ')).join('\n')
  }

  get hash(): string {
    return createHash('sha256').update(this.text).digest('hex')
  }
}

const wordOf = (word: unknown): string => (typeof word === 'object' ? JSON.stringify(word) : String(word))
