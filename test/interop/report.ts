import { type AnyName, allNames, clientNames } from './install.js'
import { noteFor, notes } from './notes.js'

/** What every cell says when all is as it should be. */
export const good = '✓'

export const sections = [
  'Data types',
  'Compressions',
  'Tables and sessions',
  'Requests',
  'Newer versions',
  'Query results',
  'Arrow',
  'Previews',
  'Errors',
  'Odd values',
] as const
export type Section = (typeof sections)[number]

type Column = AnyName | 'ours'

const titles: Readonly<Record<AnyName, string>> = {
  python: 'PyODPS',
  'newer python': 'PyODPS',
  java: 'Java SDK',
  'newer java': 'Java SDK',
  go: 'Go SDK',
}

/** Sections for which the newer versions are tried too. */
const withNewer: readonly Section[] = ['Query results', 'Arrow']

const clientsOf = (section: Section): readonly AnyName[] => {
  if (section === 'Newer versions') return ['newer python', 'newer java']
  return withNewer.includes(section) ? allNames : clientNames
}

const leads: Readonly<Record<Section, string>> = {
  'Data types':
    'Each client is tested in three directions (it writes and we read, we write and it reads, it writes and it reads), with every compression that it supports. ✓: every cell is equal, including NULLs and extremes (test/interop/matrix.ts).',
  Compressions:
    "The table with all data types, in the three directions. –: the client doesn't support this compression (test/interop/matrix.ts).",
  'Tables and sessions':
    "What programs do with tables and sessions, checked on both sides. –: the client's API has no such call (test/interop/sessions.ts).",
  Requests:
    "The requests of each client's own API, and its signatures. –: the client's API has no such call (test/interop/requests.ts).",
  'Newer versions':
    'Where the newest versions differ from those above in what they send: uploads that are sent in pieces, and upserts (test/interop/newer.ts).',
  'Query results':
    'The result of a query with columns of all types that a client knows, and what programs do above the client: pandas, SQLAlchemy, database/sql. ✓: every cell is equal. –: the client has no such interface (test/interop/queries.ts).',
  Arrow:
    'Transfers in Arrow, of tables of one type, including extremes and NULL, and of all types that came through in every compression. ←: the client writes and we read; →: we write and the client reads. For the Java and Go SDKs, pyarrow makes the record batches and reads them. –: the client has no such type or compression (test/interop/arrow.ts).',
  Previews:
    "The tunnel's preview, in Arrow: how each client reads a table of one type, including extremes and NULL (test/interop/previews.ts).",
  Errors:
    "What each client raises in its own language: the class and, in parentheses, the service's code if the client keeps it. The last column shows what we raise (test/interop/errors.ts).",
  'Odd values':
    'One value, one table. ←: the client writes and we read; →: we write and the client reads. ✓: equal. If a value differs, the table shows what was read; "refuses" is followed by the error of the side that doesn\'t accept it. "ours" is what our client reads back after writing it (test/interop/odd-values.ts).',
}

interface Line {
  readonly feature: string
  readonly cells: Map<Column, string>
}

/** Gathers what became of every feature with every client, and prints docs/compatibility.md. */
export class Report {
  readonly #sections = new Map<Section, Map<string, Line>>(sections.map(section => [section, new Map()]))
  readonly #versions = new Map<AnyName, string>()

  version(client: AnyName, version: string): void {
    this.#versions.set(client, version)
  }

  /** Says what became of a feature; said again, the worse one of both stays. */
  set(section: Section, feature: string, column: Column, text: string): void {
    const lines = this.#sections.get(section)!
    const line = lines.get(feature) ?? { feature, cells: new Map() }
    lines.set(feature, line)
    const before = line.cells.get(column)
    if (before === undefined || before === good) line.cells.set(column, text)
    else if (text !== good && !before.split('; ').includes(text)) line.cells.set(column, `${before}; ${text}`)
  }

  get(section: Section, feature: string, column: Column): string | undefined {
    return this.#sections.get(section)!.get(feature)?.cells.get(column)
  }

  /** Runs a check and writes down whether it passed; the failure goes on. */
  async check(
    section: Section,
    feature: string,
    column: Column,
    work: () => Promise<void> | void,
  ): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.set(section, feature, column, '✗')
      throw error
    }
    this.set(section, feature, column, good)
  }

  /** Features that are not as they should be and have no note, and notes without such a feature. */
  problems(): string[] {
    const used = new Set<string>()
    const problems: string[] = []
    for (const [section, lines] of this.#sections)
      for (const { feature, cells } of lines.values()) {
        if (!needsNote(section, cells)) continue
        const note = noteFor(section, feature)
        if (note !== undefined) used.add(note)
        else problems.push(`${section}: ${feature}: no note for ${[...cells.values()].join(' | ')}`)
      }
    for (const { text } of notes) if (!used.has(text)) problems.push(`a note without a feature: ${text}`)
    return problems
  }

  print(): string {
    const versions = allNames.map(client => this.#title(client, true))
    const parts = [
      '# Compatibility',
      "This page shows how the official clients and odps-tunnel read each other's data. `npm run test:interop -- --write` generates it, and CI fails if a run gives a different result. The clients come unmodified " +
        `from their registries (${versions.join(', ')}) and talk to the emulator over loopback with signatures checked.`,
    ]
    const numbers = new Map<string, number>()
    for (const section of sections) parts.push(...this.#printSection(section, numbers))
    parts.push('## Notes', 'These notes explain our choice where clients disagree or one of them fails.')
    parts.push([...numbers].map(([text, number]) => `${number}. ${text}`).join('\n'))
    return `${parts.join('\n\n')}\n`
  }

  #printSection(section: Section, numbers: Map<string, number>): string[] {
    const columns = [...clientsOf(section), ...(hasOurs(section) ? (['ours'] as const) : [])]
    const rows = [...this.#sections.get(section)!.values()].map(({ feature, cells }) => {
      const note = needsNote(section, cells) ? noteFor(section, feature) : undefined
      if (note !== undefined && !numbers.has(note)) numbers.set(note, numbers.size + 1)
      const mark = note === undefined ? '' : ` [${numbers.get(note)}]`
      const texts = columns.map(column => escapeCell(cells.get(column) ?? '–'))
      return `| ${escapeCell(feature)}${mark} | ${texts.join(' | ')} |`
    })
    const isVersioned = clientsOf(section) !== clientNames
    const head = ['feature', ...columns.map(column => this.#title(column, isVersioned))]
    const table = [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows]
    return [`## ${section}`, leads[section], table.join('\n')]
  }

  #title(column: Column, isVersioned: boolean): string {
    if (column === 'ours') return 'ours'
    return titles[column] + (isVersioned ? ` ${this.#versions.get(column) ?? 'not tested'}` : '')
  }
}

/** What has two sides anyway has no column of ours. */
const hasOurs = (section: Section): boolean =>
  ['Data types', 'Compressions', 'Errors', 'Odd values'].includes(section)

const needsNote = (section: Section, cells: Map<Column, string>): boolean => {
  if (section === 'Errors') return false
  return [...cells.values()].some(text => text !== good && text !== '–')
}

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
