import { UsageError } from './usage-error.js'

/*
 * odpscmd's own word before its commands: `tunnel upload …`. Behind it its defaults hold (docs/cli.md has both sets), and
 * its words mean what they mean there. What it has and we have not is refused by name, with what to do instead.
 */

export interface CommandLine {
  readonly name: string | undefined
  readonly args: readonly string[]
  /** Behind the word `tunnel`. */
  readonly isOdpscmd: boolean
}

/** The commands behind `tunnel`, and what they are called here. */
const words: Readonly<Record<string, string>> = {
  upload: 'upload',
  u: 'upload',
  download: 'download',
  d: 'download',
  upsert: 'upsert',
  us: 'upsert',
  resume: 'resume',
  r: 'resume',
  help: 'help',
  h: 'help',
}

/** @throws UsageError for a command of odpscmd that is not here */
export const readCommandLine = (args: readonly string[]): CommandLine => {
  if (args[0] !== 'tunnel') {
    const [name, ...rest] = args
    return isPurge(name)
      ? { name: 'sessions', args: ['purge', ...rest], isOdpscmd: false }
      : { name, args: rest, isOdpscmd: false }
  }
  const [name, ...rest] = args.slice(1)
  if (name === undefined || name.startsWith('-')) return { name, args: rest, isOdpscmd: true }
  if (isPurge(name)) return { name: 'sessions', args: ['purge', ...rest], isOdpscmd: true }
  if (name === 'show' || name === 's') return { name: 'sessions', args: showArgs(rest), isOdpscmd: true }
  const here = Object.hasOwn(words, name) ? words[name] : undefined
  if (here !== undefined) return { name: here, args: rest, isOdpscmd: true }
  throw new UsageError(
    `odpscmd's tunnel has no command '${name}'`,
    'Its commands are upload, download, upsert, resume, show, purge and help; for the others, leave out the word tunnel',
  )
}

const isPurge = (name: string | undefined): boolean => name === 'purge' || name === 'p'

/** `show history` is our list; a log and a file of bad records are not kept by us. */
const showArgs = (rest: readonly string[]): string[] => {
  const at = rest.findIndex(arg => !arg.startsWith('-'))
  switch (rest[at]) {
    case 'history':
    case 'h':
      return ['list', ...rest.slice(0, at), ...rest.slice(at + 1)]
    case 'log':
    case 'l':
      throw new UsageError(
        'tunnel show log: there are no logs of transfers',
        "See 'odps-tunnel sessions show [id]' for its state and error, or run it with --verbose",
      )
    case 'bad':
    case 'b':
      throw new UsageError(
        'tunnel show bad: bad records are kept only in the file given by --bad-records',
        'Upload with --bad-records <file>',
      )
    default:
      throw new UsageError('tunnel show needs history, log or bad', "As in 'tunnel show history -n 5'")
  }
}
