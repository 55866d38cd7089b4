import { AbortError } from '../../abort.js'
import { TunnelServiceError } from '../../errors.js'
import { unexpected } from '../answer-json.js'
import type { CallOptions } from '../call-options.js'
import type { InstanceRequests, TaskState } from './instance-requests.js'
import { cancelledInstance, failedInstance, lostInstance } from './query-failure.js'

const firstPollMs = 250
const maxPollMs = 5_000

/** How far an instance is. */
export interface InstanceProgress {
  /** `running`, `suspended` or `terminated`, in the service's words, in lower case. */
  readonly state: string
  readonly tasks: readonly TaskState[]
  /** From 0 to 1, over the stages of the tasks. */
  readonly progress: number
}

export interface FollowOptions extends CallOptions {
  /** Milliseconds between two questions. Default: 250 at first, doubling to 5 s. */
  readonly pollIntervalMs?: number | undefined
  /** Told after every question; without it less is asked. */
  readonly onProgress?: ((progress: InstanceProgress) => void) | undefined
}

/**
 * Waits until an instance has ended well. The service may suspend and run it again meanwhile; only how it ends counts.
 * @throws TunnelQueryError ODPS_QUERY_FAILED, ODPS_QUERY_CANCELLED; ODPS_QUERY_UNKNOWN when the service loses it
 */
export const followInstance = async (instance: InstanceRequests, options: FollowOptions): Promise<void> => {
  const { pollIntervalMs, onProgress, signal } = options
  try {
    for (let delayMs = firstPollMs; ; delayMs = Math.min(delayMs * 2, maxPollMs)) {
      const state = await instance.status(options)
      if (state === 'terminated') break
      if (onProgress !== undefined) onProgress(await progressOf(instance, state, options))
      await instance.client.clock.sleep(pollIntervalMs ?? delayMs, signal)
    }
    const tasks = await instance.tasks(options)
    onProgress?.({ state: 'terminated', tasks, progress: 1 })
    await checkTasks(instance, tasks, options)
  } catch (error) {
    throw isMissing(error) ? lostInstance(instance, error) : error
  }
}

/** Whether the service said that there is no such instance. */
export const isMissing = (error: unknown): boolean =>
  error instanceof TunnelServiceError && error.statusCode === 404 && error.code === 'ODPS_SERVICE_ERROR'

const checkTasks = async (
  instance: InstanceRequests,
  tasks: readonly TaskState[],
  call: CallOptions,
): Promise<void> => {
  const states = tasks.map(({ state }) => state)
  if (states.includes('failed')) throw failedInstance(instance, await instance.result(call))
  if (states.includes('cancelled')) throw cancelledInstance(instance)
  if (states.length > 0 && states.every(state => state === 'success')) return
  const what = states.length === 0 ? 'no task' : `a task that is ${states.find(state => state !== 'success')}`
  throw unexpected(instance.purpose, `has ${what} in instance ${instance.instanceId}, which has ended`)
}

/** Only to be shown: what is refused here must not fail the query. */
const progressOf = async (
  instance: InstanceRequests,
  state: string,
  call: CallOptions,
): Promise<InstanceProgress> => {
  try {
    const tasks = await instance.tasks(call)
    const shares = await Promise.all(tasks.map(({ name }) => instance.progress(name, call)))
    const done = tasks.map((task, i) => (task.state === 'success' ? 1 : (shares[i] ?? 0)))
    return { state, tasks, progress: done.reduce((sum, each) => sum + each, 0) / Math.max(1, done.length) }
  } catch (error) {
    if (error instanceof AbortError) throw error
    return { state, tasks: [], progress: 0 }
  }
}
