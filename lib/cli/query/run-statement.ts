import type { ExecuteOptions, ExecuteResult, Tunnel } from '../../index.js'
import type { Call } from '../call.js'
import { reportInterrupted } from '../transfer/failed-transfer.js'
import { Interrupt } from '../transfer/interrupt.js'
import type { GivenStatement } from './statement.js'

/**
 * Runs a statement and tells how far it is. A Ctrl-C stops it on the service; a second one doesn't wait until it is stopped.
 * @param what the statement is called
 * @returns undefined when it was stopped
 */
export const runStatement = async (
  call: Call,
  tunnel: Tunnel,
  { sql, hints, priority }: GivenStatement,
  what: 'query' | 'statement',
  more: object = {},
): Promise<ExecuteResult | undefined> => {
  let [name, now, told] = [`The ${what}`, '', '']
  const interrupt = new Interrupt(call, () => `${name} may still be running on the service.`)
  const onProgress: ExecuteOptions['onProgress'] = ({ instanceId, state, progress }) => {
    ;[name, now] = [`The ${what}, instance ${instanceId},`, state]
    if (call.json) {
      call.event('query', { instanceId, state, progress })
      return
    }
    const line = `Instance ${instanceId}: ${state}, ${Math.floor(progress * 100)} %`
    if (line !== told && state !== 'terminated') call.note(line)
    told = line
  }
  try {
    return await tunnel.execute({ sql, hints, priority, signal: interrupt.signal, onProgress, ...more })
  } catch (error) {
    if (!interrupt.happened) throw error
    reportInterrupted(call, undefined, howStopped(name, now))
    return undefined
  } finally {
    interrupt.close()
  }
}

/** Whether the service has stopped it isn't known: it is only asked to. */
const howStopped = (name: string, state: string): string => {
  if (state === '') return `${name} was not started, or the service was asked to stop it.`
  return `${name} ${state === 'terminated' ? 'had ended already' : 'was running; the service was asked to stop it'}.`
}
