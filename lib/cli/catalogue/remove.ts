import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type Tunnel, TunnelServiceError } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import type { OptionDefinition } from '../option-definition.js'
import { quoteText } from '../quote-text.js'
import { printTo } from '../terminal.js'
import { parseTarget, type TableTarget } from '../transfer/table-target.js'
import { CliError, UsageError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'
import { findRemoval, formatRemoval } from './removal.js'

/*
 * What is dropped or emptied is gone, so a person says yes to it by name and number of rows, or a script says --yes. A script
 * that doesn't is stopped before anything is sent: nobody is there to answer, and what stdin holds is no answer.
 */

export const yesOption: OptionDefinition = {
  name: 'yes',
  aliases: ['y'],
  type: 'flag',
  help: "Don't ask for confirmation; needed where nobody can answer",
}

export interface RemoveWork {
  /** `Drop` */
  readonly verb: string
  /** `dropped` */
  readonly done: string
  readonly run: (tunnel: Tunnel, target: TableTarget) => Promise<void>
}

/** Finds what goes, asks, and removes it. With --if-exists what isn't there is no error. */
export const remove = async (call: Call, name: string, { verb, done, run }: RemoveWork): Promise<number> => {
  const target = parseTarget(name)
  checkCanAsk(call)
  return call.withTunnel(async tunnel => {
    const removal = await unlessMissing(call, () => findRemoval(tunnel, target))
    if (removal !== undefined) {
      await confirm(call, `${verb} ${formatRemoval(removal)}`)
      await run(tunnel, target)
    }
    if (call.json) {
      const { title = name, partitions, rows } = removal ?? {}
      call.print(`${JSON.stringify({ name: title, [done]: removal !== undefined, partitions, rows })}\n`)
    } else if (removal === undefined) call.note(`There is no ${quoteText(name)}; nothing to do.`)
    else call.note(`${removal.title} ${done}.`)
    return exitCode.done
  })
}

const missing: ReadonlySet<string> = new Set(['ODPS_NO_SUCH_TABLE', 'ODPS_NO_SUCH_PARTITION'])

const unlessMissing = async <T>(call: Call, find: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await find()
  } catch (error) {
    const isMissing = error instanceof TunnelServiceError && missing.has(error.code)
    if (isMissing && call.values.flag('if-exists')) return undefined
    throw error
  }
}

const checkCanAsk = (call: Call): void => {
  const { stdin, stderr } = call.terminal
  if (call.values.flag('yes') || (stdin.isTTY === true && stderr.isTTY === true && !call.json)) return
  throw new UsageError(
    'this removes rows, and nobody can be asked for confirmation',
    'If it is right, run it with --yes',
  )
}

const confirm = async (call: Call, work: string): Promise<void> => {
  if (call.values.flag('yes')) {
    call.note(visibleInLine(work))
    return
  }
  printTo(call.terminal.stderr, `${visibleInLine(work)}. Type yes to go on: `)
  const answer = await readLine(call.terminal.stdin)
  if (answer?.trim().toLowerCase() !== 'yes')
    throw new CliError('not confirmed: nothing was changed', 'Run it again and answer yes, or use --yes')
}

/** Undefined at the end of the input. */
const readLine = async (input: Readable): Promise<string | undefined> => {
  const lines = createInterface({ input })
  try {
    for await (const line of lines) return line
    return undefined
  } finally {
    lines.close()
  }
}
