import type { XmlElement } from '../../xml.js'
import type { ServiceClock } from '../clock.js'
import type { ScriptResult } from '../sql/select.js'
import { SessionMap } from '../tunnel/session-map.js'

/** What comes of a task: rows, or the text of a statement without rows; or why there are none. */
export type TaskOutcome =
  | { readonly status: 'Success'; readonly result: ScriptResult | string }
  | { readonly status: 'Failed'; readonly message: string }

/**
 * A task that was submitted. What comes of it is settled before the answer to its submission leaves; it shows when the instance
 * ends, which is at once unless a test lets it run.
 */
export interface Instance {
  readonly id: string
  readonly project: string
  readonly taskName: string
  /** The element below `Tasks`, for instance `SQL`. */
  readonly taskType: string
  readonly job: XmlElement
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly endsAt: number
  readonly outcome: TaskOutcome
  /** When it was stopped, if it still ran. */
  readonly stoppedAt: number | undefined
}

export type TaskStatus = 'Running' | 'Success' | 'Failed' | 'Cancelled'

export const taskStatusAt = ({ endsAt, outcome, stoppedAt }: Instance, now: number): TaskStatus => {
  if (stoppedAt !== undefined) return 'Cancelled'
  return now < endsAt ? 'Running' : outcome.status
}

export interface InstanceList {
  add(instance: Omit<Instance, 'id' | 'stoppedAt'>): Instance
  /** Undefined when it is unknown, over, or of another project. */
  find(project: string, id: string): Instance | undefined
  /** False when it has ended. */
  stop(instance: Instance): boolean
  /** Oldest first. */
  list(project: string): Instance[]
}

/** @param onForget gets an instance whose time is over */
export const createInstanceList = (
  clock: ServiceClock,
  onForget: (instance: Instance) => void,
): InstanceList => {
  const instances = new SessionMap(clock, onForget)
  const inProject = (instance: Instance, project: string): boolean =>
    instance.project.toLowerCase() === project.toLowerCase()
  return {
    add: fields => instances.add(id => ({ ...fields, stoppedAt: undefined, id })),
    find: (project, id) => {
      const instance = instances.get(id)
      return instance !== undefined && inProject(instance, project) ? instance : undefined
    },
    stop: instance => {
      if (taskStatusAt(instance, clock.now()) !== 'Running') return false
      instances.replace({ ...instance, stoppedAt: clock.now() })
      return true
    },
    list: project => instances.list().filter(instance => inProject(instance, project)),
  }
}
