import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textAt } from '../../../lib/xml.js'
import { idAndName, type Reply, TableCalls, twoRows, withEmulator } from '../emulator-client.js'
import { get, refused, runSql, xmlOf } from '../rest-calls.js'

describe('tables', () => {
  const schemaOf = (reply: Reply): Record<string, unknown> => JSON.parse(textAt(xmlOf(reply), 'Schema') ?? '')

  test('metadata', () =>
    withEmulator(async emulator => {
      await runSql(
        emulator,
        "create table T (ID bigint not null comment ']]>', b decimal(10) default 5, primary key (id)) comment 'c<&' partitioned by (pt string) lifecycle 7 tblproperties ('transactional'='TRUE', 'acid.data.retain.hours'='48')",
      )
      const reply = await get(emulator, '/projects/p/tables/t?extended')
      const table = xmlOf(reply)
      assert.deepEqual(
        [textAt(table, 'Name'), textAt(table, 'Comment'), textAt(table, 'Type')],
        ['t', 'c<&', 'MANAGED_TABLE'],
      )
      assert.ok(!Number.isNaN(Date.parse(textAt(table, 'CreationTime') ?? '')))
      const schema = schemaOf(reply)
      assert.deepEqual(schema['columns'], [
        { name: 'id', type: 'bigint', comment: ']]>', label: '', isNullable: false, hasDefaultValue: false },
        {
          name: 'b',
          type: 'decimal(10,0)',
          comment: '',
          label: '',
          isNullable: true,
          hasDefaultValue: true,
          defaultValue: '5',
        },
      ])
      assert.deepEqual(
        (schema['partitionKeys'] as { name: string }[]).map(column => column.name),
        ['pt'],
      )
      assert.deepEqual([schema['lifecycle'], schema['recordNum'], schema['isVirtualView']], [7, 0, false])
      assert.deepEqual(JSON.parse(String(schema['Reserved'])), {
        schema_version: '0',
        Transactional: 'true',
        PrimaryKey: ['id'],
        'acid.data.retain.hours': '48',
      })
      assert.equal('Reserved' in schemaOf(await get(emulator, '/projects/p/tables/t')), false)
    }))

  test('lists, by prefix and by pages', () =>
    withEmulator(async emulator => {
      for (const name of ['b1', 'a2', 'a1', 'a3', 's.x'])
        await emulator.createTable({ name, columns: idAndName })
      const list = async (query: string): Promise<[string[], string | undefined]> => {
        const root = xmlOf(await get(emulator, `/projects/p/tables?expectmarker=true${query}`))
        const names = root.children
          .filter(child => child.name === 'Table')
          .map(child => textAt(child, 'Name') ?? '')
        return [names, textAt(root, 'Marker')]
      }
      assert.deepEqual(await list(''), [['a1', 'a2', 'a3', 'b1'], ''])
      assert.deepEqual(await list('&name=A'), [['a1', 'a2', 'a3'], ''])
      const [first, marker] = await list('&maxitems=3')
      assert.deepEqual([first.length, (await list(`&maxitems=3&marker=${marker}`))[0]], [3, ['b1']])
      assert.deepEqual(await list('&curr_schema=s'), [['x'], ''])
      for (const type of ['managed_table', 'MANAGED_TABLE', ''])
        assert.deepEqual((await list(`&type=${type}`))[0].length, 4)
      for (const type of ['virtual_view', 'EXTERNAL_TABLE', 'materialized_view'])
        assert.deepEqual(await list(`&type=${type}`), [[], ''])
      refused(await get(emulator, '/projects/p/tables?type=view'), 400, 'InvalidArgument')
      assert.deepEqual((await list('&owner=ALIYUN$emulator'))[0].length, 4)
      assert.deepEqual(await list('&owner=ALIYUN$other'), [[], ''])
      refused(await get(emulator, '/projects/p/tables?maxitems=x'), 400, 'InvalidArgument')
    }))

  test('head', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
      await new TableCalls(emulator, undefined, 'pt=a').upload([twoRows], 'uploads=&create_partition=true')
      await new TableCalls(emulator, undefined, 'pt=b').upload([twoRows], 'uploads=&create_partition=true')
      const head = async (query: string): Promise<string> =>
        (await get(emulator, `/projects/p/tables/t?data&${query}`)).body.toString()
      assert.equal(await head('linenum=1'), '"id","name","pt"\n1,"abc","a"\n')
      assert.equal(await head("linenum=9&partition=pt='b'"), '"id","name","pt"\n1,"abc","b"\n2,\\N,"b"\n')
      assert.equal(await head('linenum=3&cols=name,id'), '"name","id"\n"abc",1\n\\N,2\n"abc",1\n')
      refused(await get(emulator, '/projects/p/tables/t?data&cols=zz'), 400, 'InvalidColumnSpec')
      refused(await get(emulator, '/projects/p/tables/t?data&linenum=x'), 400, 'InvalidArgument')
    }))
})
