import { textAt } from '../../xml.js'
import { expectKeys, expectRefusal, otherwise, parseJson, xmlOf } from '../answer.js'
import type { Check, CheckContext, Question } from '../check.js'
import { different } from '../finding.js'
import { downloadQuestion, onService, onTunnel } from '../sessions.js'

/** A name that nobody has: nothing is made here. */
const nobody = 'odps_tunnel_conformance_asks_for_nothing'

/** Of the form that ids have. */
const unknownSession = `20200101000000${'0'.repeat(32)}`

const refused = (
  id: string,
  sentence: string,
  [status, ...codes]: readonly [number, ...string[]],
  question: (context: CheckContext) => Question,
  tables: Check['tables'] = [],
): Check => ({
  ...{ id, sentence, tables, requests: 1 },
  run: async context => {
    expectRefusal(await context.ask(question(context)), status, ...codes)
    return undefined
  },
})

const noTable = ({ place }: CheckContext): Question => downloadQuestion({ ...place, table: nobody })

export const errorChecks: readonly Check[] = [
  refused(
    'errors.no-such-table',
    'A table that is missing on the tunnel: 404 `NoSuchTable`.',
    [404, 'NoSuchTable'],
    noTable,
  ),
  refused(
    'errors.no-such-object',
    'A table that is missing on the service: 404 `NoSuchObject`.',
    [404, 'NoSuchObject'],
    ({ place }) => onService({ ...place, table: nobody }),
  ),
  refused(
    'errors.no-such-project',
    'A project that is missing on the service: 404 `NoSuchProject`.',
    [404, 'NoSuchProject'],
    () => onService({ project: nobody, table: nobody }),
  ),
  refused(
    'errors.no-such-upload',
    'An upload session that is unknown: 404 `NoSuchUpload`.',
    [404, 'NoSuchUpload'],
    context => onTunnel(context.table('rows'), 'GET', { uploadid: unknownSession }),
    ['rows'],
  ),
  refused(
    'errors.no-such-download',
    'A download session that is unknown: 404 `NoSuchDownload`.',
    [404, 'NoSuchDownload'],
    context => onTunnel(context.table('rows'), 'GET', { downloadid: unknownSession }),
    ['rows'],
  ),
  refused(
    'errors.missing-partition-spec',
    'A partitioned table without `partition`: 400 `MissingPartitionSpec`.',
    [400, 'MissingPartitionSpec'],
    context => downloadQuestion(context.table('days')),
    ['days'],
  ),
  refused(
    'errors.invalid-partition-spec',
    'A partition of another form: 400 `InvalidPartitionSpec`.',
    [400, 'InvalidPartitionSpec'],
    context => downloadQuestion(context.table('days'), 'day'),
    ['days'],
  ),
  {
    id: 'errors.tunnel-document',
    sentence: 'A refusal of the tunnel is JSON with `Code` and `Message`.',
    tables: [],
    requests: 1,
    run: async context => {
      const answer = await context.ask(noTable(context))
      if (answer.status !== 404) throw otherwise(answer)
      expectKeys(parseJson(answer), { Code: 'string', Message: 'string' })
      return undefined
    },
  },
  {
    id: 'errors.service-document',
    sentence: 'A refusal of the service is XML: `Error` with `Code`, `Message`, `RequestId`, `HostId`.',
    tables: [],
    requests: 1,
    run: async context => {
      const answer = await context.ask(onService({ ...context.place, table: nobody }))
      if (answer.status !== 404) throw otherwise(answer)
      const root = xmlOf(answer, 'Error')
      const missing = ['Code', 'Message', 'RequestId', 'HostId'].filter(name => !textAt(root, name))
      if (missing.length > 0) throw different(`${missing.join(', ')} missing`)
      return undefined
    },
  },
]
