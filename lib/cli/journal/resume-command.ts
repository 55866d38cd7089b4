import { resolve } from 'node:path'
import { Call } from '../call.js'
import { type Command, optionsOf } from '../definition.js'
import { readCommandLine } from '../odpscmd-words.js'
import { parseArguments } from '../parse-arguments.js'
import { generalOptions } from '../standard-options.js'
import { CliError } from '../usage-error.js'
import { Journal, journalDirectoryOf, journalOption } from './journal.js'
import { findEntry } from './sessions-command.js'

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
    if (entry.state === 'done')
      throw new CliError(
        `the transfer ${entry.id} has finished`,
        "See 'odps-tunnel sessions list' for others",
      )
    const { name, args, isOdpscmd } = readCommandLine([
      ...entry.args.filter(arg => !isOfTelling(arg)),
      '--resume',
      ...passedOn(call),
    ])
    const command = await load(name)
    if (command === undefined)
      throw new CliError(`the transfer ${entry.id} is of an unknown kind, which cannot be resumed`)
    call.note(`Resuming ${entry.id}: ${entry.kind} of ${entry.paths.join(', ')}`)
    if (entry.directory !== process.cwd()) process.chdir(entry.directory)
    const { operands, values } = parseArguments(command, args, isOdpscmd)
    const where = optionsOf(command).find(({ name }) => name === 'session-dir')!
    values.setDefault(where, resolve(journal.directory))
    return command.run(new Call(operands, values, call.terminal, args, isOdpscmd, entry.id))
  },
})

/** How to tell of it is for who resumes to say. */
const ofTelling = ['json', 'quiet', 'verbose']
const isOfTelling = (arg: string): boolean =>
  arg === '-q' || ofTelling.some(name => /^--([^=]*)/.exec(arg)?.[1] === name)
const passedOn = ({ values }: Call): string[] =>
  ofTelling.filter(name => values.flag(name)).map(name => `--${name}`)
