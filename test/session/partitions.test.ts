import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { listPartitions, type PartitionInfo } from '../../lib/session/partitions.js'
import { type Answer, createClient, refuse, startServer, text } from '../http/scripted-server.js'

const name = { project: 'p', schemaName: 's', table: 't' }

describe('listPartitions', () => {
  const page = (marker: string, ...values: string[]): string => {
    const items = values.map(
      value =>
        `<Partition><Column Name="month" Value="${value}"/><Column Name="region" Value="a&amp;b"/><CreationTime>1735787045</CreationTime><PartitionSize>7</PartitionSize><PartitionRecordCount>-1</PartitionRecordCount></Partition>`,
    )
    return `<Partitions><Marker>${marker}</Marker><MaxItems>2</MaxItems>${items.join('')}</Partitions>`
  }

  const collect = async (list: AsyncIterable<PartitionInfo>): Promise<PartitionInfo[]> => {
    const all: PartitionInfo[] = []
    for await (const info of list) all.push(info)
    return all
  }

  test('asks page after page', async t => {
    const server = await startServer(t, [text(page('m1', '1', '2')), text(page('m2')), text(page('', '3'))])
    const prefix = [{ name: 'month', value: 'x' }]
    const all = await collect(listPartitions(createClient(t, server.url), name, prefix))
    assert.deepEqual(
      all.map(({ spec }) => spec[0]!.value),
      ['1', '2', '3'],
    )
    assert.deepEqual(all[0], {
      spec: [
        { name: 'month', value: '1' },
        { name: 'region', value: 'a&b' },
      ],
      createdAt: new Date(1735787045_000),
      modifiedAt: undefined,
      size: 7,
      recordCount: undefined,
    })
    assert.deepEqual(
      server.requests.map(({ query }) => query.get('marker')),
      [null, 'm1', 'm2'],
    )
    const { marker: _, ...query } = Object.fromEntries(server.requests[1]!.query)
    assert.deepEqual(query, {
      partitions: '',
      expectmarker: 'true',
      partition: "month='x'",
      curr_schema: 's',
      curr_project: 'p',
    })
  })

  test('asks only for the pages that are read', async t => {
    const server = await startServer(t, [text(page('m1', '1', '2'))])
    for await (const info of listPartitions(createClient(t, server.url), name)) {
      assert.equal(info.spec.length, 2)
      break
    }
    assert.equal(server.requests.length, 1)
  })

  test('does not go round in circles', async t => {
    const server = await startServer(t, [text(page('m1', '1'))])
    await assert.rejects(collect(listPartitions(createClient(t, server.url), name)), {
      code: 'ODPS_UNEXPECTED_ANSWER',
      message: /repeats its page marker/,
    })
    assert.equal(server.requests.length, 2)
  })

  test('gives a partition once that two pages have, in any case of its names', async t => {
    const again = page('', '2', '3').replaceAll('"month"', '"MONTH"')
    const server = await startServer(t, [text(page('m1', '1', '2', '2')), text(again)])
    const all = await collect(listPartitions(createClient(t, server.url), name))
    assert.deepEqual(
      all.map(({ spec }) => spec[0]!.value),
      ['1', '2', '3'],
    )
  })

  test('ends when the pages repeat under other markers, or in turns', async t => {
    let pages = 0
    const fresh: Answer = (_, response) => response.end(page(`m${pages++}`, '1'))
    const empty: Answer = (_, response) => response.end(page(`m${pages++}`))
    const turns: Answer = (_, response) => response.end(page(`m${pages++ % 3}`, String(pages)))
    for (const answer of [fresh, empty, turns]) {
      pages = 0
      const server = await startServer(t, [answer])
      await assert.rejects(collect(listPartitions(createClient(t, server.url), name)), {
        code: 'ODPS_UNEXPECTED_ANSWER',
        message: /repeats its page marker|no new partition in 21 pages/,
      })
      assert.ok(pages < 30)
    }
  })

  test('no partition at all, without a marker', async t => {
    const server = await startServer(t, [text('<Partitions/>')])
    assert.deepEqual(await collect(listPartitions(createClient(t, server.url), name)), [])
  })

  test('a partition without a name', async t => {
    const server = await startServer(t, [
      text('<Partitions><Partition><Column Value="1"/></Partition></Partitions>'),
    ])
    await assert.rejects(collect(listPartitions(createClient(t, server.url), name)), {
      code: 'ODPS_UNEXPECTED_ANSWER',
    })
  })

  test('a refusal', async t => {
    const server = await startServer(t, [refuse(403, 'NoPermission')])
    await assert.rejects(collect(listPartitions(createClient(t, server.url), name)), {
      code: 'ODPS_ACCESS_DENIED',
    })
  })
})
