import { describe, test } from 'node:test'
import type { Client, Context } from './context.js'
import { familyOf, type NewerName } from './install.js'
import { sessionChecks } from './sessions.js'
import { upsertChecks } from './upserts.js'

/*
 * What the newest versions send in another way than those that everything is tried with: streaming uploads (slots, retries), upserts
 * (hashes of keys, several buffers), and the requests around a table and its sessions.
 */

type Check = (context: Context, client: Client) => Promise<void>

const names: readonly NewerName[] = ['newer python', 'newer java']

const sessionFeatures = [
  'partitioned table, two levels',
  'its own buffered writer, many blocks',
  'append, then overwrite',
  'its upload session, filled by both, committed by us',
  'streaming uploads: it writes packs, we read',
  'streaming uploads: we write packs, it reads',
  'streaming uploads: a changed schema is refused',
  'the result of a query',
]

const checksFor = (name: NewerName): [feature: string, check: Check][] => [
  ...sessionFeatures.map((feature): [string, Check] => [feature, sessionChecks[feature]!]),
  ...Object.entries(upsertChecks)
    .filter(([, [clients]]) => clients.includes(familyOf(name)))
    .map(([feature, [, check]]): [string, Check] => [feature, check]),
]

export const testNewer = (context: () => Context): void => {
  describe('newer versions', () => {
    for (const name of names)
      for (const [feature, check] of checksFor(name))
        test(`${name}: ${feature}`, async t => {
          const client = context().client(name)
          if (client === undefined) t.skip('not installed')
          else await context().report.check('Newer versions', feature, name, () => check(context(), client))
        })
  })
}
