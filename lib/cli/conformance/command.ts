import { open, writeFile } from 'node:fs/promises'
import { Conformance, type RunOutcome } from '../../conformance/conformance.js'
import { formatReportJson, formatReportMarkdown, summaryOf } from '../../conformance/report.js'
import type { CheckResult } from '../../conformance/run-checks.js'
import type { LeftTable } from '../../conformance/scratch-tables.js'
import type { Call } from '../call.js'
import { connectionOf, connectionOptions } from '../config/settings.js'
import { checkCanAsk, confirm, yesOption } from '../confirm.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { type StyleName, styleFor } from '../terminal.js'
import { reportInterrupted } from '../transfer/failed-transfer.js'
import { Interrupt } from '../transfer/interrupt.js'
import { visibleInLine } from '../visible.js'
import { describePlan } from './describe-plan.js'

const run = async (call: Call): Promise<number> => {
  const { dispatcher, ...connection } = await connectionOf(call.values, call.terminal)
  const schemaName = call.values.text('schema') ?? connection.schemaName
  const conformance = new Conformance(
    { ...connection, schemaName, dispatcher },
    { prefix: call.values.text('prefix') ?? defaultPrefix },
  )
  const interrupt = new Interrupt(call, () => describeLeft(conformance.plan.tables.left))
  try {
    // Whoever is asked has to see it, also with --quiet.
    const isAsked = !call.values.flag('yes') && !call.json
    for (const line of describePlan(conformance.plan).map(visibleInLine))
      if (isAsked) call.alert(line)
      else call.note(line)
    checkCanAsk(call, 'this makes and drops tables')
    await confirm(call, `Run it in project ${connection.project}`)
    const outputs = await openReport(call.values.text('report'))
    const outcome = await runIn(call, conformance, interrupt)
    await report(call, conformance, outcome, outputs)
    if (interrupt.happened) return reportInterrupted(call, undefined, describeLeft(outcome.left))
    return outcome.results.some(({ state }) => state === 'different') ? exitCode.failed : exitCode.done
  } finally {
    interrupt.close()
    await conformance.close()
    await dispatcher?.close()
  }
}

const defaultPrefix = 'tmp_'

const runIn = async (call: Call, conformance: Conformance, interrupt: Interrupt): Promise<RunOutcome> => {
  const { signal } = interrupt
  tellTables(
    call,
    'An earlier run, or another one that is under way, has left',
    await findLeftovers(conformance, signal),
  )
  const keep = call.values.flag('keep')
  const outcome = await conformance.run({ signal, keep, onResult: result => tellResult(call, result) })
  tellTables(call, keep ? 'Kept, for a day' : 'This run could not drop', outcome.left)
  return outcome
}

/** Of a run that was stopped. */
const describeLeft = (left: readonly LeftTable[]): string =>
  left.length === 0
    ? 'No table of this run is left.'
    : `Tables of this run are left; these statements drop them: ${left.map(({ statement }) => statement).join(' ')}`

/** A stop in the middle of the list is told by the run, which then does nothing. */
const findLeftovers = async (
  conformance: Conformance,
  signal: AbortSignal,
): Promise<readonly LeftTable[]> => {
  try {
    return await conformance.findLeftovers(signal)
  } catch (error) {
    if (signal.aborted) return []
    throw error
  }
}

const tellTables = (call: Call, what: string, tables: readonly LeftTable[]): void => {
  if (tables.length === 0) return
  if (call.json) call.event('tables', { message: what, statements: tables.map(({ statement }) => statement) })
  else
    for (const line of [`${what}:`, ...tables.map(({ statement }) => `  ${statement}`)])
      call.alert(visibleInLine(line))
}

const colours: Readonly<Record<CheckResult['state'], StyleName>> = {
  'as assumed': 'green',
  different: 'red',
  'not allowed': 'yellow',
  'not asked': 'yellow',
}

const tellResult = (call: Call, { id, state, what }: CheckResult): void => {
  if (call.json) call.event('check', { id, state, ...(what !== undefined && { what }) })
  else {
    const style = styleFor(call.terminal.stderr, call.terminal)
    call.note(
      `${style(colours[state], state.padEnd(11))} ${id}${what === undefined ? '' : `: ${visibleInLine(what)}`}`,
    )
  }
}

interface ReportPaths {
  readonly markdown: string
  readonly json: string
}

/** Two files beside each other; opened before the run, so that it isn't for nothing. */
const openReport = async (path: string | undefined): Promise<ReportPaths | undefined> => {
  if (path === undefined) return undefined
  const base = path.replace(/\.(?:md|json)$/i, '')
  const paths = { markdown: `${base}.md`, json: `${base}.json` }
  for (const each of Object.values(paths)) await (await open(each, 'a')).close()
  return paths
}

const report = async (
  call: Call,
  conformance: Conformance,
  outcome: RunOutcome,
  paths: ReportPaths | undefined,
): Promise<void> => {
  const whole = conformance.reportOf(outcome, { verbose: call.values.flag('verbose') })
  const [markdown, json] = [formatReportMarkdown(whole), formatReportJson(whole)]
  if (paths === undefined) call.print(call.json ? json : markdown)
  else {
    await writeFile(paths.markdown, markdown)
    await writeFile(paths.json, json)
    call.note(`The report is in ${visibleInLine(paths.markdown)} and ${visibleInLine(paths.json)}.`)
  }
  call.note(`${summaryOf(outcome.results, whole.planned)}.`)
}

export const conformanceCommand: Command = {
  name: 'conformance',
  summary: 'Check in your project what this package assumes about the service',
  description: [
    'Makes scratch tables in your project, asks the service about everything that this package assumes and only the real service can confirm, drops the tables, and writes a report. For each assumption the report says: as assumed, different (and what came instead), not allowed, or not asked.',
    'Before anything is sent it shows the tables, the number of statements and requests, and the bytes it will send, and asks for confirmation; where nobody can answer (in a script, in a pipe, with --json) it needs --yes. It drops only tables that it made itself, also after Ctrl-C. Tables that an earlier run has left are listed with the statements that drop them, and not touched.',
    'The report holds no names, addresses, credentials or rows. With --verbose it also has the names of project and tables, the endpoint, the ids of requests and the messages of the service.',
    'The exit code is 1 if something is different.',
  ],
  operands: [],
  operandCount: [0, 0],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'schema',
          type: 'text',
          value: '<name>',
          help: 'Schema to make the tables in; default: that of the connection',
        },
        {
          name: 'prefix',
          type: 'text',
          value: '<text>',
          help: 'Beginning of the names of the tables',
          fallback: defaultPrefix,
        },
        { name: 'keep', type: 'flag', help: "Don't drop the tables; the service removes them after a day" },
        yesOption,
        {
          name: 'report',
          type: 'text',
          value: '<file>',
          help: 'Write the report to <file>.md and <file>.json instead of printing it',
        },
        {
          name: 'json',
          type: 'flag',
          help: 'Print the report as JSON, and progress as JSON lines on stderr',
        },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'Show the plan, ask, and run it', command: 'odps-tunnel conformance --project my_project' },
    {
      text: 'In a script, with the report in report.md and report.json',
      command: 'odps-tunnel conformance --yes --report report',
    },
  ],
  run,
}
