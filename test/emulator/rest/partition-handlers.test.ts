import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textAt } from '../../../lib/xml.js'
import { TableCalls, twoRows, withEmulator } from '../emulator-client.js'
import { get, refused, runSql, xmlOf } from '../rest-calls.js'

describe('partitions', () => {
  test('one, its statistics, and lists', () =>
    withEmulator(async emulator => {
      await runSql(emulator, 'create table t (id bigint, name string) partitioned by (pt string, hh string)')
      for (const spec of ["pt='b',hh='1'", "pt='a',hh='1'", "pt='a',hh='2'"])
        await runSql(emulator, `alter table t add partition (${spec})`)
      await new TableCalls(emulator, undefined, 'pt=a,hh=2').upload([twoRows])
      const base = '/projects/p/tables/t'
      const one = async (query: string): Promise<Record<string, unknown>> =>
        JSON.parse(textAt(xmlOf(await get(emulator, `${base}?${query}`)), 'Schema') ?? '')
      const { partitionRecordNum, partitionSize, createTime } = await one("partition=pt%3D'a',hh%3D'2'")
      assert.deepEqual([partitionRecordNum, partitionSize], [2, 27])
      assert.equal(typeof createTime, 'number')
      assert.deepEqual(await one('extended&partition=pt=a,hh=2'), {
        IsArchived: false,
        IsExstore: false,
        LifeCycle: -1,
        PhysicalSize: 27,
        FileNum: 1,
        Reserved: '{}',
      })
      refused(await get(emulator, `${base}?partition=pt=c,hh=2`), 404, 'NoSuchPartition')
      refused(await get(emulator, `${base}?partition=pt=c`), 400, 'InvalidPartitionSpec')
      const list = async (query: string): Promise<(string | undefined)[]> =>
        xmlOf(await get(emulator, `${base}?partitions&expectmarker=true${query}`))
          .children.filter(child => child.name === 'Partition')
          .map(
            child =>
              textAt(child, 'Name') ?? child.children.flatMap(c => c.attributes['Value'] ?? []).join('/'),
          )
      assert.deepEqual(await list(''), ['a/1', 'a/2', 'b/1'])
      assert.deepEqual(await list("&partition=pt%3D'a'"), ['a/1', 'a/2'])
      assert.deepEqual(await list('&reverse&maxitems=1'), ['b/1'])
      assert.deepEqual(await list('&name='), ['pt=a/hh=1', 'pt=a/hh=2', 'pt=b/hh=1'])
      refused(await get(emulator, `${base}?partitions&partition=zz=1`), 400, 'InvalidPartitionSpec')
    }))
})
