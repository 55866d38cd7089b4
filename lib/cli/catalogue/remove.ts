import { type Tunnel, TunnelServiceError } from '../../index.js'
import type { Call } from '../call.js'
import { checkCanAsk, confirm } from '../confirm.js'
import { exitCode } from '../exit-code.js'
import { quoteText } from '../quote-text.js'
import { describeError } from '../report-error.js'
import { parseTarget, type TableTarget } from '../transfer/table-target.js'
import { CliError } from '../usage-error.js'
import { findRemoval, formatRemoval } from './removal.js'

/*
 * What is dropped or emptied is gone, so a person says yes to it by name and number of rows, or a script says --yes.
 */

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
  checkCanAsk(call, 'this removes rows')
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
    if (!isMissing) throw error
    if (call.values.flag('if-exists')) return undefined
    throw new CliError(
      describeError(error).what,
      'Check the name; with --if-exists it is not an error that nothing is there',
      { cause: error },
    )
  }
}
