import { homedir } from 'node:os'
import type { Readable, Writable } from 'node:stream'

/** What a command sees of the process, so that tests can run it without one. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: TerminalOutput
  readonly stderr: TerminalOutput
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Calls back on every Ctrl-C and SIGTERM until the returned function is called. */
  readonly onInterrupt: (callback: () => void) => () => void
  /** Ends the process at once. */
  readonly exit: (code: number) => void
}

export type TerminalOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export const processTerminal = (): Terminal => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  home: homedir(),
  onInterrupt: callback => {
    process.on('SIGINT', callback)
    process.on('SIGTERM', callback)
    return () => {
      process.off('SIGINT', callback)
      process.off('SIGTERM', callback)
    }
  },
  exit: code => process.exit(code),
})
