import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { visible } from './visible.js'

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
  // Most commands don't read it, and the process opens it when it is asked for.
  get stdin() {
    return process.stdin
  },
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

/** All text goes to the terminal through this: what it holds is shown, never obeyed. */
export const printTo = (output: TerminalOutput, text: string): void => {
  output.write(visible(text).replaceAll(styleMarks, '\u001b[$1m'))
}

export type StyleName = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const codes: Readonly<Record<StyleName, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

/** Our own colours are marked by what nobody else can know, and become escapes on their way out. */
const mark = randomBytes(9).toString('hex')
const styleMarks = new RegExp(`<${mark}:(\\d+)>`, 'g')

/** Colours, when the output is a terminal that wants them (NO_COLOR, FORCE_COLOR, TERM=dumb). Only {@link printTo} shows them. */
export const styleFor = (output: TerminalOutput, { environment }: Terminal) => {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment
  const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : output.isTTY === true && !NO_COLOR && TERM !== 'dumb'
  return (name: StyleName, text: string): string =>
    wanted ? `<${mark}:${codes[name][0]}>${text}<${mark}:${codes[name][1]}>` : text
}
