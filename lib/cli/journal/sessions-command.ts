import type { Call } from '../call.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { alignTable } from '../table/aligned.js'
import { printCount } from '../transfer/units.js'
import { CliError, UsageError } from '../usage-error.js'
import { defaultJournalDirectory, Journal, type JournalEntry } from './journal.js'
import { quoteArgument } from './transfer-log.js'

const defaultDays = 3

const run = async (call: Call): Promise<number> => {
  const [action = 'list', operand] = call.operands
  const journal = new Journal(call.values.text('session-dir') ?? defaultJournalDirectory(call.terminal))
  switch (action) {
    case 'list':
    case 'history':
      await list(call, journal)
      return exitCode.done
    case 'show':
      show(call, await findEntry(journal, operand))
      return exitCode.done
    case 'purge':
      await purge(call, journal, operand)
      return exitCode.done
    default:
      throw new UsageError(`sessions has no '${action}'`, 'It has list, show and purge')
  }
}

const list = async (call: Call, journal: Journal): Promise<void> => {
  const entries = (await journal.list()).slice(-(call.values.number('number') ?? 20))
  if (call.json) {
    for (const entry of entries) call.print(`${JSON.stringify(shown(entry))}\n`)
    return
  }
  if (entries.length === 0) {
    call.note('No transfers yet.')
    return
  }
  const titles = ['id', 'state', 'kind', 'rows', 'table', 'files']
  const lines = alignTable(
    titles.map(title => ({ title, isNumeric: title === 'rows' })),
    entries.map(({ id, state, kind, rows, target, paths }) => [
      id,
      state,
      kind,
      printCount(rows),
      target,
      paths.length === 1 ? paths[0]! : `${paths[0]} and ${paths.length - 1} more`,
    ]),
    text => text,
    60,
  )
  call.print(`${lines.map(line => line.trimEnd()).join('\n')}\n`)
}

/** Without what only a resumed run needs. */
const shown = ({ inputChecksums: _checksums, ...entry }: JournalEntry): object => entry

const show = (call: Call, entry: JournalEntry): void => {
  if (call.json) {
    call.print(`${JSON.stringify(shown(entry))}\n`)
    return
  }
  const canResume = entry.state === 'interrupted' || entry.state === 'failed'
  const command = ['odps-tunnel', ...entry.args].map(quoteArgument).join(' ')
  const lines: (readonly [string, string | undefined])[] = [
    ['id', entry.id],
    ['state', entry.state],
    ['kind', entry.kind],
    ['table', entry.target],
    ['files', entry.paths.join(', ')],
    ['started', entry.startedAt],
    ['changed', entry.updatedAt],
    ['rows', printCount(entry.rows)],
    ['bad records', entry.badRecords > 0 ? printCount(entry.badRecords) : undefined],
    ['session', entry.sessionId ?? entry.checkpoint?.sessionId],
    ['error', entry.error],
    ['folder', entry.directory],
    ['command', command],
    ['resume', canResume ? `${command} --resume` : undefined],
  ]
  for (const [name, value] of lines) if (value !== undefined) call.print(`${name.padEnd(12)} ${value}\n`)
}

/** The latest one when none is named. @throws CliError */
export const findEntry = async (journal: Journal, id: string | undefined): Promise<JournalEntry> => {
  const entry = id === undefined ? (await journal.list()).at(-1) : await journal.find(id)
  if (entry !== undefined) return entry
  throw new CliError(
    id === undefined ? 'there are no transfers yet' : `there is no transfer ${id}`,
    "See 'odps-tunnel sessions list'",
  )
}

const purge = async (call: Call, journal: Journal, operand: string | undefined): Promise<void> => {
  const days = operand === undefined ? defaultDays : Number(operand)
  if (!Number.isInteger(days) || days < 0) throw new UsageError('sessions purge takes a number of days')
  const before = Date.now() - days * 86_400_000
  const old = (await journal.list()).filter(
    entry => entry.state !== 'running' && Date.parse(entry.updatedAt) <= before,
  )
  for (const { id } of old) await journal.remove(id)
  call.note(`${old.length} ${old.length === 1 ? 'transfer' : 'transfers'} forgotten.`)
}

export const sessionsCommand: Command = {
  name: 'sessions',
  aliases: ['show', 's'],
  summary: 'List, show or forget the transfers of this user',
  description: [
    'Every upload and download leaves an entry in a journal, by which it can be resumed. Entries hold no rows and no credentials.',
  ],
  operands: [
    {
      name: '[list|show|purge]',
      help: 'list (the default); show [id], the latest if none is named; purge [days], those older, 3 by default',
    },
  ],
  operandCount: [0, 2],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'number',
          aliases: ['n'],
          type: 'integer',
          value: '<n>',
          help: 'How many to list, the latest',
          fallback: '20',
        },
        { name: 'json', type: 'flag', help: 'Print JSON lines' },
        {
          name: 'session-dir',
          aliases: ['sd'],
          type: 'text',
          value: '<folder>',
          help: 'Where the journal is kept',
          fallback: '~/.local/state/odps-tunnel/transfers',
        },
      ],
    },
    generalOptions,
  ],
  examples: [
    { text: 'The latest transfers', command: 'odps-tunnel sessions' },
    { text: 'What became of the latest, and how to resume it', command: 'odps-tunnel sessions show' },
    { text: 'Forget those older than 30 days', command: 'odps-tunnel sessions purge 30' },
  ],
  run,
}
