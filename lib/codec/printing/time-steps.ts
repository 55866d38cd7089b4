/*
 * How a time is printed, in steps that WebAssembly knows (wire/assembly/text/times.ts): fields of the clock and the text behind them.
 */

/** A field of the clock with what is told of it, or only text. */
export interface TimeStep {
  readonly field: keyof typeof fields | undefined
  /** Digits, or of an offset how it is written: see `offsetForms`. */
  readonly told: number
  readonly text: string
}

const fields = {
  year: 1,
  month: 2,
  day: 3,
  hour: 4,
  hour12: 5,
  minute: 6,
  second: 7,
  fraction: 8,
  halfDay: 9,
  offset: 10,
} as const
/** A day and a time as nearly all files have them: one step, told what stands between the two. */
const dayAndTime = 11
const dayAndTimeSteps = 6

/** Forms of an offset, together: Z for none, colons between its parts, no minutes where there are none, seconds where there are some. */
export const offsetForms = { isZ: 1, hasColons: 2, isShort: 4, isLong: 8 } as const

/** A field has at most so many bytes, with the text behind it; longer text has steps of its own. */
export const longestStep = 24
export const stepBytes = 8
const textBytes = 4

export const encodeSteps = (steps: readonly TimeStep[]): Buffer => {
  const words: Buffer[] = []
  for (let at = 0; at < steps.length; ) {
    const between = betweenDayAndTime(steps.slice(at, at + dayAndTimeSteps))
    const size = between === undefined ? 1 : dayAndTimeSteps
    const { field, told, text } = steps[at + size - 1]!
    const code = between !== undefined ? dayAndTime : field !== undefined ? fields[field] : 0
    const bytes = Buffer.from(text)
    for (let from = 0; from === 0 || from < bytes.length; from += textBytes) {
      const piece = bytes.subarray(from, from + textBytes)
      const word = Buffer.alloc(stepBytes)
      word.set([from === 0 ? code : 0, between?.charCodeAt(0) ?? told, piece.length])
      word.set(piece, 4)
      words.push(word)
    }
    at += size
  }
  return Buffer.concat(words)
}

/** Of steps that are `2001-02-03 04:05:06` the character in its middle; undefined for others. */
const betweenDayAndTime = (steps: readonly TimeStep[]): string | undefined => {
  const between = steps[2]?.text ?? ''
  const texts = ['-', '-', between, ':', ':']
  const wanted = ['year', 'month', 'day', 'hour', 'minute', 'second']
  const isWanted = wanted.every((name, i) => {
    const { field, told, text } = steps[i] ?? {}
    return field === name && told === (i === 0 ? 4 : 2) && (texts[i] ?? text) === text
  })
  return isWanted && /^[\0-\x7f]$/.test(between) ? between : undefined
}

/** ISO 8601 with so many digits of a second, and the offset, if the time has a zone. */
export const isoSteps = (digits: 3 | 9, hasZone: boolean): readonly TimeStep[] => {
  const date = [step('year', 4, '-'), step('month', 2, '-'), step('day', 2, 'T')]
  const clock = [
    step('hour', 2, ':'),
    step('minute', 2, ':'),
    step('second', 2, '.'),
    step('fraction', digits, ''),
  ]
  const { isZ, hasColons, isLong } = offsetForms
  return [...date, ...clock, ...(hasZone ? [step('offset', isZ | hasColons | isLong, '')] : [])]
}

const step = (field: keyof typeof fields, told: number, text: string): TimeStep => ({ field, told, text })
