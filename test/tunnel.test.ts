import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { startEmulator } from '../lib/emulator/index.js'
import type { TunnelErrorCode } from '../lib/errors.js'
import { createDownloadStream, createUploadStream, Tunnel, upload } from '../lib/index.js'
import { type BlockProof, blockProof, type WithBlockProof } from '../lib/internal-options.js'
import { emulatedTable, fillTable, readTable, rowsUpTo } from './session/emulated-table.js'

const connection = {
  endpoint: 'http://127.0.0.1:1/api',
  project: 'p',
  credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
}
const tunnel = new Tunnel(connection)

const cleanEnvironment = (): (() => void) => {
  const saved = { ...process.env }
  for (const key of Object.keys(process.env))
    if (/^(ODPS|MAXCOMPUTE|ALIBABA_CLOUD)_/.test(key)) delete process.env[key]
  return () => {
    process.env = saved
  }
}

describe('options are checked before any I/O', () => {
  const wrong = (code: TunnelErrorCode, message: RegExp, call: () => unknown): void =>
    assert.throws(call, { code, message })
  const upload = (options: object) => () => tunnel.createUploadStream({ table: 't', ...options })
  const download = (options: object) => () => tunnel.createDownloadStream({ table: 't', ...options })

  test('unknown keys name the nearest known one', () => {
    wrong('ODPS_UNKNOWN_OPTION', /concurency; did you mean concurrency\?/, upload({ concurency: 2 }))
    wrong('ODPS_UNKNOWN_OPTION', /colums; did you mean columns\?/, download({ colums: ['a'] }))
    wrong(
      'ODPS_UNKNOWN_OPTION',
      /endpont; did you mean endpoint\?/,
      () => new Tunnel({ endpont: 'x' } as object),
    )
  })

  test('values of a wrong type or out of range', () => {
    wrong(
      'ODPS_INVALID_OPTION',
      /concurrency must be a whole number from 1 to 64, got 0/,
      upload({ concurrency: 0 }),
    )
    wrong('ODPS_INVALID_OPTION', /compression must be 'raw' or/, upload({ compression: 'gzip' }))
    wrong('ODPS_INVALID_OPTION', /start must be a whole number/, download({ start: -1 }))
    wrong('ODPS_INVALID_OPTION', /rowShape must be/, download({ rowShape: 'map' }))
    wrong('ODPS_INVALID_OPTION', /signal must be an instance of AbortSignal/, download({ signal: {} }))
    wrong('ODPS_INVALID_OPTION', /attempts/, () => new Tunnel({ ...connection, retry: { attempts: 0 } }))
  })

  test('table names', () => {
    wrong('ODPS_INVALID_TABLE_NAME', /more than three parts/, upload({ table: 'a.b.c.d' }))
    wrong('ODPS_INVALID_TABLE_NAME', /not a valid name/, upload({ table: 'a/../b' }))
    wrong('ODPS_INVALID_TABLE_NAME', /option project is 'q'/, upload({ table: 'p.s.t', project: 'q' }))
    wrong('ODPS_INVALID_TABLE_NAME', /table must be text/, upload({ table: undefined }))
  })

  test('partition specs', () => {
    wrong('ODPS_INVALID_PARTITION_SPEC', /has no '='/, upload({ partitionSpec: 'month' }))
    wrong('ODPS_INVALID_PARTITION_SPEC', /contains \//, upload({ partitionSpec: { month: '1/2' } }))
    wrong('ODPS_INVALID_PARTITION_SPEC', /twice/, download({ partitionSpec: 'a=1,A=2' }))
  })

  test('columns', () => {
    wrong('ODPS_INVALID_COLUMNS', /empty/, download({ columns: [] }))
    wrong('ODPS_INVALID_COLUMNS', /'A' twice/, download({ columns: ['a', 'A'] }))
  })

  test('contradictions', () => {
    wrong('ODPS_INVALID_OPTION', /resume needs the sessionId/, upload({ resume: true }))
    wrong('ODPS_INVALID_OPTION', /snappy has no levels/, upload({ compressionLevel: 3 }))
    for (const level of [0, 23])
      wrong(
        'ODPS_INVALID_OPTION',
        /compressionLevel/,
        upload({ compression: 'zstd', compressionLevel: level }),
      )
    const deflate = upload({ compression: 'deflate', compressionLevel: 10 })
    wrong('ODPS_INVALID_OPTION', /must be at most 9 with deflate/, deflate)
    wrong('ODPS_INVALID_OPTION', /overwrite is set when/, upload({ sessionId: 'x', overwrite: true }))
    wrong(
      'ODPS_INVALID_OPTION',
      /createPartition is set when/,
      upload({ sessionId: 'x', createPartition: true }),
    )
    wrong(
      'ODPS_INVALID_OPTION',
      /beyond the last block id/,
      upload({ blockIds: { start: 19_999, count: 2 } }),
    )
    wrong(
      'ODPS_INVALID_OPTION',
      /partitionColumns needs a partitionSpec/,
      download({ partitionColumns: true }),
    )
  })

  test('missing endpoint, project and credentials', () => {
    const restore = cleanEnvironment()
    try {
      const { endpoint, project, credentials } = connection
      const start = (options: object) => () => createUploadStream({ table: 't', ...options })
      wrong('ODPS_MISSING_ENDPOINT', /ODPS_ENDPOINT/, start({ project, credentials }))
      wrong('ODPS_MISSING_PROJECT', /ODPS_PROJECT/, start({ endpoint, credentials }))
      wrong('ODPS_MISSING_CREDENTIALS', /ALIBABA_CLOUD_ACCESS_KEY_ID/, start({ endpoint, project }))
    } finally {
      restore()
    }
  })

  test('connection options next to a tunnel', () => {
    const options = { table: 't', tunnel, endpoint: 'http://x/api' }
    wrong('ODPS_INVALID_OPTION', /endpoint is an option of the Tunnel/, () => createDownloadStream(options))
  })

  test('a tunnel that is none, or of another version', () => {
    const other = Object.create(null, { [Symbol.for('odps-tunnel 0.0.0 connection')]: { value: {} } })
    for (const tunnel of ['t', null, {}, other])
      wrong('ODPS_INVALID_OPTION', /createDownloadStream: tunnel must be a Tunnel of odps-tunnel \d/, () =>
        createDownloadStream({ table: 't', tunnel }),
      )
  })

  test('a tunnel that is inspected shows nothing of its connection', () => {
    assert.equal(inspect(tunnel, { depth: 9 }), 'Tunnel {}')
  })

  test('the caller’s object is not written', () => {
    const options = Object.freeze({
      table: 't',
      partitionSpec: Object.freeze({ a: 1 }),
      columns: Object.freeze(['a']),
    })
    const { partitionSpec, table } = options
    tunnel
      .createUploadStream({ table, partitionSpec })
      .on('error', () => {})
      .destroy()
    tunnel
      .createDownloadStream(options)
      .on('error', () => {})
      .destroy()
  })
})

describe('a stream that connects by itself', () => {
  test('takes everything from the environment, and closes its connections', async () => {
    const credentials = { accessKeyId: 'env-id', accessKeySecret: 'env-secret' }
    const emulator = await startEmulator({ credentials, projects: ['p'] })
    await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const restore = cleanEnvironment()
    Object.assign(process.env, {
      ODPS_ENDPOINT: emulator.endpoint,
      ODPS_PROJECT: 'p',
      ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    })
    try {
      await pipeline([[1n], [2n]], createUploadStream({ table: 't' }))
      const download = createDownloadStream({ table: 't', bigint: 'number' })
      const rows: unknown[] = []
      for await (const row of download) rows.push(row)
      assert.deepEqual(rows, [[1], [2]])
    } finally {
      restore()
      await emulator.close()
    }
  })

  test('an unreachable endpoint says where and what to check', async () => {
    const retry = { attempts: 2, minDelayMs: 0, maxDelayMs: 0 }
    const upload = createUploadStream({ table: 't', ...connection, retry })
    await assert.rejects(pipeline([[1n]], upload), { code: 'ODPS_CONNECT_FAILED', message: /127\.0\.0\.1:1/ })
  })
})

test('a top-level function with a tunnel keeps the options whose keys are symbols', async context => {
  const table = await emulatedTable(context)
  const sent: number[] = []
  const proof: BlockProof = {
    former: new Map(),
    onSent: blockId => void sent.push(blockId),
    beforeCommit: async () => {},
    differs: () => new Error(),
  }
  const options: WithBlockProof = { [blockProof]: proof }
  await upload({ tunnel: table.tunnel, table: 't', ...options }, rowsUpTo(3))
  assert.deepEqual(sent, [0])
})

describe('sessions', () => {
  test('the JSON of a session is what another process attaches with', async context => {
    const table = await emulatedTable(context)
    const session = await table.tunnel.createUploadSession({ table: 't' })
    const json = JSON.parse(JSON.stringify(session))
    const attached = await table.tunnel.openUploadSession(json)
    await attached.upload(7, rowsUpTo(3))
    const worker = createUploadStream({
      ...json,
      tunnel: table.tunnel,
      commit: false,
      blockIds: { start: 8, count: 1 },
    })
    worker.end([9n, 'nine'])
    await once(worker, 'finish')
    assert.deepEqual(
      (await session.load()).blocks.map(block => block.blockId),
      [7, 8],
    )
    await attached.commit()
    assert.deepEqual(await readTable(table), [...rowsUpTo(3), [9n, 'nine']])
    const download = await table.tunnel.createDownloadSession({ table: 't' })
    const again = await table.tunnel.openDownloadSession(JSON.parse(JSON.stringify(download)))
    assert.equal(again.recordCount, 4)
  })

  test('getTable tells the schema before a stream', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 5)
    const { schema, recordCount } = await table.tunnel.getTable('t')
    assert.deepEqual(
      schema.columns.map(({ name, type }) => [name, type.kind]),
      [
        ['id', 'bigint'],
        ['name', 'string'],
      ],
    )
    assert.equal(recordCount, 5)
    await assert.rejects(table.tunnel.getTable('nope'), { code: 'ODPS_NO_SUCH_TABLE' })
  })
})
