import { tell } from '../diagnostics.js'
import { type WithoutText, withoutText } from '../internal-options.js'
import type { InstanceProgress } from '../session/instance/follow-instance.js'
import type { ExecuteOptions } from './query-options.js'
import { accepted, type QueryConnection, runInstance, statementOf } from './run-instance.js'

/** What a statement without rows has left. */
export interface ExecuteResult {
  readonly instanceId: string
  /** What it has printed; empty for most statements. */
  readonly text: string
}

/** Runs a statement, and waits until it has ended well. */
export const executeStatement = async (
  connection: QueryConnection,
  options: ExecuteOptions,
): Promise<ExecuteResult> => {
  const { signal, pollIntervalMs, onProgress } = options
  let instanceId = ''
  const report = (progress: InstanceProgress): void => tell(() => onProgress?.({ ...progress, instanceId }))
  const instance = await runInstance(statementOf('execute', connection, options), 'Running the statement', {
    signal,
    pollIntervalMs,
    onProgress: onProgress && report,
    onSubmitted: submitted => {
      instanceId = submitted.instanceId
      report({ state: 'running', tasks: [], progress: 0 })
    },
  })
  if ((options as WithoutText)[withoutText] === true) return { instanceId, text: '' }
  try {
    return { instanceId, text: await instance.result({ signal }) }
  } catch (error) {
    throw accepted(error, instance)
  }
}
