import type { ExecuteOptions, ExecuteResult, Tunnel } from '../../index.js'
import type { Call } from '../call.js'
import type { GivenStatement } from './statement.js'

/** Runs a statement and tells how far it is. A Ctrl-C stops it on the service. */
export const runStatement = async (
  call: Call,
  tunnel: Tunnel,
  { sql, hints, priority }: GivenStatement,
  signal: AbortSignal,
  more: object = {},
): Promise<ExecuteResult> => {
  let told = ''
  const onProgress: ExecuteOptions['onProgress'] = ({ instanceId, state, progress }) => {
    if (call.json) {
      call.event('query', { instanceId, state, progress })
      return
    }
    const line = `Instance ${instanceId}: ${state}, ${Math.floor(progress * 100)} %`
    if (line !== told && state !== 'terminated') call.note(line)
    told = line
  }
  return tunnel.execute({ sql, hints, priority, signal, onProgress, ...more })
}
