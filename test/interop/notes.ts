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
    text: 'Without IF NOT EXISTS, the Go SDK leaves out the blank before `partition`. The emulator refuses that text, as any SQL parser does; with IF NOT EXISTS it works (the line above).',
  },
  {
    section: 'Arrow',
    feature: /^decimal$/,
    text: 'In Arrow the old DECIMAL has 256 bits in PyODPS, and 128 in the Java and Go SDKs; nothing that is sent says which, but the number of bytes. We and the emulator read both, and write the 256 bits of PyODPS.',
  },
  {
    section: 'Arrow',
    feature: /^interval_day_time/,
    text: "In Arrow, INTERVAL_DAY_TIME is a struct of seconds and nanoseconds in PyODPS, and Arrow's own interval of days and milliseconds in the Java and Go SDKs. The number of parts tells them apart: we and the emulator read both, and write the struct, which keeps nanoseconds.",
  },
  {
    section: 'Arrow',
    feature: /^(interval_year_month|json)/,
    text: "PyODPS has no Arrow type for INTERVAL_YEAR_MONTH and JSON. We and the emulator write what the Java and Go SDKs have: Arrow's own interval of months, and text.",
  },
  {
    section: 'Arrow',
    feature: /map</,
    text: 'The Go SDK writes and reads the pairs of a MAP wrongly in Arrow; what it writes is refused. PyODPS and the Java SDK read the same bytes.',
  },
  {
    section: 'Query results',
    feature: /^every data type, in Arrow/,
    text: 'PyODPS has no Arrow type for these. Of a result it takes columns of TIMESTAMP and TIMESTAMP_NTZ as structs of seconds and nanoseconds, but those inside nested types as counts of nanoseconds; the emulator sends this, and we read every mixture.',
  },
  {
    section: 'Previews',
    feature: /^decimal\(38,18\)/,
    text: 'The Go SDK prints a negative DECIMAL read from Arrow wrongly if all its digits are after the point and begin with zeros: the sign comes after the zeros.',
  },
  {
    section: 'Previews',
    feature: /^interval_/,
    text: "The previews of the Java and Go SDKs don't read intervals, and PyODPS has no Arrow type for INTERVAL_YEAR_MONTH. The emulator sends INTERVAL_DAY_TIME as a struct of seconds and nanoseconds, as PyODPS expects, and months in Arrow's own type.",
  },
  {
    section: 'Previews',
    feature: /^json/,
    text: 'PyODPS has no Arrow type for JSON. The emulator sends its text, which the Java and Go SDKs read.',
  },
  {
    section: 'Previews',
    feature: /^(array|map|struct)</,
    text: 'In a preview, the Go SDK reads the items of every ARRAY and MAP starting from the first row, and reads a NULL inside a nested value as zero or empty. The bytes are right: PyODPS and the Java SDK read them.',
  },
  {
    section: 'Odd values',
    feature: /^bigint -2\^63/,
    text: 'The Java SDK assumes that MaxCompute has no -2^63 and refuses it, even when reading. On the wire it is a BIGINT like any other, so we, PyODPS and the Go SDK accept it.',
  },
  {
    section: 'Odd values',
    feature: /^(datetime|date) 000|^timestamp|^timestamp_ntz/,
    text: "Python's dates cover the years 1 to 9999, and pandas timestamps 1677 to 2262; PyODPS refuses the rest. We accept every value of the type, as the Java and Go SDKs do. (PyODPS runs with `allow_antique_date`: without it, it refuses times before 1928.)",
  },
  {
    section: 'Odd values',
    feature: /^date (10000|-)/,
    text: "MaxCompute documents DATE for the years 0000 to 9999. We don't write others, but we read them: only the Java SDK writes them.",
  },
  {
    section: 'Odd values',
    feature: /^interval_day_time/,
    text: 'The Go SDK drops the nanoseconds of an INTERVAL_DAY_TIME when writing and reading. The wire format has them, and we keep them.',
  },
  {
    section: 'Odd values',
    feature: /^decimal.*as text/,
    text: 'A value can have several spellings. PyODPS and the Java SDK write small numbers with an exponent; the Java SDK has no -0 and expands exponents when writing. We return the text as received, and write plain digits.',
  },
  {
    section: 'Odd values',
    feature: /^decimal.*(fraction|integer) digits/,
    text: "If a value doesn't fit DECIMAL(p,s), the other clients send extra fraction digits and leave the rounding to the service; the Go SDK sends everything. We refuse it, because a value is never changed silently.",
  },
  {
    section: 'Odd values',
    feature: /^char\(5\)/,
    text: 'The service and the emulator return CHAR(n) padded with blanks to n characters. No client writes or trims the padding, and neither do we.',
  },
  {
    section: 'Odd values',
    feature: /^(var)?char\([24]\)/,
    text: 'Lengths of CHAR and VARCHAR count characters. The Go SDK counts bytes: it refuses such a value when writing, and returns empty text when reading. We count code points. Text that is too long is an error in every client.',
  },
  {
    section: 'Odd values',
    feature: /^string that isn't UTF-8/,
    text: "A STRING may contain any bytes. PyODPS refuses them unless `options.tunnel.string_as_binary` is set. We write a Buffer unchanged and return one with `string: 'buffer'`; with `string: 'string'`, bytes that aren't UTF-8 become U+FFFD.",
  },
  {
    section: 'Odd values',
    feature: /^json null/,
    text: "PyODPS can't distinguish JSON null from NULL. We can, with `json: 'text'` or `new JsonText('null')`.",
  },
  {
    section: 'Odd values',
    feature: /^json .*as text/,
    text: "PyODPS parses JSON and prints it again; the Java and Go SDKs keep the text. So do we, with `json: 'text'` and JsonText; by default we parse it, with the limits of `JSON.parse` for 64-bit integers and duplicate keys.",
  },
  {
    section: 'Odd values',
    feature: /process in/,
    text: "If a process has a time zone, PyODPS returns and accepts wall-clock time without a zone, so it can't distinguish the two hours when clocks go back. A Date, and the values of the Java and Go SDKs, are instants, which no zone affects.",
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
