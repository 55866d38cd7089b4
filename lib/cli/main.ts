#!/usr/bin/env node
import { commands } from './commands.js'
import { exitCode } from './exit-code.js'
import { run } from './run.js'
import { processTerminal } from './terminal.js'

// What `head` or a closed terminal leaves unread is no failure; the command that writes sees the error itself.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
})

// Nobody reads what the work tells; it goes on, and its exit code says how it ended.
process.stderr.on('error', () => {})

/** What nobody reads would keep the process: after Ctrl-C it ends as soon as stderr is out, or in a second. */
const endDespiteReaders = (code: number): void => {
  process.stderr.write('', () => process.exit(code))
  setTimeout(() => process.exit(code), 1000).unref()
}

run(commands, process.argv.slice(2), processTerminal()).then(code => {
  process.exitCode = code
  if (code === exitCode.interrupted) endDespiteReaders(code)
})
