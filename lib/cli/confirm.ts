import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Call } from './call.js'
import type { OptionDefinition } from './option-definition.js'
import { printTo } from './terminal.js'
import { CliError, UsageError } from './usage-error.js'
import { visibleInLine } from './visible.js'

/*
 * What can't be undone, a person says yes to, or a script says --yes. A script that doesn't is stopped before anything is
 * sent: nobody is there to answer, and what stdin holds is no answer.
 */

export const yesOption: OptionDefinition = {
  name: 'yes',
  aliases: ['y'],
  type: 'flag',
  help: "Don't ask for confirmation; needed where nobody can answer",
}

/** @param what `this removes rows` @throws UsageError when nobody can be asked */
export const checkCanAsk = (call: Call, what: string): void => {
  const { stdin, stderr } = call.terminal
  if (call.values.flag('yes') || (stdin.isTTY === true && stderr.isTTY === true && !call.json)) return
  throw new UsageError(
    `${what}, and nobody can be asked for confirmation`,
    'If it is right, run it with --yes',
  )
}

/** @param work what is about to be done @throws CliError unless the answer is yes */
export const confirm = async (call: Call, work: string): Promise<void> => {
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
