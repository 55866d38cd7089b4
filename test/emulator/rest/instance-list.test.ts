import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textAt } from '../../../lib/xml.js'
import { withEmulator } from '../emulator-client.js'
import { get, refused, submit, xmlOf } from '../rest-calls.js'

describe('instances', () => {
  test('lists, by status, time and pages', async () => {
    let now = 1_700_000_000_000
    await withEmulator(
      async emulator => {
        const ids: string[] = []
        for (let i = 0; i < 3; i++) {
          ids.push(await submit(emulator, 'drop table if exists t'))
          now += 10_000
        }
        const list = async (query: string): Promise<[string[], string | undefined]> => {
          const root = xmlOf(await get(emulator, `/projects/p/instances?${query}`))
          const found = root.children.filter(child => child.name === 'Instance')
          return [found.map(child => textAt(child, 'Name') ?? ''), textAt(root, 'Marker')]
        }
        assert.deepEqual(await list(''), [ids, ''])
        for (const status of ['Terminated', 'TERMINATED', 'terminated', ''])
          assert.deepEqual(await list(`status=${status}`), [ids, ''])
        for (const status of ['Running', 'SUSPENDED'])
          assert.deepEqual(await list(`status=${status}`), [[], ''])
        refused(await get(emulator, '/projects/p/instances?status=Sleeping'), 400, 'InvalidArgument')
        assert.deepEqual((await list('daterange=1700000010:1700000010'))[0], [ids[1]])
        assert.deepEqual((await list('daterange=1700000005:'))[0], [ids[1], ids[2]])
        assert.deepEqual((await list('daterange=:1700000005'))[0], [ids[0]])
        refused(await get(emulator, '/projects/p/instances?daterange=yesterday'), 400, 'InvalidArgument')
        const [first, marker] = await list('maxitems=2')
        assert.deepEqual(
          [first, await list(`maxitems=2&marker=${marker}`)],
          [
            [ids[0], ids[1]],
            [[ids[2]], ''],
          ],
        )
      },
      { clock: () => now },
    )
  })
})
