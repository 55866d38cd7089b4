import { textAt } from '../../xml.js'
import { expectDone, expectKeys, expectRefusal, jsonOf, xmlOf } from '../answer.js'
import type { Check, CheckContext } from '../check.js'
import { different } from '../finding.js'
import { createUpload, downloadQuestion, onService, onTunnel, uploadQuestion } from '../sessions.js'

/** Makes a partition by a session for it, which is never committed. */
const make = async (context: CheckContext, partition: string): Promise<void> => {
  await createUpload(context, context.table('days'), { partition, createPartition: true })
}

export const partitionChecks: readonly Check[] = [
  {
    id: 'partitions.missing',
    sentence: 'A session for a partition that is missing is refused: 404 `NoSuchPartition`.',
    tables: ['days'],
    requests: 2,
    run: async context => {
      const [table, partition] = [context.table('days'), 'day=missing,region=x']
      for (const question of [uploadQuestion(table, { partition }), downloadQuestion(table, partition)])
        expectRefusal(await context.ask(question), 404, 'NoSuchPartition')
      return undefined
    },
  },
  {
    id: 'partitions.created',
    sentence:
      '`create_partition=true` makes the partition when the session is created, and does nothing if it is there.',
    tables: ['days'],
    requests: 3,
    run: async context => {
      const partition = 'day=created,region=x'
      for (let time = 0; time < 2; time++) await make(context, partition)
      expectDone(await context.ask(downloadQuestion(context.table('days'), partition)), 'the partition')
      return undefined
    },
  },
  {
    id: 'partitions.quoted-on-the-service',
    sentence:
      "The service takes a partition as `a='x',b='y'`, with quotes, and describes it with the numbers `partitionRecordNum`, `partitionSize`, `createTime`, `lastModifiedTime`.",
    tables: ['days'],
    requests: 2,
    run: async context => {
      await make(context, 'day=quoted,region=x')
      const question = onService(context.table('days'), { partition: "day='quoted',region='x'" })
      const root = xmlOf(expectDone(await context.ask(question)), 'Partition')
      const body = Buffer.from(textAt(root, 'Schema') ?? '')
      expectKeys(jsonOf({ status: 200, headers: {}, body }, 'the description'), {
        ...{ partitionRecordNum: 'number', partitionSize: 'number' },
        ...{ createTime: 'number', lastModifiedTime: 'number' },
      })
      return undefined
    },
  },
  {
    id: 'partitions.missing-on-the-service',
    sentence: 'A partition that is missing on the service: 404 `NoSuchPartition`.',
    tables: ['days'],
    requests: 1,
    run: async context => {
      const question = onService(context.table('days'), { partition: "day='missing',region='x'" })
      expectRefusal(await context.ask(question), 404, 'NoSuchPartition')
      return undefined
    },
  },
  {
    id: 'partitions.listed',
    sentence:
      'The service lists partitions as `Partition` with a `Column` for each level, in the order of the table; an empty `Marker` ends the list.',
    tables: ['days'],
    requests: 2,
    run: async context => {
      await make(context, 'day=listed,region=x')
      const question = onService(context.table('days'), { partitions: '', expectmarker: 'true' })
      const root = xmlOf(expectDone(await context.ask(question)), 'Partitions')
      const specs = root.children
        .filter(({ name }) => name === 'Partition')
        .map(({ children }) =>
          children
            .filter(({ name }) => name === 'Column')
            .map(({ attributes }) => `${attributes['Name']}=${attributes['Value']}`)
            .join(),
        )
      if (!specs.includes('day=listed,region=x')) throw different('a new partition is not in the list')
      if (textAt(root, 'Marker')) throw different('a list of few partitions does not end')
      return undefined
    },
  },
  {
    id: 'partitions.not-in-columns',
    sentence: 'A partition column cannot be asked for in `columns`: 400 `InvalidColumnSpec`.',
    tables: ['days'],
    requests: 3,
    run: async context => {
      const [table, partition] = [context.table('days'), 'day=columns,region=x']
      await make(context, partition)
      const session = jsonOf(await context.ask(downloadQuestion(table, partition)))
      const answer = await context.ask(
        onTunnel(table, 'GET', {
          ...{
            data: '',
            downloadid: String(session['DownloadID']),
            rowrange: '(0,1)',
            columns: 'day',
            partition,
          },
        }),
      )
      expectRefusal(answer, 400, 'InvalidColumnSpec')
      return undefined
    },
  },
]
