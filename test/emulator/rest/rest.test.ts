import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Emulator } from '../../../lib/emulator/index.js'
import { readXml, textAt, type XmlElement } from '../../../lib/xml.js'
import { call, idAndName, jsonOf, type Reply, TableCalls, twoRows, withEmulator } from '../emulator-client.js'

const get = (emulator: Emulator, path: string): Promise<Reply> => call(emulator.endpoint, 'GET', path)

const xmlOf = (reply: Reply): XmlElement => {
  assert.match(reply.headers['content-type'] ?? '', /application\/xml/)
  return readXml(reply.body.toString())
}

const refused = (reply: Reply, status: number, code: string): void => {
  const error = xmlOf(reply)
  assert.equal(`${reply.status} ${textAt(error, 'Code')}`, `${status} ${code}`)
  assert.deepEqual(
    error.children.map(child => child.name),
    ['Code', 'Message', 'RequestId', 'HostId'],
  )
  assert.equal(textAt(error, 'RequestId'), reply.headers['x-odps-request-id'])
}

/** Runs SQL and gives the task's status and its result text. */
export const runSql = async (emulator: Emulator, sql: string, settings = '{}'): Promise<[string, string]> => {
  const id = await submit(emulator, sql, settings)
  const task = xmlOf(await get(emulator, `/projects/p/instances/${id}?result`)).children[0]!.children[0]!
  assert.equal(task.attributes['Type'], 'SQL')
  const result = task.children.find(child => child.name === 'Result')
  assert.equal(result?.attributes['Transform'], 'Base64')
  return [textAt(task, 'Status') ?? '', Buffer.from(result?.text ?? '', 'base64').toString()]
}

const submit = async (emulator: Emulator, sql: string, settings = '{}'): Promise<string> => {
  const body = Buffer.from(
    '<?xml version="1.0" encoding="utf-8"?><Instance><Job><Priority>9</Priority><Tasks><SQL><Name>MyTask</Name>' +
      `<Config><Property><Name>settings</Name><Value>${settings}</Value></Property></Config>` +
      `<Query><![CDATA[${sql.replaceAll(']]>', ']]]]><![CDATA[>')}]]></Query></SQL></Tasks><DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>`,
  )
  const headers = { 'Content-Type': 'application/xml' }
  const reply = await call(emulator.endpoint, 'POST', '/projects/p/instances?curr_project=p', {
    body,
    headers,
  })
  assert.deepEqual([reply.status, reply.body.length], [201, 0])
  const location = new URL(reply.headers['location'] ?? '')
  assert.equal(location.origin, emulator.tunnelEndpoint)
  return location.pathname.split('/').at(-1)!
}

describe('the service', () => {
  test('discovery is a host and port without scheme or newline', () =>
    withEmulator(async emulator => {
      for (const query of ['service', 'service=true&quotaName=q&curr_project=p']) {
        const reply = await get(emulator, `/projects/p/tunnel?${query}`)
        assert.deepEqual([reply.status, reply.body.toString()], [200, `127.0.0.1:${emulator.port}`])
        assert.match(reply.headers['content-type'] ?? '', /text\/plain/)
      }
      refused(await get(emulator, '/projects/q/tunnel?service'), 404, 'NoSuchProject')
    }))

  test('project, tenant, hosts, logs, authorization', () =>
    withEmulator(async emulator => {
      const project = await get(emulator, '/projects/p?properties=all')
      assert.equal(textAt(xmlOf(project), 'Name'), 'p')
      assert.equal(textAt(xmlOf(project), 'State'), 'AVAILABLE')
      for (const name of ['x-odps-owner', 'x-odps-creation-time', 'last-modified'])
        assert.ok(project.headers[name])
      const missing = await get(emulator, '/projects/q')
      refused(missing, 404, 'NoSuchProject')
      assert.match(missing.body.toString(), /not found/)
      const { Tenant } = jsonOf(await get(emulator, '/tenants'))
      assert.equal((Tenant as Record<string, unknown>)['TenantState'], 'NORMAL')
      assert.equal((await get(emulator, '/logview/host')).status, 200)
      assert.equal((await get(emulator, '/webconsole/host')).status, 200)
      assert.equal(
        (await call(emulator.endpoint, 'PUT', '/projects/p/logs', { body: Buffer.from('{}') })).status,
        200,
      )
      const authorize = (query: string, body: string): Promise<Reply> =>
        call(emulator.endpoint, 'POST', `/projects/p/authorization${query}`, { body: Buffer.from(body) })
      for (const body of ['', '{"policy":{},"expires_in_hours":168}'])
        assert.ok(textAt(xmlOf(await authorize('?sign_bearer_token', body)), 'Result'))
      for (const body of [
        '{',
        '[]x',
        '{"expires_in_hours":"a"}',
        '{"expires_in_hours":-1}',
        '{"expires_in_hours":1e9}',
      ])
        refused(await authorize('?sign_bearer_token', body), 400, 'InvalidArgument')
      const ask = (query: string): Promise<Reply> =>
        authorize(
          '',
          `<Authorization><Query>${query}</Query><ResponseInJsonFormat>true</ResponseInJsonFormat></Authorization>`,
        )
      for (const query of ['whoami', 'WHOAMI;', ' whoami '])
        assert.deepEqual(JSON.parse(textAt(xmlOf(await ask(query)), 'Result') ?? ''), {
          DisplayName: 'ALIYUN$emulator',
          ID: '1',
          ProjectName: 'p',
        })
      const grants = await ask('show grants')
      refused(grants, 400, 'InvalidArgument')
      assert.match(grants.body.toString(), /the emulator does not have the security statement 'show grants'/)
      for (const body of ['', '<Authorization/>', '<Query>whoami</Query>'])
        refused(await authorize('', body), 400, 'MalformedXML')
    }))

  test('what is not there is answered in the form of the service', () =>
    withEmulator(async emulator => {
      refused(await get(emulator, '/nothing'), 404, 'NoSuchObject')
      refused(await get(emulator, '/projects/p/tables/t'), 404, 'NoSuchObject')
      refused(await get(emulator, '/projects/p/tables/t?partition=a=1'), 404, 'NoSuchObject')
      refused(await get(emulator, '/projects/p/instances/nope'), 404, 'NoSuchObject')
      refused(await call(emulator.endpoint, 'DELETE', '/projects/p/tables/t'), 405, 'MethodNotAllowed')
      refused(await call(emulator.endpoint, 'POST', '/projects/p/tables?query'), 405, 'MethodNotAllowed')
      assert.equal((await get(emulator, '/projects/p/tables/t')).reason, 'Not Found')
    }))

  const absent: [method: string, path: string, status: number, word: RegExp][] = [
    ['GET', '/api/projects/p/functions/f', 404, /does not have functions/],
    ['GET', '/api/projects/p/functions', 405, /functions/],
    ['POST', '/api/projects/p/registration/functions', 405, /registered functions/],
    ['GET', '/api/projects/p/resources/r.jar', 404, /resources/],
    ['POST', '/api/projects/p/resources', 405, /resources/],
    ['GET', '/api/projects/p/schemas/s/resources/r.jar', 404, /resources/],
    ['GET', '/api/projects/p/volumes', 405, /volumes/],
    ['GET', '/api/projects/p/volumes/v', 404, /volumes/],
    ['GET', '/api/projects/p/xflows', 405, /XFlows/],
    ['GET', '/api/projects/p/offlinemodels', 405, /offline models/],
    ['GET', '/api/projects/p/security/policy', 404, /security settings/],
    ['GET', '/api/projects/p/users', 405, /users/],
    ['GET', '/api/projects', 405, /lists of projects/],
    ['GET', '/api/tenants/x', 404, /tenants/],
    ['GET', '/api/quotas/q', 404, /quotas/],
    ['GET', '/api/projects/p/unheard/of', 404, /nothing at \/projects\/p\/unheard\/of/],
    ['GET', '/api/projects/p/tables/t/odd', 404, /nothing at \/projects\/p\/tables\/t\/odd/],
    ['POST', '/projects/p/tables/t/streams', 405, /stream uploads/],
    ['PUT', '/projects/p/tables/t/upserts?upsertid=1', 405, /upserts/],
    ['POST', '/projects/p/volumes/v/uploads', 405, /volumes/],
    ['GET', '/projects/p/instances/i/odd', 404, /nothing at/],
    ['GET', '/', 404, /nothing at \//],
    [
      'POST',
      '/api/storage/v1/projects/p/schemas/default/tables/t/sessions?session_type=batch_read',
      405,
      /Storage API/,
    ],
    ['GET', '/api/storage/v1/projects/p/schemas/default/tables/t/data?session_id=x', 405, /Storage API/],
    ['POST', '/api/storage/v2?Action=TableRead&Target=projects.p.tables.t', 405, /Storage API/],
  ]
  for (const [method, path, status, word] of absent)
    test(`what the emulator lacks is named: ${method} ${path}`, async () => {
      const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
      for (const options of [{}, { credentials }])
        await withEmulator(async emulator => {
          const headers = { Date: new Date().toUTCString(), Authorization: 'ODPS id:AAAA' }
          const reply = await call(emulator.tunnelEndpoint, method, path, { headers })
          const isRest = path.startsWith('/api/') && !path.startsWith('/api/storage/')
          const message = isRest ? textAt(xmlOf(reply), 'Message') : jsonOf(reply)['Message']
          assert.match(String(message), word)
          assert.match(String(message), /emulator/)
          assert.equal(reply.status, status)
        }, options)
    })
})

describe('tables', () => {
  const schemaOf = (reply: Reply): Record<string, unknown> => JSON.parse(textAt(xmlOf(reply), 'Schema') ?? '')

  test('metadata', () =>
    withEmulator(async emulator => {
      await runSql(
        emulator,
        "create table T (ID bigint not null comment ']]>', b decimal(10) default 5, primary key (id)) comment 'c<&' partitioned by (pt string) lifecycle 7 tblproperties ('transactional'='true')",
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

describe('instances', () => {
  test('a job is over at once; its documents', () =>
    withEmulator(async emulator => {
      const id = await submit(emulator, 'create table t (a bigint);')
      const base = `/projects/p/instances/${id}`
      const status = await get(emulator, base)
      assert.equal(textAt(xmlOf(status), 'Status'), 'Terminated')
      for (const name of ['x-odps-owner', 'x-odps-start-time', 'x-odps-end-time'])
        assert.ok(status.headers[name])
      const tasks = xmlOf(await get(emulator, `${base}?taskstatus`))
      assert.equal(textAt(tasks, 'Tasks', 'Task', 'Name'), 'MyTask')
      assert.equal(textAt(tasks, 'Tasks', 'Task', 'Status'), 'Success')
      const source = xmlOf(await get(emulator, `${base}?source`))
      assert.equal(source.name, 'Job')
      assert.equal(textAt(source, 'Tasks', 'SQL', 'Name'), 'MyTask')
      assert.equal(textAt(source, 'Tasks', 'SQL', 'Query'), 'create table t (a bigint);')
      assert.equal(
        xmlOf(await get(emulator, `${base}?instanceprogress=MyTask&taskname=MyTask`)).name,
        'Progress',
      )
      assert.deepEqual(jsonOf(await get(emulator, `${base}?instancesummary&taskname=MyTask`)), {})
      const stop = (body: string): Promise<Reply> =>
        call(emulator.endpoint, 'PUT', base, { body: Buffer.from(body) })
      refused(await stop('<Instance><Status>Terminated</Status></Instance>'), 409, 'InvalidStateSetting')
      refused(await stop('<Instance><Status>Running</Status></Instance>'), 400, 'InvalidArgument')
      refused(await stop('<Instance/>'), 400, 'InvalidArgument')
      refused(await stop(''), 400, 'MalformedXML')
      assert.equal(xmlOf(await get(emulator, '/projects/p/instances?onlyowner=yes')).children.length, 3)
      const reply = await call(emulator.tunnelEndpoint, 'POST', `${base}?downloads`)
      assert.deepEqual([reply.status, jsonOf(reply)['Code']], [400, 'InstanceTypeNotSupported'])
    }))

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

  test('bodies that are no job', () =>
    withEmulator(async emulator => {
      for (const body of [
        '',
        '<Instance>',
        '<Instance/>',
        '<Instance><Job><Tasks/></Job></Instance>',
        '<Job/>',
      ])
        refused(
          await call(emulator.endpoint, 'POST', '/projects/p/instances', { body: Buffer.from(body) }),
          400,
          'MalformedXML',
        )
    }))

  test('a failed task tells the code that clients choose an error by', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
      const cases: [string, RegExp][] = [
        ['selec', /^ODPS-0130161:\[1,1\] Parse exception - /],
        ['select * from nope', /^ODPS-0130131:\[1,15\] Table not found - table p\.nope cannot be resolved$/],
        ['drop table nope', /^ODPS-0130131:/],
        ['create table t (a bigint)', /^ODPS-0130211:.*already/],
        ['create table u (a bigint, A string)', /^ODPS-0130071:.*'a' appears twice/],
        ['create table u (a bigint, primary key (b))', /^ODPS-0130071:.*b cannot be resolved/],
        ['create table q.u (a bigint)', /^ODPS-0110061:.*Project not found/],
        ["alter table t add partition (x='1')", /^ODPS-0130071:.*'x' is not a partition column/],
        ["alter table t drop partition (pt='1')", /^ODPS-0130241:/],
        ["truncate table t partition (pt='1')", /^ODPS-0130241:/],
        ['alter table t add columns (id bigint)', /^ODPS-0130071:.*'id' appears twice/],
        ['alter table t add columns (n bigint not null)', /^ODPS-0130071:.*NOT NULL/],
        [
          "select * from t where id='1'",
          /^ODPS-0130071:.*the emulator compares partition columns only, and id isn't one/,
        ],
        ['select zz from t', /^ODPS-0130071:.*zz cannot be resolved/],
      ]
      for (const [sql, message] of cases) {
        const [status, text] = await runSql(emulator, sql)
        assert.equal(status, 'Failed', sql)
        assert.match(text, message)
      }
      const id = await submit(emulator, 'selec')
      const reply = await call(emulator.tunnelEndpoint, 'POST', `/projects/p/instances/${id}?downloads`)
      assert.deepEqual([reply.status, jsonOf(reply)['Code']], [400, 'TaskFailed'])
    }))

  test('DDL does what it says', () =>
    withEmulator(async emulator => {
      const run = async (sql: string): Promise<void> =>
        assert.deepEqual(await runSql(emulator, sql), ['Success', ''])
      await run('create table t (id bigint, name string) partitioned by (pt string)')
      await run('create table if not exists t (other bigint)')
      await run(
        "alter table t add partition (pt='a'); alter table t add if not exists partition (pt='a') partition (pt='b')",
      )
      for (const partition of ['pt=a', 'pt=b'])
        await new TableCalls(emulator, undefined, partition).upload([twoRows])
      await run("truncate table t partition (pt='a')")
      assert.deepEqual([emulator.rowCount('t', 'pt=a'), emulator.rowCount('t')], [0, 2])
      await run("alter table t drop if exists partition (pt='zz'), partition (pt='a')")
      await run('alter table t add columns (more double)')
      await run('alter table t add columns if not exists (more double)')
      const { body } = await new TableCalls(emulator, undefined, 'pt=b').download('&columns=more,id')
      assert.ok(body.indexOf(Buffer.from('100280c0ff7f', 'hex')) === 0)
      await run('truncate table t')
      assert.equal(emulator.rowCount('t'), 0)
      await run('drop table t')
      await run('drop table if exists t')
      assert.equal(await emulator.dropTable('t'), false)
    }))

  test('two-part names mean a schema where the namespace has schemas', () =>
    withEmulator(async emulator => {
      await runSql(emulator, 'create table s1.t (a bigint)', '{"odps.namespace.schema": "true"}')
      await runSql(emulator, 'create table p.t (b bigint)')
      assert.equal(emulator.rowCount('s1.t'), 0)
      assert.match((await get(emulator, '/projects/p/schemas/s1/tables/t')).body.toString(), /"name":"a"/)
      assert.match((await get(emulator, '/projects/p/tables/t?curr_schema=s1')).body.toString(), /"name":"a"/)
      assert.match((await get(emulator, '/projects/p/tables/t')).body.toString(), /"name":"b"/)
    }))
})

describe('SELECT', () => {
  const withPartitions = (run: (emulator: Emulator) => Promise<void>): Promise<void> =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: idAndName,
        partitionColumns: { pt: 'string', hh: 'bigint' },
      })
      for (const partition of ['pt=a,hh=1', 'pt=a,hh=2', 'pt=b,hh=1'])
        await new TableCalls(emulator, undefined, partition).upload([twoRows], 'uploads=&create_partition=')
      await run(emulator)
    })

  const cases: [string, string][] = [
    ['select count(*) from t', '"_c0"\n6\n'],
    ["select count(*) as n from t where pt='a' and hh=2", '"n"\n2\n'],
    ["select count(*) from t where pt='zz'", '"_c0"\n0\n'],
    ["select * from t where pt='b'", '"id","name","pt","hh"\n1,"abc","b",1\n2,\\N,"b",1\n'],
    ['select hh, id as x from t limit 3', '"hh","x"\n1,1\n1,2\n2,1\n'],
  ]
  for (const [sql, csv] of cases)
    test(sql, () =>
      withPartitions(async emulator => assert.deepEqual(await runSql(emulator, sql), ['Success', csv])),
    )

  test('by the instance tunnel, of what was there when the query ran', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName })
      await new TableCalls(emulator).upload([twoRows])
      const id = await submit(emulator, 'select * from t')
      await new TableCalls(emulator).upload([], 'uploads=&overwrite=true')
      const path = `/projects/p/instances/${id}`
      const session = jsonOf(await call(emulator.tunnelEndpoint, 'POST', `${path}?downloads&quotaName=q`))
      assert.deepEqual([session['RecordCount'], session['QuotaName'], session['Status']], [2, 'q', 'normal'])
      const downloadId = String(session['DownloadID'])
      const again = jsonOf(await call(emulator.tunnelEndpoint, 'GET', `${path}?downloadid=${downloadId}`))
      assert.equal(again['DownloadID'], downloadId)
      const query = `downloadid=${downloadId}&rowrange=(0,2)&data=`
      assert.deepEqual((await call(emulator.tunnelEndpoint, 'GET', `${path}?${query}`)).body, twoRows)
      const other = await call(emulator.tunnelEndpoint, 'GET', `/projects/p/instances/nope?${query}`)
      assert.deepEqual([other.status, jsonOf(other)['Code']], [404, 'NoSuchObject'])
    }))
})
