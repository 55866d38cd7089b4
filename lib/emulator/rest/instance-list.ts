import type { XmlElement } from '../../xml.js'
import type { ServiceClock } from '../clock.js'
import type { ScriptResult } from '../sql/select.js'
import { newSessionId, sessionLifeMs } from '../tunnel/session-id.js'

/** What became of a task. */
export type TaskOutcome =
  | { readonly status: 'Success'; readonly result: ScriptResult | undefined }
  | { readonly status: 'Failed'; readonly message: string }

/** A task that ran. It is over before the answer to its submission leaves. */
export interface Instance {
  readonly id: string
  readonly project: string
  readonly taskName: string
  /** The element below `Tasks`, for instance `SQL`. */
  readonly taskType: string
  readonly job: XmlElement
  readonly startedAt: number
  readonly endedAt: number
  readonly outcome: TaskOutcome
}

export interface InstanceList {
  add(instance: Omit<Instance, 'id'>): Instance
  /** Undefined when it is unknown, over, or of another project. */
  find(project: string, id: string): Instance | undefined
  /** Oldest first. */
  list(project: string): Instance[]
}

/** @param onForget gets an instance whose time is over */
export const createInstanceList = (
  clock: ServiceClock,
  onForget: (instance: Instance) => void,
): InstanceList => {
  const instances = new Map<string, Instance>()
  const expire = (): void => {
    for (const instance of instances.values()) {
      if (instance.startedAt + sessionLifeMs > clock.now()) break
      instances.delete(instance.id)
      onForget(instance)
    }
  }
  const inProject = (instance: Instance, project: string): boolean =>
    instance.project.toLowerCase() === project.toLowerCase()
  return {
    add: fields => {
      expire()
      const instance = { ...fields, id: newSessionId(clock) }
      instances.set(instance.id, instance)
      return instance
    },
    find: (project, id) => {
      const instance = instances.get(id)
      return instance !== undefined && inProject(instance, project) ? instance : undefined
    },
    list: project => [...instances.values()].filter(instance => inProject(instance, project)),
  }
}
