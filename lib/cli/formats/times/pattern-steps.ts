import type { PrintFlag, TimePrint } from '../../../codec/printing/cell-print.js'
import { offsetForms, type TimeStep } from '../../../codec/printing/time-steps.js'
import type { DatetimePattern } from './datetime-pattern.js'
import type { PatternPart } from './pattern-fields.js'

/*
 * A pattern of times as steps of WebAssembly, which print what pattern-printer.ts prints. A pattern whose text could make a cell need quotes
 * has none: it stays with that printer.
 */

/** Undefined for a pattern that stays with the careful way. */
export const patternTime = (
  pattern: DatetimePattern,
  marks: readonly string[],
): { readonly time: TimePrint; readonly flags: readonly PrintFlag[] } | undefined => {
  const { parts, has } = pattern
  const first = parts[0]!
  const last = parts.at(-1)!
  if (!('field' in first) || first.field === 'halfDay' || first.field === 'offset') return undefined
  if (!('field' in last) && /[ \t]$/.test(last.text)) return undefined
  const isPlain = parts.every(
    part => 'field' in part || (plainText.test(part.text) && !marks.some(mark => part.text.includes(mark))),
  )
  if (!isPlain) return undefined
  const isWhole = has('year') && has('month') && has('day')
  return {
    time: { steps: stepsOf(parts), ...smallestParts(pattern) },
    flags: isWhole ? [] : ['isAlwaysNoted'],
  }
}

/** Whether digits of a fraction could follow. */
export const endsInSeconds = ({ parts }: DatetimePattern): boolean => {
  const last = parts.at(-1)!
  return 'field' in last && (last.field === 'second' || last.field === 'fraction')
}

const plainText = /^[\x20-\x7e]*$/

const second = 1_000_000_000

const smallestParts = ({ has, parts }: DatetimePattern): Omit<TimePrint, 'steps'> => {
  if (!has('hour') && !has('hour12')) return { partOfDay: 86_400, partOfSecond: second, secondDigits: 0 }
  if (!has('minute')) return { partOfDay: 3600, partOfSecond: second, secondDigits: 0 }
  if (!has('second')) return { partOfDay: 60, partOfSecond: second, secondDigits: 0 }
  const fraction = parts.find(part => 'field' in part && part.field === 'fraction')
  const digits = fraction !== undefined && 'field' in fraction ? fraction.letters.length : 0
  return { partOfDay: 1, partOfSecond: 10 ** (9 - digits), secondDigits: digits }
}

const stepsOf = (parts: readonly PatternPart[]): readonly TimeStep[] => {
  const steps: TimeStep[] = []
  for (const part of parts) {
    if ('field' in part) steps.push({ field: part.field, told: toldOf(part), text: '' })
    else {
      const before = steps.pop()
      steps.push({ field: before?.field, told: before?.told ?? 0, text: (before?.text ?? '') + part.text })
    }
  }
  return steps
}

const toldOf = ({ field, letters }: Extract<PatternPart, { field: unknown }>): number => {
  if (field !== 'offset') return letters.length
  const count = letters.length
  const isZulu = letters[0] === 'X' || letters === 'ZZZZZ'
  const isOffset = letters[0] === 'Z'
  const { isZ, hasColons, isShort, isLong } = offsetForms
  return (
    (isZulu ? isZ : 0) |
    ((isOffset ? count === 5 : count === 3 || count === 5) ? hasColons : 0) |
    (!isOffset && count === 1 ? isShort : 0) |
    ((isOffset ? count === 5 : count >= 4) ? isLong : 0)
  )
}
