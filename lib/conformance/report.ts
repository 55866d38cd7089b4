import type { CheckResult } from './run-checks.js'

/*
 * The report of a run, for people (Markdown) and programs (JSON). It goes to whoever maintains this package, so it has the
 * assumptions, what became of them, and nothing of the user: names, addresses, ids of requests and the service's own words
 * come with --verbose only, credentials never. Findings are worded without them already; what a service might have put into
 * a code is taken out here once more.
 */

export interface Report {
  readonly version: string
  readonly node: string
  readonly startedAt: Date
  readonly seconds: number
  readonly results: readonly CheckResult[]
  /** How many checks were planned; more than `results` when the run was stopped. */
  readonly planned: number
  /** Never shown, not even with `verbose`. */
  readonly secrets: readonly string[]
  /** Names and addresses. */
  readonly names: readonly string[]
  /** What --verbose adds; undefined without it. */
  readonly verbose: ReportNames | undefined
}

export interface ReportNames {
  readonly endpoint: string
  readonly project: string
  readonly schemaName: string | undefined
  readonly tables: readonly string[]
}

/** In the order of the report: what is worth reading comes first. */
const states = ['different', 'not allowed', 'not asked', 'as assumed'] as const

interface CleanResult extends Omit<CheckResult, 'detail'> {
  readonly detail?: string | undefined
}

const cleanResults = ({ results, secrets, names, verbose }: Report): CleanResult[] => {
  const clean = cleaner(verbose === undefined ? [...secrets, ...names] : secrets)
  return results.map(({ id, sentence, state, what, detail }) => ({
    ...{ id, sentence, state, what: what && clean(what) },
    ...(verbose !== undefined && detail !== undefined && { detail: clean(detail) }),
  }))
}

/** Short ones would take parts of ordinary words with them; none of the service's names is as short. */
const leastSecret = 3

/** Longer texts first, for one may be a part of another. */
const cleaner = (texts: readonly string[]): ((text: string) => string) => {
  const secrets = [...new Set(texts)].filter(({ length }) => length >= leastSecret)
  secrets.sort((a, b) => b.length - a.length)
  return text =>
    secrets.reduce((all, secret) => all.replace(new RegExp(escapeRegExp(secret), 'gi'), '***'), text)
}

const escapeRegExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const countStates = (results: readonly CleanResult[]): Record<string, number> =>
  Object.fromEntries(states.map(state => [state, results.filter(each => each.state === state).length]))

/** `43 ids: 41 as assumed, 1 different, 1 not allowed, 0 not asked` */
export const summaryOf = (results: readonly Pick<CheckResult, 'state'>[], planned: number): string => {
  const count = (state: string): number => results.filter(each => each.state === state).length
  const rest = planned - results.length
  return [
    `${planned} ids: ${count('as assumed')} as assumed`,
    `${count('different')} different`,
    `${count('not allowed')} not allowed`,
    `${count('not asked')} not asked`,
    ...(rest > 0 ? [`${rest} not reached`] : []),
  ].join(', ')
}

export const formatReportJson = (report: Report): string => {
  const { version, node, startedAt, seconds, planned, verbose } = report
  const results = cleanResults(report)
  const json = {
    ...{ version, node, startedAt: startedAt.toISOString(), seconds, planned },
    counts: countStates(results),
    ...(verbose !== undefined && { verbose }),
    results,
  }
  return `${JSON.stringify(json, undefined, 2)}\n`
}

export const formatReportMarkdown = (report: Report): string => {
  const { version, node, startedAt, seconds, planned, verbose } = report
  const results = cleanResults(report)
  const facts = `odps-tunnel ${version}, Node.js ${node}, ${startedAt.toISOString().slice(0, 10)}, ${seconds} s`
  return [
    ...['# Conformance', '', facts, '', `**${summaryOf(results, planned)}**`, ''],
    ...(verbose === undefined ? [] : describeNames(verbose)),
    ...states.flatMap(state =>
      formatState(
        state,
        results.filter(each => each.state === state),
      ),
    ),
  ].join('\n')
}

const describeNames = ({ endpoint, project, schemaName, tables }: ReportNames): string[] => [
  ...[`- endpoint: ${inLine(endpoint)}`, `- project: ${inLine(project)}`],
  ...(schemaName === undefined ? [] : [`- schema: ${inLine(schemaName)}`]),
  ...[`- tables: ${inLine(tables.join(', '))}`, ''],
]

const titles = {
  different: ['Different', 'what came'],
  'not allowed': ['Not allowed', 'why'],
  'not asked': ['Not asked', 'why'],
  'as assumed': ['As assumed', 'seen'],
} as const

const formatState = (state: (typeof states)[number], results: readonly CleanResult[]): string[] => {
  if (results.length === 0) return []
  const [title, heading] = titles[state]
  const rows = results.map(({ id, sentence, what = '', detail }) =>
    [id, sentence, [what, ...(detail === undefined ? [] : [detail])].join(' — ')].map(inLine).join(' | '),
  )
  return [
    ...[`## ${title}`, '', `| id | assumption | ${heading} |`, '| --- | --- | --- |'],
    ...[...rows.map(row => `| ${row} |`), ''],
  ]
}

/** In a cell of a table a line end or a bar would begin something else. */
const inLine = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
