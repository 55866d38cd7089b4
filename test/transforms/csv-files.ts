import { readFileSync } from 'node:fs'

/*
 * Texts of CSV and the records that Python's csv module reads: `list(csv.reader(io.StringIO(text, newline='')))` of Python
 * 3.11, of each text in python-csv.json.
 */
export const pythonFiles = JSON.parse(
  readFileSync(new URL('python-csv.json', import.meta.url), 'utf8'),
) as readonly (readonly [text: string, records: readonly (readonly string[])[]])[]

/** Pieces of a text, cut at the places given and nowhere else. */
export const cutAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
}
