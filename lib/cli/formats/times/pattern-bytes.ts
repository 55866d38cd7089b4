import type { DatetimePattern } from './datetime-pattern.js'
import type { TimeField } from './pattern-fields.js'

/* A pattern for the reader in WebAssembly: pairs of what comes next and its size or character (wire/assembly/csv/times.ts). */

const character = 1

/** Fields of a fixed number of digits, and their letters. */
const steps: Partial<Readonly<Record<TimeField, readonly [step: number, letters: number]>>> = {
  year: [2, 4],
  month: [3, 2],
  day: [4, 2],
  hour: [5, 2],
  minute: [6, 2],
  second: [7, 2],
}
const fraction = 8

/** Undefined for a pattern that has more than digits at fixed places and ASCII between them. */
export const patternBytes = ({ parts, has }: DatetimePattern): Uint8Array | undefined => {
  if (!has('year') || !has('month') || !has('day')) return undefined
  const bytes: number[] = []
  for (const part of parts) {
    if ('text' in part) {
      for (const byte of Buffer.from(part.text)) bytes.push(character, byte)
      continue
    }
    const { field, letters } = part
    const [step, count] = field === 'fraction' ? [fraction, letters.length] : (steps[field] ?? [])
    if (step === undefined || letters.length !== count) return undefined
    bytes.push(step, count)
  }
  // There is room for so many.
  return bytes.length < 500 ? Uint8Array.from(bytes) : undefined
}
