import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionSpec } from '../../../lib/schema/partition-spec.js'
import type { Partition } from '../../../lib/upload/partitions/partition.js'
import { type OpenSettings, PartitionOpener } from '../../../lib/upload/partitions/partition-opener.js'
import type { UploadContext } from '../../../lib/upload/transaction.js'

/** One session at a time, each of which is refused, so that nothing but the order of the requests is left. */
const openerOf = (opened: string[], failed: string[]) => {
  const open = async (spec: PartitionSpec): Promise<never> => {
    opened.push(spec[0]!.value)
    throw new Error('refused')
  }
  const settings = { open, maxOpenPartitions: 1 } as unknown as OpenSettings
  const sender = { run: (task: () => Promise<void>) => task() }
  const context = { sender, call: {}, stats: { phaseMs: {} } } as unknown as UploadContext
  const partition = (value: string): Partition =>
    ({ spec: [{ column: 'pt', value }], fail: () => failed.push(value) }) as unknown as Partition
  return { opener: new PartitionOpener(settings, context), partition }
}

test('a partition whose block waits gets its session before others, and each gets one', async () => {
  const [opened, failed]: string[][] = [[], []]
  const { opener, partition } = openerOf(opened!, failed!)
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(partition)
  for (const each of [a, b, c, d]) opener.add(each!)
  for (const each of [a, c, c]) opener.hurry(each!)
  await new Promise(setImmediate)
  assert.deepEqual(opened, ['a', 'c', 'b', 'd'])
  assert.deepEqual(failed, ['a', 'c', 'b', 'd'])
  opener.add(partition('e'))
  assert.deepEqual(opened!.at(-1), 'e')
})

test('opens no more sessions when it is stopped', async () => {
  const [opened, failed]: string[][] = [[], []]
  const { opener, partition } = openerOf(opened!, failed!)
  for (const name of ['a', 'b']) opener.add(partition(name))
  opener.stop()
  await new Promise(setImmediate)
  assert.deepEqual(opened, ['a'])
})
