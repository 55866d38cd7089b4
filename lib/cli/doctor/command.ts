import type { Call } from '../call.js'
import { connectionOptions, resolveSettings } from '../config/settings.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { readable } from '../report-error.js'
import { generalOptions } from '../standard-options.js'
import { type StyleName, styleFor } from '../terminal.js'
import { parseTarget } from '../transfer/table-target.js'
import {
  type CheckContext,
  checkClock,
  checkRead,
  checkService,
  checkSettings,
  checkTable,
  checkWrite,
  type Verdict,
} from './checks.js'

const colours: Readonly<Record<Verdict['state'], StyleName>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
}

const run = async (call: Call): Promise<number> => {
  const settings = await resolveSettings(call.values, call.terminal)
  const [operand] = call.operands
  const target = operand === undefined ? undefined : parseTarget(operand, call.values.text('partition'))
  const verdicts: Verdict[] = []
  const tell = (found: readonly Verdict[]): boolean => {
    verdicts.push(...found)
    for (const verdict of found) print(call, verdict)
    return found.every(({ state }) => state !== 'failed')
  }
  if (tell(checkSettings(settings)))
    await call.withTunnel(async (tunnel, dispatcher) => {
      const context: CheckContext = { tunnel, settings, dispatcher }
      if (!tell([await checkClock(context)])) return
      if (target === undefined) {
        tell(await checkService(context))
        return
      }
      const [found, info] = await checkTable(context, target)
      tell(found)
      if (info === undefined || !tell(await checkRead(context, target, info))) return
      if (!call.values.flag('read-only')) tell(await checkWrite(context, target, info))
    })
  const failures = verdicts.filter(({ state }) => state === 'failed').length
  if (!call.json)
    call.note(failures === 0 ? 'All checks passed.' : `${failures} of ${verdicts.length} checks failed.`)
  return failures === 0 ? exitCode.done : exitCode.failed
}

const print = (call: Call, { check, state, what, next }: Verdict): void => {
  if (call.json) {
    call.print(`${JSON.stringify({ check, state, what, ...(next !== undefined && { next }) })}\n`)
    return
  }
  const style = styleFor(call.terminal.stdout, call.terminal)
  call.print(`${style(colours[state], state.padEnd(8))} ${check.padEnd(12)} ${readable(what)}\n`)
  if (next !== undefined) call.print(`${' '.repeat(22)}next: ${readable(next)}\n`)
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check credentials, clock, route, permissions and compressions',
  description: [
    'Checks everything a transfer needs, and shows the next step if something is wrong: settings, clock, the table, the route to the tunnel and its quota, reading the first rows, writing, and each compression. It measures the time of reading and writing.',
    "For each compression, it sends a block to an upload session and asks the service which blocks it holds. The session is never committed, so the table doesn't change.",
  ],
  operands: [
    {
      name: '[table]',
      help: 'The table to try. Without one, only settings, clock, key, project and route are checked',
    },
  ],
  operandCount: [0, 1],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'partition',
          type: 'text',
          value: '<spec>',
          help: 'Partition to try, e.g. pt=a (or write table/pt=a)',
        },
        { name: 'read-only', type: 'flag', help: 'Skip the checks of writing' },
        { name: 'json', type: 'flag', help: 'Print one JSON line per check' },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [{ text: 'Everything about one table', command: 'odps-tunnel doctor flights' }],
  run,
}
