#!/usr/bin/env node
import { TunnelError } from '../errors.js'
import { version } from '../version.js'
import { type Command, UsageError } from './command.js'
import { emulateCommand } from './emulate.js'

const commands: readonly Command[] = [emulateCommand]

const help = (): string =>
  [
    'Usage: odps-tunnel <command> [options]',
    '',
    'Commands:',
    ...commands.map(command => `  ${command.name.padEnd(12)} ${command.summary}`),
    '',
    'Options:',
    '  --help       Show this, or the help of a command',
    '  --version    Show the version',
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage',
    '',
  ].join('\n')

/** Runs the command line; resolves to the exit code. */
const run = async (args: readonly string[]): Promise<number> => {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const isAsked = name !== undefined
    ;(isAsked ? process.stdout : process.stderr).write(help())
    return isAsked ? 0 : 2
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`)
    return 0
  }
  const command = commands.find(known => known.name === name)
  if (command === undefined) throw new UsageError(`there is no command '${name}'`)
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.help)
    return 0
  }
  return command.run(rest)
}

const report = (error: unknown): number => {
  if (error instanceof UsageError) {
    process.stderr.write(`odps-tunnel: ${error.message}\nTry 'odps-tunnel --help'.\n`)
    return 2
  }
  const code = error instanceof TunnelError ? `${error.code}: ` : ''
  process.stderr.write(`odps-tunnel: ${code}${error instanceof Error ? error.message : String(error)}\n`)
  return 1
}

run(process.argv.slice(2)).then(
  exitCode => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    process.exitCode = report(error)
  },
)
