import { childOf, textAt, type XmlElement } from '../../xml.js'
import { ServiceRefusal } from '../server/service-refusal.js'
import type { Service, ServiceRequest } from '../service.js'
import { executeSql, timeZoneOfJob } from '../sql/execute.js'
import type { SqlContext } from '../sql/resolve-name.js'
import type { ScriptResult } from '../sql/select.js'
import { SqlError } from '../sql/sql-error.js'
import type { TaskOutcome } from './instance-list.js'

/** What a task came to, and how long its instance goes on running. */
export interface TaskRun {
  readonly outcome: TaskOutcome
  readonly runMs: number
}

/** Runs a task: a test's own answer comes before the emulator's SQL. */
export const runTask = async (
  service: Service,
  request: ServiceRequest,
  task: XmlElement,
): Promise<TaskRun> => {
  let runMs = 0
  try {
    if (task.name !== 'SQL')
      throw new SqlError('ODPS-0420061', `Invalid parameter - the emulator does not run ${task.name} tasks`)
    const sql = childOf(task, 'Query')?.text ?? ''
    const context: SqlContext = {
      project: request.project!,
      schemaName: request.query.get('curr_schema') || undefined,
      settings: readSettings(task),
      timeZone: service.timeZone,
    }
    const answer = await service.queries.find({ sql, ...context })
    if (answer !== undefined) runMs = answer.runMs
    const result =
      answer === undefined ? await executeSql(service, sql, context) : await giveAnswer(answer.give, context)
    if (typeof result !== 'string') service.catalog.hold(result.segments)
    return { outcome: { status: 'Success', result }, runMs }
  } catch (error) {
    if (error instanceof SqlError) return { outcome: { status: 'Failed', message: error.message }, runMs }
    if (error instanceof ServiceRefusal) {
      const message = `ODPS-0010000:System internal error - ${error.message}`
      return { outcome: { status: 'Failed', message }, runMs }
    }
    throw error
  }
}

const giveAnswer = async (
  give: () => Promise<Omit<ScriptResult, 'timeZone'> | string>,
  context: SqlContext,
): Promise<ScriptResult | string> => {
  const result = await give()
  return typeof result === 'string' ? result : { ...result, timeZone: timeZoneOfJob(context) }
}

const readSettings = (task: XmlElement): ReadonlyMap<string, string> => {
  const properties = childOf(task, 'Config')?.children ?? []
  const text = properties.find(property => textAt(property, 'Name') === 'settings')
  try {
    const settings: unknown = JSON.parse((text && textAt(text, 'Value')) || '{}')
    return new Map(Object.entries(settings ?? {}).map(([key, value]) => [key, String(value)]))
  } catch {
    return new Map()
  }
}
