import type { Section } from './report.js'

interface Note {
  readonly section: Section
  readonly feature: RegExp
  readonly text: string
}

/** Why a line of docs/compatibility.md is not all ✓, and what we chose. */
export const notes: readonly Note[] = [
  {
    section: 'Requests',
    feature: /^add a partition without/,
    text:
      'The Go SDK leaves out the blank before `partition` when IF NOT EXISTS is not asked for. The emulator refuses ' +
      'that text as any SQL parser does; with IF NOT EXISTS it works (the line above).',
  },
  {
    section: 'Previews',
    feature: /^decimal\(38,18\)/,
    text:
      'The Go SDK prints a negative DECIMAL that it read from Arrow wrongly when all its digits are behind the point and ' +
      'begin with zeros: the sign comes after them.',
  },
  {
    section: 'Previews',
    feature: /^interval_/,
    text:
      'The previews of the Java and Go SDKs read no intervals, and PyODPS has no Arrow type for INTERVAL_YEAR_MONTH. The ' +
      'emulator sends INTERVAL_DAY_TIME as a struct of seconds and nanoseconds, as PyODPS wants it, and months as Arrow has them.',
  },
  {
    section: 'Previews',
    feature: /^json/,
    text: 'PyODPS has no Arrow type for JSON. The emulator sends its text, which the Java and Go SDKs read.',
  },
  {
    section: 'Previews',
    feature: /^(array|map|struct)</,
    text:
      'In a preview the Go SDK takes the items of every ARRAY and MAP from the first row on, and a NULL inside a nested value for ' +
      'zero or empty. The bytes are right: PyODPS and the Java SDK read them.',
  },
  {
    section: 'Odd values',
    feature: /^bigint -2\^63/,
    text:
      'The Java SDK says that MaxCompute has no -2^63 and refuses it, also when it reads. On the wire it is a BIGINT like ' +
      'others, so we, PyODPS and the Go SDK carry it.',
  },
  {
    section: 'Odd values',
    feature: /^(datetime|date) 000|^timestamp|^timestamp_ntz/,
    text:
      "Python's dates go from year 1 to 9999 and its pandas timestamps from 1677 to 2262; PyODPS refuses the rest. We carry " +
      'every value of the type, as the Java and Go SDKs do. (PyODPS runs with `allow_antique_date`: without it, it refuses ' +
      'times before 1928.)',
  },
  {
    section: 'Odd values',
    feature: /^date (10000|-)/,
    text:
      'MaxCompute documents DATE for the years 0000 to 9999. We do not write others, and read them all the same: only the ' +
      'Java SDK writes them.',
  },
  {
    section: 'Odd values',
    feature: /^interval_day_time/,
    text: 'The Go SDK drops the nanoseconds of an INTERVAL_DAY_TIME, writing and reading. The wire has them; we keep them.',
  },
  {
    section: 'Odd values',
    feature: /^decimal.*as text/,
    text:
      'One value, several spellings. PyODPS and the Java SDK spell small numbers with an exponent, the Java SDK has no -0 ' +
      'and expands exponents on writing. We give the text as it came, and write plain digits.',
  },
  {
    section: 'Odd values',
    feature: /^decimal.*(fraction|integer) digits/,
    text:
      'What does not fit DECIMAL(p,s): the other clients send more fraction digits as they are and leave the rounding to the ' +
      'service; the Go SDK sends everything. We refuse, for a value is never changed silently.',
  },
  {
    section: 'Odd values',
    feature: /^char\(5\)/,
    text:
      'CHAR(n) is served padded with blanks to n characters, by the emulator as by the service. No client writes or trims ' +
      'the padding; neither do we.',
  },
  {
    section: 'Odd values',
    feature: /^(var)?char\([24]\)/,
    text:
      'Lengths of CHAR and VARCHAR count characters. The Go SDK counts bytes: it refuses such a value when it writes, and gives ' +
      'empty text when it reads. We count code points; too long is an error everywhere.',
  },
  {
    section: 'Odd values',
    feature: /^string that is not UTF-8/,
    text:
      'A STRING may hold any bytes. PyODPS refuses them unless `options.tunnel.string_as_binary` is set. We write a Buffer as it ' +
      "is and give one with `string: 'buffer'`; with `string: 'string'` what is not UTF-8 becomes U+FFFD.",
  },
  {
    section: 'Odd values',
    feature: /^json null/,
    text: "PyODPS cannot tell JSON null from NULL. We can, with `json: 'text'` or `new JsonText('null')`.",
  },
  {
    section: 'Odd values',
    feature: /^json .*as text/,
    text:
      'PyODPS parses JSON and prints it anew; the Java and Go SDKs carry the text. So do we, with ' +
      "`json: 'text'` and JsonText; by default we parse it, and 64-bit integers and repeated keys go the way of `JSON.parse`.",
  },
  {
    section: 'Odd values',
    feature: /process in/,
    text:
      'Where a process has a time zone, PyODPS gives and takes wall-clock time without a zone, so that the hour that comes ' +
      'twice in autumn is not told apart. A Date, and the values of the Java and Go SDKs, are instants: no zone touches them.',
  },
]

export const noteFor = (section: Section, feature: string): string | undefined => {
  const inZone = feature.includes('process in')
  const found = notes.find(
    note =>
      note.section === section && note.feature.test(feature) && inZone === note.feature.test('process in'),
  )
  return found?.text
}
