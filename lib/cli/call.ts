import type { Dispatcher } from 'undici'
import { Tunnel } from '../index.js'
import { connectionOf } from './config/settings.js'
import { optimizeLate } from './late-optimizing.js'
import type { OptionValues } from './option-values.js'
import { spareParser } from './spare-parser.js'
import { printTo, type Terminal } from './terminal.js'

/*
 * What a command needs of the world: its operands and options, the terminal, a connection. Commands print through it,
 * so that --json, --quiet and --verbose mean the same in each of them, and tests can run a command without a process.
 */

/** One run of a command: what was asked for, and where its output goes. */
export class Call {
  readonly operands: readonly string[]
  readonly values: OptionValues
  readonly terminal: Terminal
  /** The arguments behind the command, as they were written. */
  readonly args: readonly string[]
  /** Of `resume`: the entry of the journal to go on with. */
  readonly resumes: string | undefined
  /** Behind odpscmd's word `tunnel`: its defaults and its way of writing cells hold. */
  readonly isOdpscmd: boolean

  constructor(
    operands: readonly string[],
    values: OptionValues,
    terminal: Terminal,
    args: readonly string[] = [],
    isOdpscmd = false,
    resumes?: string,
  ) {
    this.resumes = resumes
    this.args = args
    this.isOdpscmd = isOdpscmd
    this.operands = operands
    this.values = values
    this.terminal = terminal
  }

  get quiet(): boolean {
    return this.values.flag('quiet')
  }

  get json(): boolean {
    return this.values.flag('json')
  }

  /** The result, on stdout. */
  print(text: string): void {
    printTo(this.terminal.stdout, text)
  }

  /** A line of JSON on stderr, for machines. */
  event(name: string, fields: object): void {
    printTo(this.terminal.stderr, `${JSON.stringify({ event: name, ...fields })}\n`)
  }

  /** A line about the work, on stderr: an event for machines; not with --quiet. */
  note(line: string): void {
    if (this.quiet) return
    if (this.json) this.event('note', { message: line })
    else this.alert(line)
  }

  /** Something about the work that one should know: an event for machines, else a line. */
  remark(message: string): void {
    if (this.json) this.event('note', { message })
    else this.note(`Note: ${message}`)
  }

  /** A line on stderr that nothing keeps away. */
  alert(line: string): void {
    printTo(this.terminal.stderr, `${line}\n`)
  }

  /**
   * Runs `work` with a connection made of flags, environment and configuration.
   * @param project the project that the table's own name says, which wins over all of these
   */
  async withTunnel<T>(
    work: (tunnel: Tunnel, dispatcher: Dispatcher | undefined) => Promise<T>,
    project?: string,
  ): Promise<T> {
    spareParser()
    optimizeLate()
    const connection = await connectionOf(this.values, this.terminal)
    const tunnel = new Tunnel(project === undefined ? connection : { ...connection, project })
    try {
      return await work(tunnel, connection.dispatcher)
    } finally {
      await tunnel.close()
      await connection.dispatcher?.close()
    }
  }
}
