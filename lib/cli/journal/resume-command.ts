import { resolve } from 'node:path'
import { Call } from '../call.js'
import { type Command, optionsOf } from '../definition.js'
import { readCommandLine } from '../odpscmd-words.js'
import { parseArguments } from '../parse-arguments.js'
import { describeError } from '../report-error.js'
import { generalOptions } from '../standard-options.js'
import { FailedTransfer } from '../transfer/failed-transfer.js'
import { CliError } from '../usage-error.js'
import { isOpen, type JournalEntry } from './entry.js'
import { Journal, journalDirectoryOf, journalOption } from './journal.js'
import { findEntry } from './sessions-command.js'
import { formatCommand } from './transfer-log.js'

/** @param load loads a command that can be resumed, by its name */
export const resumeCommandFor = (
  load: (name: string | undefined) => Promise<Command | undefined>,
): Command => ({
  name: 'resume',
  aliases: ['r'],
  summary: 'Continue an interrupted or failed transfer',
  description: [
    'Runs a transfer from the journal again with --resume, in the folder it was started in. Without an id, resumes the latest.',
  ],
  operands: [{ name: '[id]', help: "An id shown by 'odps-tunnel sessions list', or its beginning" }],
  operandCount: [0, 1],
  groups: [
    {
      title: 'Options',
      options: [
        journalOption,
        {
          name: 'json',
          type: 'flag',
          help: 'Print events as JSON lines on stderr, as the transfer does with it',
        },
      ],
    },
    generalOptions,
  ],
  examples: [{ text: 'The latest', command: 'odps-tunnel resume' }],
  run: async (call: Call): Promise<number> => {
    const journal = new Journal(journalDirectoryOf(call))
    const entry = await findEntry(call, journal, call.operands[0])
    if (entry.state === 'done') throw await hasFinished(entry, journal)
    const { name, args, isOdpscmd } = readCommandLine([
      ...entry.args.filter(arg => !isOfTelling(arg)),
      '--resume',
      ...passedOn(call),
    ])
    const command = await load(name)
    if (command === undefined)
      throw new CliError(`the transfer ${entry.id} is of an unknown kind, which cannot be resumed`)
    call.note(`Resuming ${entry.id}: ${entry.kind} of ${entry.paths.join(', ')}`)
    const from = process.cwd()
    if (entry.directory !== from) process.chdir(entry.directory)
    const { operands, values } = parseArguments(command, args, isOdpscmd)
    const where = optionsOf(command).find(({ name }) => name === 'session-dir')!
    values.setDefault(where, resolve(journal.directory))
    try {
      return await command.run(new Call(operands, values, call.terminal, args, isOdpscmd, entry.id))
    } catch (error) {
      throw orAnew(error, entry, from)
    }
  },
})

const hasFinished = async ({ id }: JournalEntry, journal: Journal): Promise<CliError> => {
  const other = (await journal.list()).entries.filter(isOpen).at(-1)
  return new CliError(
    `the transfer ${id} has finished`,
    other === undefined
      ? "See 'odps-tunnel sessions list' for others"
      : `The latest that can be resumed is another: odps-tunnel resume ${other.id}`,
  )
}

/** What cannot be gone on with is begun anew, and only the journal has the command. */
const orAnew = (error: unknown, { args, directory }: JournalEntry, from: string): unknown => {
  if (error instanceof FailedTransfer) return error
  const { what, next, exitCode } = describeError(error)
  if (!/without --resume|leave --resume out/i.test(next)) return error
  const where = directory === from ? '' : `, in ${directory}`
  return new CliError(what, `Start over${where}: ${formatCommand(args)}`, { cause: error, exitCode })
}

/** How to tell of it is for who resumes to say. */
const ofTelling = ['json', 'quiet', 'verbose']
const isOfTelling = (arg: string): boolean =>
  arg === '-q' || ofTelling.some(name => /^--([^=]*)/.exec(arg)?.[1] === name)
const passedOn = ({ values }: Call): string[] =>
  ofTelling.filter(name => values.flag(name)).map(name => `--${name}`)
