import type { RequestTarget, ResourcePath } from './emulator-request.js'
import { noSuchObject, notEmulated, type ServiceRefusal } from './service-refusal.js'

/*
 * What the service has and the emulator has not is refused by its name. A single object is looked for with GET or HEAD,
 * and clients that only ask whether it is there must read "no" from the answer: 404 NoSuchObject, as for an object that is
 * missing. Everything else is 405.
 */

const kinds: Readonly<Record<string, string>> = {
  resources: 'resources',
  functions: 'functions',
  volumes: 'volumes',
  registration: 'registered functions',
  xflows: 'XFlows',
  offlinemodels: 'offline models',
  models: 'models',
  packages: 'packages',
  roles: 'roles',
  users: 'users',
  security: 'security settings',
  policy: 'policies',
  topologies: 'topologies',
  workflows: 'workflows',
  events: 'events',
  quotas: 'quotas',
  projects: 'lists of projects',
  tenants: 'requests for tenants besides GET /tenants',
}

const nameOf = (kind: string): string | undefined => (Object.hasOwn(kinds, kind) ? kinds[kind] : undefined)

/** @param part the kind, or what lies below a table or an instance */
export const absentPart = (
  method: string,
  target: RequestTarget,
  part: string,
  isOne: boolean,
): ServiceRefusal => {
  const what = nameOf(part)
  if (what === undefined) return noSuchObject(`The emulator has nothing at ${target.path}.`)
  const isQuestion = isOne && (method === 'GET' || method === 'HEAD')
  return isQuestion ? noSuchObject(`Not found: the emulator does not have ${what}.`) : notEmulated(what)
}

export const absentResource = (
  method: string,
  target: RequestTarget,
  resource: ResourcePath | undefined,
): ServiceRefusal => {
  const { segments } = target
  if (segments[0] === 'api' && segments[1] === 'storage') return notEmulated('the Storage API')
  const [kind, name] =
    resource === undefined ? [segments[0] ?? '', segments[1]] : [resource.kind ?? '', resource.name]
  return absentPart(method, target, kind, name !== undefined && name !== '')
}
