import { expectDone, jsonOf, textOf } from '../answer.js'
import type { Check } from '../check.js'
import { different } from '../finding.js'
import { downloadQuestion, onService, onTunnel } from '../sessions.js'

export const routingChecks: readonly Check[] = [
  {
    id: 'routing.endpoint',
    sentence: 'The service names the tunnel of a project as `host[:port]`, without a scheme or a path.',
    tables: [],
    requests: 1,
    run: async context => {
      const { project } = context.place
      const answer = await context.ask({
        ...{
          target: 'service',
          method: 'GET',
          path: ['projects', project, 'tunnel'],
          query: { service: '' },
        },
      })
      const host = expectDone(answer).body.toString().trim()
      if (/^[\w.-]+(?::\d{1,5})?$/.test(host)) return undefined
      if (/^https?:\/\//.test(host)) throw different('an address with a scheme')
      throw different(host === '' ? 'an empty answer' : 'text of another form')
    },
  },
  {
    id: 'routing.request-id',
    sentence: 'Every answer of the service and of the tunnel has the header `x-odps-request-id`.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const table = context.table('rows')
      for (const question of [onService(table), downloadQuestion(table)]) {
        const answer = expectDone(await context.ask(question))
        if (!answer.headers['x-odps-request-id']) throw different(`the ${question.target} sends none`)
      }
      return undefined
    },
  },
  {
    id: 'routing.schema',
    sentence:
      'The tunnel takes a schema in the path, the service in `curr_schema`; without one, tables are in the schema `default`.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const table = { schemaName: 'default', ...context.table('rows') }
      for (const question of [downloadQuestion(table), onService(table)])
        expectDone(await context.ask(question), `on the ${question.target}`)
      return undefined
    },
  },
  {
    id: 'routing.case-of-names',
    sentence: 'Names of tables are compared without regard to case.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const name = context.table('rows')
      const table = { ...name, table: name.table.toUpperCase() }
      for (const question of [downloadQuestion(table), onService(table)])
        expectDone(await context.ask(question), `on the ${question.target}`)
      return undefined
    },
  },
  {
    id: 'routing.presence-of-parameters',
    sentence: 'A parameter counts if it is present: `uploads=1` creates a session as `uploads` does.',
    tables: ['target'],
    requests: 1,
    run: async context => {
      const question = onTunnel(context.table('target'), 'POST', { uploads: '1' })
      textOf(jsonOf(await context.ask(question)), 'UploadID')
      return undefined
    },
  },
  {
    id: 'routing.keep-alive',
    sentence: 'The tunnel keeps connections open for further requests.',
    tables: ['rows'],
    requests: 1,
    run: async context => {
      const answer = expectDone(await context.ask(downloadQuestion(context.table('rows'))))
      if (answer.headers['connection']?.toLowerCase() === 'close')
        throw different('it closes the connection after an answer')
      const seconds = /timeout=(\d{1,6})\b/.exec(answer.headers['keep-alive'] ?? '')?.[1]
      return seconds === undefined ? undefined : `for ${seconds} s`
    },
  },
]
