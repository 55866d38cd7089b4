/*
 * `odps_config.ini` is a file of Java's properties: `key=value`, `key: value` or `key value`, `#` and `!` begin a comment,
 * a backslash at the end goes on in the next line, and `\t`, `\n`, `\u0001`, `\:` in a value are one sign. Lines of
 * `;` and `[section]`, which other ini files have, are passed over.
 */

/** The keys in lower case, the last of equal ones; values without the blanks around them, but for those of delimiters. */
export const parseIni = (text: string): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [, key, value] =
      /^((?:\\[\s\S]|[^\s=:\\])+)[ \t\f]*(?:[=:][ \t\f]*|(?=$)|(?<=[ \t\f]))([\s\S]*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    const name = readEscapes(key).toLowerCase()
    values.set(name, name.endsWith('delimiter') ? readEscapes(value) : readEscapes(value).trim())
  }
  return values
}

const logicalLines = (text: string): string[] => {
  const lines: string[] = []
  let before = ''
  for (const natural of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (before === '' && (line === '' || /^[#!;[]/.test(line))) continue
    const isContinued = countAtEnd(line, '\\') % 2 === 1
    before += isContinued ? line.slice(0, -1) : line
    if (isContinued) continue
    lines.push(before)
    before = ''
  }
  return before === '' ? lines : [...lines, before]
}

const countAtEnd = (text: string, sign: string): number => {
  let count = 0
  while (text.at(-1 - count) === sign) count++
  return count
}

const signs: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const readEscapes = (text: string): string =>
  text.replaceAll(/\\(?:u([\dA-Fa-f]{4})|([\s\S]))/g, (_all, hex?: string, sign?: string) =>
    hex === undefined ? (signs[sign!] ?? sign!) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
