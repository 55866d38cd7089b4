import type { Call } from '../call.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { alignTable } from '../table/aligned.js'
import { countOf, formatCount } from '../transfer/units.js'
import { CliError, UsageError } from '../usage-error.js'
import { isOpen, type JournalEntry } from './entry.js'
import { Journal, journalDirectoryOf, journalOption } from './journal.js'
import { formatCommand } from './transfer-log.js'

/*
 * Transfers that were begun on this machine: list, show, forget. What a command prints to go on is the command that was
 * typed with `--resume` behind it, because a transfer can only be resumed with the options it began with. Transfers
 * that can still be resumed are not forgotten by age alone: their entry is the only record of which rows are where.
 */

const defaultDays = 3

const run = async (call: Call): Promise<number> => {
  const [action = 'list', operand] = call.operands
  const journal = new Journal(journalDirectoryOf(call))
  switch (action) {
    case 'list':
    case 'history':
      await list(call, journal)
      return exitCode.done
    case 'show':
      show(call, await findEntry(call, journal, operand))
      return exitCode.done
    case 'purge':
      await purge(call, journal, operand)
      return exitCode.done
    default:
      throw new UsageError(`sessions has no '${action}'`, listed(action, operand))
  }
}

/** `show` is odpscmd's word for them, and SQL's for others. */
const listed = (what: string, table = '<table>'): string => {
  if (/^tables$/i.test(what)) return "Use 'odps-tunnel tables list'"
  if (/^partitions$/i.test(what)) return `Use 'odps-tunnel partitions list ${table}'`
  return 'Its actions are list, show and purge'
}

const list = async (call: Call, journal: Journal): Promise<void> => {
  const entries = (await read(call, journal)).slice(-(call.values.number('number') ?? 20))
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
      formatCount(rows),
      target,
      paths.length === 1 ? paths[0]! : `${paths[0]} and ${paths.length - 1} more`,
    ]),
    text => text,
    60,
  )
  call.print(`${lines.map(line => line.trimEnd()).join('\n')}\n`)
}

/** Without what only a resumed run needs. */
const shown = ({
  proof: _proof,
  blocks: _blocks,
  partitions: _partitions,
  copied: _copied,
  ...entry
}: JournalEntry): object => entry

const show = (call: Call, entry: JournalEntry): void => {
  if (call.json) {
    call.print(`${JSON.stringify(shown(entry))}\n`)
    return
  }
  const lines: (readonly [string, string | undefined])[] = [
    ['id', entry.id],
    ['state', entry.state],
    ['kind', entry.kind],
    ['table', entry.target],
    ['files', entry.paths.join(', ')],
    ['started', entry.startedAt],
    ['changed', entry.updatedAt],
    ['rows', formatCount(entry.rows)],
    ['bad records', entry.badRecords > 0 ? formatCount(entry.badRecords) : undefined],
    ['session', entry.sessionId ?? entry.checkpoint?.session.sessionId],
    ...partitionsOf(entry),
    ['error', entry.error],
    ['folder', entry.directory],
    ['command', formatCommand(entry.args)],
    ['resume', isOpen(entry) ? formatCommand([...entry.args, '--resume']) : undefined],
  ]
  for (const [name, value] of lines) if (value !== undefined) call.print(`${name.padEnd(13)} ${value}\n`)
}

/** Of a commit that isn't complete: the partitions that are left. */
const partitionsOf = ({ commits = [] }: JournalEntry): (readonly [string, string])[] =>
  commits.flatMap(({ partitionSpec, state }) =>
    state === 'committed'
      ? []
      : [[`not ${state === 'open' ? 'committed' : 'known'}`, partitionSpec] as const],
  )

/** All entries; what cannot be read is told and passed over. */
const read = async (call: Call, journal: Journal): Promise<readonly JournalEntry[]> => {
  const { entries, unreadable } = await journal.list()
  if (unreadable.length > 0)
    call.note(
      `Note: ${unreadable.length === 1 ? 'a file' : `${unreadable.length} files`} in the journal can't be read by this version and ${unreadable.length === 1 ? 'is' : 'are'} ignored: ${unreadable[0]}${unreadable.length === 1 ? '' : ', …'}`,
    )
  return entries
}

/** The latest one when none is named. @throws CliError */
export const findEntry = async (
  call: Call,
  journal: Journal,
  id: string | undefined,
): Promise<JournalEntry> => {
  const entries = await read(call, journal)
  if (id === undefined) {
    const latest = entries.at(-1)
    if (latest !== undefined) return latest
    throw new CliError('there are no transfers yet', "See 'odps-tunnel sessions list'")
  }
  const found = entries.filter(entry => entry.id.startsWith(id))
  const entry = found.find(each => each.id === id) ?? found[0]
  if (entry === undefined) throw new CliError(`there is no transfer ${id}`, "See 'odps-tunnel sessions list'")
  if (entry.id === id || found.length === 1) return entry
  throw new CliError(
    `${found.length} transfers begin with ${id}: ${found.map(each => each.id).join(', ')}`,
    'Pass the full id of one of them',
  )
}

/** Days have few digits; an id begins with a date. */
const purge = async (call: Call, journal: Journal, operand = String(defaultDays)): Promise<void> => {
  if (/^\d{1,6}$/.test(operand)) return purgeOlder(call, journal, Number(operand))
  const entry = await findEntry(call, journal, operand)
  if (entry.state === 'running')
    throw new CliError(`the transfer ${entry.id} is still running`, 'Wait for it to end, or stop it first')
  await journal.remove(entry)
  if (call.json) printPurged(call, [entry], [])
  else call.note(`${entry.id} forgotten.`)
}

const purgeOlder = async (call: Call, journal: Journal, days: number): Promise<void> => {
  const before = Date.now() - days * 86_400_000
  const old = (await read(call, journal)).filter(
    entry => entry.state !== 'running' && Date.parse(entry.updatedAt) <= before,
  )
  const kept = call.values.flag('yes') ? [] : old.filter(isOpen)
  const forgotten = old.filter(entry => !kept.includes(entry))
  for (const entry of forgotten) await journal.remove(entry)
  if (call.json) {
    printPurged(call, forgotten, kept)
    return
  }
  call.note(`${countOf(forgotten.length, 'transfer')} forgotten.`)
  if (kept.length > 0)
    call.note(
      `${countOf(kept.length, 'transfer')} kept, because ${kept.length === 1 ? 'it' : 'they'} can be resumed: ${kept
        .slice(0, 5)
        .map(({ id }) => id)
        .join(
          ', ',
        )}${kept.length > 5 ? ', …' : ''}\n  next: sessions purge ${days} --yes, or sessions purge <id>, also forgets ${kept.length === 1 ? 'it' : 'them'}`,
    )
}

const printPurged = (call: Call, forgotten: readonly JournalEntry[], kept: readonly JournalEntry[]): void => {
  const [forgottenIds, keptIds] = [forgotten, kept].map(entries => entries.map(({ id }) => id))
  call.print(`${JSON.stringify({ forgotten: forgottenIds, kept: keptIds })}\n`)
}

export const sessionsCommand: Command = {
  name: 'sessions',
  aliases: ['show', 's'],
  summary: 'List, show or forget the transfers of this user',
  description: [
    'Every upload, download and copy writes an entry to a journal, so that it can be resumed. Entries contain no rows and no credentials.',
  ],
  operands: [
    {
      name: '[list|show|purge]',
      help: 'list (the default); show [id]: show a transfer (default: the latest); purge [days]: forget transfers older than <days> (default 3), except those that can be resumed; purge <id>: forget this one',
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
          help: 'List this many of the latest transfers',
          fallback: '20',
        },
        {
          name: 'yes',
          aliases: ['y'],
          type: 'flag',
          help: 'purge: also forget transfers that can be resumed',
        },
        { name: 'json', type: 'flag', help: 'Print JSON lines' },
        journalOption,
      ],
    },
    generalOptions,
  ],
  examples: [
    { text: 'The latest transfers', command: 'odps-tunnel sessions' },
    { text: 'The state of the latest one, and how to resume it', command: 'odps-tunnel sessions show' },
    { text: 'Forget finished transfers older than 30 days', command: 'odps-tunnel sessions purge 30' },
  ],
  run,
}
