import { UsageError } from '../usage-error.js'

/*
 * Patterns as odpscmd (Java's SimpleDateFormat) writes them: yyyy-MM-dd HH:mm:ss.SSS, dd/MM/yyyy hh:mm a, 'T' for text.
 */

export interface DatetimePattern {
  /** The pattern as it was given. */
  readonly toJSON: () => string
  /** ISO text of what the pattern reads, with a zone only if the pattern has one; undefined when it does not match. */
  readonly parse: (text: string) => string | undefined
  /** Text of the pattern from ISO text. */
  readonly print: (iso: string) => string
}

interface Parts {
  year: string
  month: string
  day: string
  hour: string
  minute: string
  second: string
  fraction: string
  zone: string
}

interface Token {
  readonly expression: string
  /** Undefined for text between the fields. */
  readonly read?: (text: string, parts: Parts & { afternoon?: boolean }) => void
  readonly print: (parts: Parts) => string
}

/** @throws UsageError for a letter that has no meaning here */
export const compileDatetimePattern = (pattern: string): DatetimePattern => {
  const tokens = tokenize(pattern)
  const fields = tokens.filter(token => token.read !== undefined)
  const expression = new RegExp(`^${tokens.map(token => token.expression).join('')}$`, 'i')
  return {
    toJSON: () => pattern,
    parse: text => {
      const found = expression.exec(text)
      if (found === null) return undefined
      const parts: Parts & { afternoon?: boolean } = emptyParts()
      fields.forEach((field, i) => {
        field.read!(found[i + 1]!, parts)
      })
      return printIso(parts)
    },
    print: iso => {
      const parts = readIso(iso)
      return tokens.map(token => token.print(parts)).join('')
    },
  }
}

const emptyParts = (): Parts => ({
  year: '1970',
  month: '01',
  day: '01',
  hour: '00',
  minute: '00',
  second: '00',
  fraction: '',
  zone: '',
})

const printIso = (parts: Parts & { afternoon?: boolean }): string => {
  const hour12 = Number(parts.hour) % 12
  const hour =
    parts.afternoon === undefined ? parts.hour : pad(String(hour12 + (parts.afternoon ? 12 : 0)), 2)
  const fraction = parts.fraction === '' ? '' : `.${parts.fraction}`
  return `${parts.year}-${parts.month}-${parts.day}T${hour}:${parts.minute}:${parts.second}${fraction}${parts.zone}`
}

const isoPattern = /^([+-]?\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/

const readIso = (iso: string): Parts => {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] =
    isoPattern.exec(iso) ?? []
  return { year, month, day, hour, minute, second, fraction, zone }
}

const pad = (text: string, width: number): string => text.padStart(width, '0')

const tokenize = (pattern: string): Token[] => {
  const tokens: Token[] = []
  for (const [text, quoted, letters] of pattern.matchAll(/'((?:[^']|'')*)'|(([A-Za-z])\3*)|[^A-Za-z']+|'/g)) {
    if (letters !== undefined) tokens.push(fieldToken(letters, pattern))
    else
      tokens.push(literal(quoted === undefined ? text : quoted === '' ? "'" : quoted.replaceAll("''", "'")))
  }
  return tokens
}

const literal = (text: string): Token => ({
  expression: text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
  print: () => text,
})

const numberToken = (key: keyof Parts, count: number, width = 2): Token => ({
  expression: count >= width ? `(\\d{${width}})` : `(\\d{1,${width}})`,
  read: (text, parts) => {
    parts[key] = pad(text, width)
  },
  print: parts => (count >= width ? parts[key] : String(Number(parts[key]))),
})

const fieldToken = (letters: string, pattern: string): Token => {
  const count = letters.length
  switch (letters[0]) {
    case 'y':
    case 'u':
      return count === 2 ? shortYear : numberToken('year', 4, 4)
    case 'M':
      if (count <= 2) return numberToken('month', count)
      break
    case 'd':
      return numberToken('day', count)
    case 'H':
      return numberToken('hour', count)
    case 'h':
      return hour12(count)
    case 'm':
      return numberToken('minute', count)
    case 's':
      return numberToken('second', count)
    case 'S':
      return fraction(count)
    case 'a':
      return halfDay
    case 'X':
    case 'Z':
      return zone
  }
  throw new UsageError(
    `--datetime-format: '${letters}' in '${pattern}' is not known`,
    "Use y M d H h m s S a X, and quotes around text: yyyy-MM-dd'T'HH:mm:ss.SSSX",
  )
}

/** 00 to 68 are of this century, as POSIX has it. */
const shortYear: Token = {
  expression: '(\\d{2})',
  read: (text, parts) => {
    parts.year = `${Number(text) <= 68 ? '20' : '19'}${text}`
  },
  print: parts => parts.year.slice(-2),
}

const hour12 = (count: number): Token => ({
  ...numberToken('hour', count),
  print: parts => pad(String(Number(parts.hour) % 12 || 12), Math.min(count, 2)),
})

const halfDay: Token = {
  expression: '(am|pm)',
  read: (text, parts) => {
    parts.afternoon = text.toLowerCase() === 'pm'
  },
  print: parts => (Number(parts.hour) >= 12 ? 'PM' : 'AM'),
}

const fraction = (count: number): Token => ({
  expression: '(\\d{1,9})',
  read: (text, parts) => {
    parts.fraction = text
  },
  print: parts => parts.fraction.padEnd(count, '0').slice(0, count),
})

const zone: Token = {
  expression: '(Z|[+-]\\d\\d(?::?\\d\\d)?)',
  read: (text, parts) => {
    const [, hours = '', minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(text) ?? []
    parts.zone = hours === '' ? 'Z' : `${hours}:${minutes}`
  },
  print: parts => parts.zone,
}
