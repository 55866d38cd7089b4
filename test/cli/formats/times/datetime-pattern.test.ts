import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import type { CellOptions } from '../../../../lib/cli/formats/cell-options.js'
import { cellParserOf, cellPrinterOf } from '../../../../lib/cli/formats/cells.js'
import { compileDatetimePattern } from '../../../../lib/cli/formats/times/datetime-pattern.js'
import { parseDataType, Timestamp } from '../../../../lib/index.js'

const optionsFor = (pattern: string, timeZone: string): CellOptions => ({
  encoding: 'utf-8',
  timeZone,
  datetime: compileDatetimePattern(pattern),
  nullText: '',
  plainNumbers: false,
  isOdpscmd: false,
  notes: new CellNotes(),
})

const timestamp = parseDataType('timestamp')
const print = (pattern: string, timeZone: string, iso: string): string =>
  cellPrinterOf({ name: 'at', type: timestamp }, optionsFor(pattern, timeZone)).format(Timestamp.from(iso))
const read = (pattern: string, timeZone: string, text: string): string =>
  String(cellParserOf(timestamp, optionsFor(pattern, timeZone))(text))

/*
 * [pattern, zone, instant, text], made by java.time of JDK 17, Locale.US:
 *   DateTimeFormatter.ofPattern(pattern).format(Instant.parse(instant).atZone(ZoneId.of(zone)))
 */
const golden = JSON.parse(readFileSync(new URL('../java-time.json', import.meta.url), 'utf8')) as [
  pattern: string,
  zone: string,
  instant: string,
  text: string,
][]

/** What Java prints and could not read back to the instant: refused here. */
const isRefused = (pattern: string, zone: string, instant: string): boolean => {
  const isYearApart = /\byy\b/.test(pattern) && !/^20/.test(instant)
  const hasOddOffset = /^1(8|9)/.test(instant) && zone !== 'UTC'
  return isYearApart || (hasOddOffset && /[XxZ]/.test(pattern) && !/X{4}|x{4}|ZZZZZ/.test(pattern))
}

describe('patterns print as java.time does', () => {
  for (const pattern of new Set(golden.map(([each]) => each)))
    test(pattern, () => {
      for (const [, zone, instant, text] of golden.filter(([each]) => each === pattern)) {
        if (isRefused(pattern, zone, instant)) {
          assert.throws(() => print(pattern, zone, instant), /use yyyy|use XXXXX/, `${zone} ${instant}`)
          continue
        }
        assert.equal(print(pattern, zone, instant), text, `${zone} ${instant}`)
        if (!/[uy].*M|L.*d/.test(pattern)) continue
        // What was read prints again to the same text, and is the instant as far as the pattern has it.
        const back = read(pattern, zone, text)
        assert.equal(print(pattern, zone, `${back}Z`), text, `${zone} ${instant}`)
      }
    })

  test('all digits of an instant read back', () => {
    for (const [pattern, zone, instant, text] of golden)
      if (/S{9}/.test(pattern))
        assert.deepEqual(Timestamp.from(`${read(pattern, zone, text)}Z`), Timestamp.from(instant))
  })
})

/*
 * [zone, wall clock, its instant, the other instant of the same wall clock], from Python 3.11 (tzdata):
 *   datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(timezone.utc), and fold=1
 */
const twice = [
  ['America/New_York', '2021-11-07 01:30:00', '2021-11-07T05:30:00Z', '2021-11-07T06:30:00Z'],
  ['Europe/Berlin', '2021-10-31 02:00:00', '2021-10-31T00:00:00Z', '2021-10-31T01:00:00Z'],
  ['Asia/Shanghai', '1900-12-31 23:57:00', '1900-12-31T15:51:17Z', '1900-12-31T15:57:00Z'],
  ['Asia/Shanghai', '1900-12-31 23:54:17', '1900-12-31T15:48:34Z', '1900-12-31T15:54:17Z'],
  ['Australia/Lord_Howe', '2021-04-04 01:45:00', '2021-04-03T14:45:00Z', '2021-04-03T15:15:00Z'],
  ['America/New_York', '1883-11-18 12:01:00', '1883-11-18T16:57:02Z', '1883-11-18T17:01:00Z'],
] as const

/** Times that clocks skipped, and what fold=0 makes of them: the offset before the gap. */
const skipped = [
  ['America/New_York', '2021-03-14 02:30:00', '2021-03-14T07:30:00Z'],
  ['Europe/Berlin', '2021-03-28 02:00:00', '2021-03-28T01:00:00Z'],
  ['Australia/Lord_Howe', '2021-10-03 02:15:00', '2021-10-02T15:45:00Z'],
  ['Pacific/Apia', '2011-12-30 12:00:00', '2011-12-30T22:00:00Z'],
] as const

describe('a clock that is put back or forward', () => {
  const pattern = 'yyyy-MM-dd HH:mm:ss'
  for (const [zone, wall, first, second] of twice)
    test(`${wall} in ${zone} comes twice`, () => {
      assert.equal(print(pattern, zone, first), wall)
      assert.deepEqual(
        Timestamp.from(`${read(pattern, zone, wall)}Z`),
        Timestamp.from(first),
        'it is read as the first',
      )
      assert.throws(() => print(pattern, zone, second), /occurs twice on the clocks of .*add XXX/)
      assert.match(print(`${pattern}xxxxx`, zone, second), /^\S+ \S+[+-]\d\d:\d\d$/)
      const withOffset = print(`${pattern}XXXXX`, zone, second)
      assert.deepEqual(
        Timestamp.from(`${read(`${pattern}XXXXX`, zone, withOffset)}Z`),
        Timestamp.from(second),
      )
    })

  for (const [zone, wall, instant] of skipped)
    test(`${wall} in ${zone} never came`, () => {
      assert.deepEqual(Timestamp.from(`${read(pattern, zone, wall)}Z`), Timestamp.from(instant))
    })
})

describe('patterns that are refused when the option is read', () => {
  // java.time prints words, weeks or other units for these, or refuses them, too.
  for (const letters of [
    ...['QQ', 'MMM', 'MMMM', 'E', 'DDD', 'HHH', 'aa', 'ddd', 'SSSSSSSSSS', 'VV', 'zzz', 'O', 'ZZZZ', 'GG'],
    ...['kk', 'KK', 'n', 'p', 'e', 'w', 'W', 'A', 'N', 'F', 'XXXXXX', 'xxxxxx', 'ZZZZZZ', 'yyyyyy', 'T'],
  ])
    test(letters, () => {
      assert.throws(() => compileDatetimePattern(`yyyy-MM-dd ${letters}`), {
        name: 'Error',
        message: new RegExp(`'${letters}' in 'yyyy-MM-dd ${letters}' is not supported`),
      })
    })

  for (const [pattern, message] of [
    ['yyyy-MM-dd hh:mm', /only one of h .* and a/],
    ['yyyy-MM-dd HH:mm a', /only one of h .* and a/],
    ['yyyy-MM-dd HH hh a', /the hour twice/],
    ['yyyy/uuuu', /has yyyy and uuuu, which are the same/],
    ['yyyy-MM-dd MM', /has MM and MM/],
    ['yyyy-MM-dd mm:ss', /without the larger one/],
    ['yyyy-MM-dd HH:mm.SSS', /without the larger one/],
    ['yyyy[-MM]', /has \[, which is not supported/],
    ['yyyy#MM', /has #/],
    ["yyyy-MM-dd'T", /a quote that is not closed/],
  ] as const)
    test(pattern, () => assert.throws(() => compileDatetimePattern(pattern), { message }))
})

describe('text that a pattern does not read', () => {
  for (const [pattern, text] of [
    ['yyyy-MM-dd', '2001-2-03'],
    ['yyyy-MM-dd', '2001-02-30'],
    ['yyyy-MM-dd', '2001-13-01'],
    ['yyyy-MM-dd', '+2001-01-01'],
    ['yyyy-MM-dd', 'x2001-01-01'],
    ['yyyy-MM-dd HH:mm:ss', '2001-01-01 24:00:00'],
    ['yyyy-MM-dd HH:mm:ss', '2001-01-01 00:00:00.5'],
    ['yyyy-MM-dd HH:mm:ss.SSS', '2001-01-01 00:00:00.5'],
    ['yyyy-MM-dd h:mm a', '2001-01-01 13:00 PM'],
    ['yyyy-MM-dd h:mm a', '2001-01-01 0:00 AM'],
    ['yy-MM-dd', '2001-01-01'],
    ['yyyy-MM', '2001-01'],
    ['HH:mm', '01:02'],
    ['yyyy.MM.dd', '2001-02-03'],
  ] as const)
    test(`'${text}' by ${pattern}`, () =>
      assert.throws(() => read(pattern, 'UTC', text), { code: 'ODPS_INVALID_VALUE' }))

  test('two digits are years from 2000 to 2099', () => {
    assert.match(read('yy-MM-dd', 'UTC', '69-01-02'), /^2069-01-02/)
    assert.match(read('yy-MM-dd', 'UTC', '99-01-02'), /^2099-01-02/)
  })
})

test('what a pattern leaves out is counted for each column', () => {
  const options = optionsFor('yyyy-MM-dd HH:mm', 'UTC')
  const [a, b] = ['a', 'b'].map(name => cellPrinterOf({ name, type: timestamp }, options).format)
  for (const time of ['00:00:00', '00:00:01', '00:01:00.000000001']) a!(Timestamp.from(`2001-02-03T${time}Z`))
  b!(Timestamp.from('2001-02-03T04:05:00Z'))
  assert.deepEqual(options.notes.lines(), [
    "column 'a', 2 values: --datetime-format leaves out a part of the time",
  ])
})

test('a pattern with a zone is refused for a column without one', () => {
  const column = { name: 'local', type: parseDataType('timestamp_ntz') }
  assert.throws(() => cellPrinterOf(column, optionsFor('yyyy-MM-dd HH:mm:ssXXX', 'UTC')), {
    message: /the column 'local' is a TIMESTAMP_NTZ, which has no zone/,
  })
  const print = cellPrinterOf(column, optionsFor('yyyy-MM-dd HH:mm:ss', 'Asia/Shanghai')).format
  assert.equal(print(Timestamp.from('2001-02-03T04:05:06Z')), '2001-02-03 04:05:06')
})
