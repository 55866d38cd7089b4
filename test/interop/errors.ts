import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startEmulator } from '../../lib/emulator/index.js'
import { Tunnel, TunnelError } from '../../lib/index.js'
import { ClientError } from './client-process.js'
import { type Client, type Context, credentials, project } from './context.js'
import { clientNames } from './install.js'
import { TamperingProxy } from './tampering-proxy.js'

const columns = [{ name: 'name', type: 'string' }]
const text = 'rows rows rows rows '.repeat(20)
const hours25 = 25 * 3600 * 1000

interface Scene {
  readonly context: Context
  readonly proxy: TamperingProxy
  /** A table with one row, one that is partitioned. */
  readonly table: string
  readonly partitioned: string
}

interface ErrorCheck {
  readonly run: (scene: Scene, client: Client) => Promise<unknown>
  readonly runOurs: (scene: Scene) => Promise<unknown>
  /** What a client tells: its class, the service's code, or its text. */
  readonly told: RegExp
  readonly code: string
}

const writeSome = async ({ tunnel }: Context, table: string, blockIds: readonly number[]) => {
  const session = await tunnel.createUploadSession({ table })
  for (const blockId of blockIds) await session.upload(blockId, [[text]], { compression: 'raw' })
  return session
}

const clientSession = async (client: Client, table: string, blockIds: readonly number[]): Promise<string> => {
  const sessionId = await client.createUpload({ table })
  for (const blockId of blockIds) await client.call('writeBlock', { sessionId, blockId, rows: [[text]] })
  return sessionId
}

/** Runs with a tunnel that damages what passes. */
const through = async <T>(
  { proxy }: Scene,
  damage: 'upload' | 'download',
  work: (endpoint: string) => Promise<T>,
): Promise<T> => {
  proxy.damage = damage
  try {
    return await work(proxy.endpoint)
  } finally {
    proxy.damage = 'none'
  }
}

const throughTunnel = async (
  scene: Scene,
  damage: 'upload' | 'download',
  work: (tunnel: Tunnel) => Promise<unknown>,
): Promise<unknown> =>
  through(scene, damage, async tunnelEndpoint => {
    const { endpoint } = scene.context.emulator
    const retry = { attempts: 2, minDelayMs: 0, maxDelayMs: 0 }
    const tunnel = new Tunnel({ endpoint, tunnelEndpoint, project, credentials, retry })
    return work(tunnel).finally(() => tunnel.close())
  })

/** An emulator of its own, whose clock goes on by 25 hours once the session is there. */
const withExpiredSession = async (
  work: (place: { endpoint: string }, later: () => void) => Promise<unknown>,
): Promise<unknown> => {
  let ahead = 0
  const emulator = await startEmulator({ projects: [project], clock: () => Date.now() + ahead })
  try {
    await emulator.createTable({ name: 't', project, columns })
    return await work({ endpoint: emulator.endpoint }, () => {
      ahead = hours25
    })
  } finally {
    await emulator.close()
  }
}

const checks: Readonly<Record<string, ErrorCheck>> = {
  'upload to a missing table': {
    run: (_scene, client) => client.createUpload({ table: 'missing' }),
    runOurs: ({ context }) => context.tunnel.createUploadSession({ table: 'missing' }),
    told: /NoSuchTable/,
    code: 'ODPS_NO_SUCH_TABLE',
  },
  'download of a missing table': {
    run: (_scene, client) => client.read({ table: 'missing' }),
    runOurs: ({ context }) => context.tunnel.createDownloadSession({ table: 'missing' }),
    told: /NoSuchTable/,
    code: 'ODPS_NO_SUCH_TABLE',
  },
  'description of a missing table': {
    run: (_scene, client) => client.call('describeTable', { table: 'missing' }),
    runOurs: ({ context }) => context.tunnel.getTable('missing'),
    told: /NoSuchObject|NoSuchTable/,
    code: 'ODPS_NO_SUCH_TABLE',
  },
  'missing project': {
    run: ({ table }, client) => client.at({ project: 'elsewhere' }).createUpload({ table }),
    runOurs: ({ context, table }) =>
      context.tunnel.createUploadSession({ table: `elsewhere.default.${table}` }),
    told: /NoSuchProject|Project not found|project/i,
    code: 'ODPS_NO_SUCH_PROJECT',
  },
  'missing partition': {
    run: ({ partitioned }, client) => client.createUpload({ table: partitioned, partition: 'p=missing' }),
    runOurs: ({ context, partitioned }) =>
      context.tunnel.createUploadSession({ table: partitioned, partitionSpec: 'p=missing' }),
    told: /NoSuchPartition/,
    code: 'ODPS_NO_SUCH_PARTITION',
  },
  'missing partition spec': {
    run: ({ partitioned }, client) => client.createUpload({ table: partitioned }),
    runOurs: ({ context, partitioned }) => context.tunnel.createUploadSession({ table: partitioned }),
    told: /InvalidPartition|MissingPartition|InvalidArgument|partition/i,
    code: 'ODPS_',
  },
  'bad block id': {
    run: async ({ table }, client) => {
      const sessionId = await client.createUpload({ table })
      await client.call('writeBlock', { sessionId, blockId: 20_000, rows: [['x']] })
    },
    runOurs: async ({ context, table }) =>
      (await context.tunnel.createUploadSession({ table })).upload(20_000, [['x']]),
    told: /InvalidBlockID/,
    code: 'ODPS_INVALID_OPTION',
  },
  'commit with a block too many': {
    run: async ({ table }, client) =>
      client.call('commitUpload', {
        sessionId: await clientSession(client, table, [0, 1]),
        blockIds: [0, 1, 2],
      }),
    runOurs: async ({ context, table }) => (await writeSome(context, table, [0, 1])).commit([0, 1, 2]),
    told: /block/i,
    code: 'ODPS_BLOCK_LIST_MISMATCH',
  },
  'commit with a block too few': {
    run: async ({ table }, client) =>
      client.call('commitUpload', { sessionId: await clientSession(client, table, [0, 1]), blockIds: [0] }),
    runOurs: async ({ context, table }) => (await writeSome(context, table, [0, 1])).commit([0]),
    told: /block/i,
    code: 'ODPS_BLOCK_LIST_MISMATCH',
  },
  'block damaged in transit': {
    run: (scene, client) =>
      through(scene, 'upload', tunnelEndpoint =>
        clientSession(client.at({ tunnelEndpoint }), scene.table, [0]),
      ),
    runOurs: scene =>
      throughTunnel(scene, 'upload', async tunnel =>
        (await tunnel.createUploadSession({ table: scene.table })).upload(0, [[text]], {
          compression: 'raw',
        }),
      ),
    told: /CorruptedDataStream|MalformedDataStream|Malformed|Corrupted/,
    code: 'ODPS_BLOCK_REFUSED',
  },
  'rows damaged in transit': {
    run: (scene, client) =>
      through(scene, 'download', tunnelEndpoint =>
        client.at({ tunnelEndpoint }).read({ table: scene.table }),
      ),
    runOurs: scene =>
      throughTunnel(scene, 'download', async tunnel => {
        const session = await tunnel.createDownloadSession({ table: scene.table })
        return session.download(0, 1, { compression: 'raw' })
      }),
    told: /checksum|crc/i,
    code: 'ODPS_CHECKSUM_MISMATCH',
  },
  'unknown upload session': {
    run: ({ table }, client) => client.createUpload({ table, sessionId: 'unknown' }),
    runOurs: ({ context, table }) => context.tunnel.openUploadSession({ table, sessionId: 'unknown' }),
    told: /NoSuchUpload/,
    code: 'ODPS_NO_SUCH_SESSION',
  },
  'unknown download session': {
    run: ({ table }, client) => client.call('createDownload', { table, sessionId: 'unknown' }),
    runOurs: ({ context, table }) => context.tunnel.openDownloadSession({ table, sessionId: 'unknown' }),
    told: /NoSuchDownload/,
    code: 'ODPS_NO_SUCH_SESSION',
  },
  'expired upload session': {
    run: (_scene, client) =>
      withExpiredSession(async (place, later) => {
        const sessionId = await clientSession(client.at(place), 't', [0])
        later()
        await client.call('commitUpload', { sessionId, blockIds: [0] })
      }),
    runOurs: () =>
      withExpiredSession(async ({ endpoint }, later) => {
        const tunnel = new Tunnel({ endpoint, project, credentials })
        const session = await tunnel.createUploadSession({ table: 't' })
        await session.upload(0, [['x']])
        later()
        return session.commit().finally(() => tunnel.close())
      }),
    told: /NoSuchUpload|expired/i,
    code: 'ODPS_NO_SUCH_SESSION',
  },
  'expired download session': {
    run: (_scene, client) =>
      withExpiredSession(async (place, later) => {
        const at = client.at(place)
        const { sessionId } = await at.call<{ sessionId: string }>('createDownload', { table: 't' })
        later()
        await at.call('read', { sessionId, count: 1 })
      }),
    runOurs: () =>
      withExpiredSession(async ({ endpoint }, later) => {
        const tunnel = new Tunnel({ endpoint, project, credentials })
        const session = await tunnel.createDownloadSession({ table: 't' })
        later()
        return session.load().finally(() => tunnel.close())
      }),
    told: /NoSuchDownload|expired/i,
    code: 'ODPS_NO_SUCH_SESSION',
  },
  'first row past the end': {
    run: ({ table }, client) => client.read({ table, start: 1000, count: 1 }),
    runOurs: async ({ context, table }) =>
      (await context.tunnel.createDownloadSession({ table })).download(1000, 1),
    told: /InvalidRowRange/,
    code: 'ODPS_INVALID_RANGE',
  },
  'invalid SQL': {
    run: (_scene, client) => client.call('sql', { query: 'selec 1;' }),
    runOurs: async () => undefined,
    told: /ParseError|ODPS-0130161/,
    code: '',
  },
  'wrong secret': {
    run: ({ table }, client) => client.at({ accessKeySecret: 'wrong' }).createUpload({ table }),
    runOurs: async ({ context, table }) => {
      const keys = { ...credentials, accessKeySecret: 'wrong' }
      const tunnel = new Tunnel({ endpoint: context.emulator.endpoint, project, credentials: keys })
      return tunnel.createUploadSession({ table }).finally(() => tunnel.close())
    },
    told: /SignatureNotMatch|Unauthorized/,
    code: 'ODPS_UNAUTHORIZED',
  },
}

/** `NoSuchTable`, `TunnelException (NoSuchTable)`. */
const tell = ({ kind, code }: ClientError): string =>
  code === null || code === '' || code === kind ? kind : `${kind} (${code})`

export const testErrors = (context: () => Context): void => {
  describe('errors', () => {
    let scene: Scene
    before(async () => {
      const table = await context().createTable(columns)
      const partitioned = await context().createTable(columns, {
        partitionColumns: [{ name: 'p', type: 'string' }],
      })
      await context().write({ table }, columns, [[text]])
      const proxy = await TamperingProxy.start(context().emulator.tunnelEndpoint)
      scene = { context: context(), proxy, table, partitioned }
    })
    after(() => scene.proxy.close())
    for (const [feature, check] of Object.entries(checks)) {
      for (const name of clientNames)
        test(`${name}: ${feature}`, async t => {
          const client = context().clients.find(each => each.name === name)
          if (client === undefined) {
            t.skip('not installed')
            return
          }
          const error = await failureOf(check.run(scene, client))
          assert.ok(error instanceof ClientError, String(error))
          context().report.set('Errors', feature, name, tell(error))
          assert.match(`${error.kind} ${error.code} ${error.message}`, check.told)
        })
      if (check.code !== '') test(`ours: ${feature}`, () => testOurs(scene, feature, check))
    }
  })
}

const testOurs = async (scene: Scene, feature: string, { runOurs, code }: ErrorCheck): Promise<void> => {
  const error = await failureOf(runOurs(scene))
  assert.ok(error instanceof TunnelError, String(error))
  scene.context.report.set('Errors', feature, 'ours', error.code)
  assert.ok(error.code.startsWith(code), `${error.code}: ${error.message}`)
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error
  }
  return undefined
}
