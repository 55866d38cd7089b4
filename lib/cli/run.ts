import { nearest } from '../check-options.js'
import { TunnelError } from '../errors.js'
import { version } from '../version.js'
import type { Call } from './call.js'
import type { CommandEntry } from './definition.js'
import { exitCode } from './exit-code.js'
import { formatCommandHelp, formatGeneralHelp } from './help-text.js'
import { readCommandLine } from './odpscmd-words.js'
import { parseArguments } from './parse-arguments.js'
import { quoteText } from './quote-text.js'
import { describeCauses, describeError, readable } from './report-error.js'
import { printTo, styleFor, type Terminal } from './terminal.js'
import { FailedTransfer } from './transfer/failed-transfer.js'
import { CliError, UsageError } from './usage-error.js'
import { watchOutput } from './watch-output.js'

/*
 * From words to an exit code. What is not needed to tell the version or to list the commands is loaded when a command is known. A pipe that is closed by its reader (`| head`) is a normal end. Otherwise a command has
 * only ended well when its output is written, so the code waits for that: on a full disk the last write fails after the
 * command's own end.
 */

/** Runs the command line; resolves to the exit code. Never rejects. */
export const run = async (
  commands: readonly CommandEntry[],
  args: readonly string[],
  terminal: Terminal,
): Promise<number> => {
  const isWritten = watchOutput(terminal.stdout)
  let call: Call | undefined
  try {
    const code = await dispatch(commands, args, terminal, begun => {
      call = begun
    })
    // Who stops it does not wait for a reader that may never come.
    if (code !== exitCode.interrupted) await isWritten()
    return code
  } catch (error) {
    if (isClosedPipe(error instanceof FailedTransfer ? error.cause : error)) return exitCode.done
    // A command line that can't be read may still say how its error is to be told.
    const wants = (flag: 'json' | 'verbose'): boolean =>
      call?.values.flag(flag) ?? args.some(arg => arg === `--${flag}` || arg === `-${flag}`)
    return report(error, wants, terminal, helpFor(commands, args))
  }
}

const dispatch = async (
  commands: readonly CommandEntry[],
  args: readonly string[],
  terminal: Terminal,
  onCall: (call: Call) => void,
): Promise<number> => {
  const { name, args: rest, isOdpscmd } = readCommandLine(args)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return generalHelp(commands, name === undefined, rest[0], terminal)
  if (name === '--version' || name === '-v' || name === 'version') {
    printTo(terminal.stdout, `${version}\n`)
    return exitCode.done
  }
  const command = await findCommand(commands, name).load()
  const { operands, values, help } = parseArguments(command, rest, isOdpscmd)
  if (help) {
    printTo(terminal.stdout, formatCommandHelp(command))
    return exitCode.done
  }
  const { Call } = await import('./call.js')
  const call = new Call(operands, values, terminal, rest, isOdpscmd)
  onCall(call)
  return command.run(call)
}

/** What to type for the help of the command that was meant. */
const helpFor = (commands: readonly CommandEntry[], args: readonly string[]): string => {
  const command = named(commands, args[args[0] === 'tunnel' ? 1 : 0])
  return command === undefined ? 'odps-tunnel --help' : `odps-tunnel ${command.name} --help`
}

const generalHelp = async (
  commands: readonly CommandEntry[],
  isMistake: boolean,
  name: string | undefined,
  terminal: Terminal,
): Promise<number> => {
  if (name !== undefined)
    printTo(terminal.stdout, formatCommandHelp(await findCommand(commands, name).load()))
  else printTo(isMistake ? terminal.stderr : terminal.stdout, formatGeneralHelp(commands))
  return isMistake ? exitCode.usage : exitCode.done
}

const named = (commands: readonly CommandEntry[], name = ''): CommandEntry | undefined =>
  commands.find(each => each.name === name || each.aliases?.includes(name))

const findCommand = (commands: readonly CommandEntry[], name: string): CommandEntry => {
  const command = named(commands, name)
  if (command !== undefined) return command
  if (name.startsWith('-'))
    throw new UsageError(
      `options come after the command, and ${quoteText(name.replace(/=.*$/s, ''))} comes before it`,
      `As in 'odps-tunnel download t t.csv --config <file>'; see 'odps-tunnel --help' for the commands`,
    )
  if (/^desc(ribe)?$/i.test(name))
    throw new UsageError(`there is no command ${quoteText(name)}`, "Use 'odps-tunnel schema <table>'")
  const near = nearest(
    name,
    commands.map(each => each.name),
  )
  throw new UsageError(
    `there is no command ${quoteText(name)}`,
    near === undefined ? "Try 'odps-tunnel --help'." : `Did you mean '${near}'? See 'odps-tunnel --help'`,
  )
}

const report = (
  thrown: unknown,
  wants: (flag: 'json' | 'verbose') => boolean,
  terminal: Terminal,
  help: string,
): number => {
  const [error, goingOn] =
    thrown instanceof FailedTransfer ? [thrown.cause, { resume: thrown.resume, kept: thrown.kept }] : [thrown]
  const { what, next: step, exitCode: code } = describeError(error, help)
  const next = goingOn === undefined ? step : step.replace('Run it again', 'Resume it')
  const style = styleFor(terminal.stderr, terminal)
  if (wants('json')) {
    const event = { event: 'error', message: what, next, exitCode: code, ...errorCode(error), ...goingOn }
    printTo(terminal.stderr, `${JSON.stringify(event)}\n`)
    return code
  }
  printTo(
    terminal.stderr,
    `${style('red', 'odps-tunnel:')} ${readable(what)}\n${style('dim', '  next:')} ${readable(next)}\n`,
  )
  if (goingOn !== undefined)
    printTo(
      terminal.stderr,
      `${style('dim', '  kept:')} ${goingOn.kept}\n${style('dim', '  resume:')} ${goingOn.resume}\n`,
    )
  if (wants('verbose')) for (const line of describeCauses(error)) printTo(terminal.stderr, `${line}\n`)
  return code
}

/** Of what a command tells in its own words, the code of the error that it tells of. */
const errorCode = (error: unknown): { code?: string } => {
  const coded = error instanceof CliError && error.cause instanceof TunnelError ? error.cause : error
  return coded instanceof Error && 'code' in coded && typeof coded.code === 'string'
    ? { code: coded.code }
    : {}
}

/** Whoever read our stdout has had enough, as `head` has. */
const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE'
