/* Checked by `npm run types`: rows are typed by the schema that is given. */
import { ReadableStream } from 'node:stream/web'
import {
  createDownloadStream,
  createUploadStream,
  type DownloadSession,
  defineSchema,
  download as downloadRows,
  execute,
  query as queryRows,
  type RowBatches,
  readBatches,
  type Tunnel,
  upload as uploadRows,
} from '../../lib/index.js'

declare const tunnel: Tunnel

const pairs = defineSchema([
  ['id', 'bigint not null'],
  ['name', 'string'],
])

export const download = async (): Promise<void> => {
  for await (const row of tunnel.createDownloadStream({ table: 't', schema: pairs }).rows()) {
    const [id, name]: [bigint, string | null] = row
    void [id, name]
  }
  for await (const row of tunnel
    .createDownloadStream({ table: 't', schema: pairs, bigint: 'number' })
    .rows()) {
    const id: number = row[0]
    void id
  }
  for await (const row of createDownloadStream({
    table: 't',
    schema: pairs,
    rowShape: 'object',
    tunnel,
  }).rows()) {
    const { id, name }: { id: bigint; name: string | null } = row
    void [id, name]
    // @ts-expect-error no such column
    void row.nme
  }
  for await (const rows of tunnel.readBatches({ table: 't', schema: pairs })) {
    const first: [bigint, string | null] | undefined = rows[0]
    void first
  }
  for await (const row of tunnel.createDownloadStream({ table: 't' }).rows()) {
    const cells: unknown[] = row
    void cells
  }
  for await (const row of tunnel.createDownloadStream({ table: 't', rowShape: 'object' }).rows()) {
    const object: Record<string, unknown> = row
    void object
  }
}

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : ['differ', A, B]
const isExactly = <Row, Expected>(_row: Row, _same: Equal<Row, Expected>): void => {}

/** Columns that are written down in the call type the rows; of others the cells are unknown. */
export const chosenColumns = async (
  names: string[],
  either: 'id' | 'name',
  maybe: ['id'] | undefined,
): Promise<void> => {
  const byName = defineSchema({ Id: 'bigint not null', name: 'string', total: 'decimal(10,2)' })
  const read = { table: 't', schema: pairs } as const
  const objects = { table: 't', schema: byName, rowShape: 'object' } as const

  for await (const row of tunnel.createDownloadStream({ ...read, columns: ['NAME', 'id'] }).rows())
    isExactly<typeof row, [string | null, bigint]>(row, true)
  for await (const row of createDownloadStream({ ...objects, columns: ['total', 'id'], tunnel }).rows())
    isExactly<typeof row, { total: string | null; Id: bigint }>(row, true)
  for await (const rows of tunnel.readBatches({
    table: 't',
    schema: byName,
    columns: ['total', 'ID'],
    bigint: 'number',
  }))
    isExactly<typeof rows, [string | null, number][]>(rows, true)
  const [row] = await tunnel.query({ sql: 'SELECT * FROM t', schema: pairs, columns: ['id'] })
  isExactly<typeof row, [bigint] | undefined>(row, true)
  const [pair] = await tunnel.download({ ...read, schema: pairs, columns: undefined })
  isExactly<typeof pair, [bigint, string | null] | undefined>(pair, true)

  const unknown = [
    await tunnel.download({ ...read, columns: names }),
    await tunnel.download({ ...read, columns: maybe }),
    await tunnel.download({ ...read, columns: ['id', either] }),
    await tunnel.download({ ...read, columns: ['nme'] }),
    await tunnel.download({ ...read, columns: ['id'], partitionColumns: true }),
    await tunnel.download({ ...read, columns: ['id'], parsers: { id: String } }),
    await tunnel.download({ table: 't', columns: ['id'] }),
  ] as const
  for (const rows of unknown) isExactly<typeof rows, unknown[][]>(rows, true)
}

export const told = (): void => {
  const stream = tunnel.createDownloadStream({ table: 't', schema: pairs })
  stream
    .on('session', session => void session.recordCount)
    .on('progress', stats => void (stats.rows + stats.totalRows))
    .on('data', ([id, name]) => {
      const cells: [bigint, string | null] = [id, name]
      void cells
    })
    .on('error', error => void error.message)
    .once('end', () => {})
  // @ts-expect-error progress is told by counters
  stream.on('progress', (text: string) => void text)
  // @ts-expect-error the rows are not these
  stream.on('data', (row: { id: bigint }) => void row)
}

export const batches = async (): Promise<void> => {
  const batches: RowBatches<[bigint, string | null]> = tunnel.readBatches({ table: 't', schema: pairs })
  const generator: AsyncGenerator<[bigint, string | null][], void, undefined> = batches
  void generator
  batches.on('session', session => void session.sessionId).once('progress', stats => void stats.wireBytes)
  // @ts-expect-error the iteration throws; there is no such event
  batches.on('error', () => {})
  const session: DownloadSession | undefined = batches.session
  void [session, batches.stats.rows]
  for await (const rows of readBatches({ table: 't', schema: pairs, rowShape: 'object', tunnel })) {
    const name: string | null | undefined = rows[0]?.name
    void name
  }
}

export const queries = async (): Promise<void> => {
  const stream = tunnel.createQueryStream({ sql: 'SELECT 1', schema: pairs, rowShape: 'object' })
  stream
    .on('instance', ({ instanceId }) => void instanceId)
    .on('progress', ({ query }) => void query?.progress)
  for await (const row of stream.rows()) {
    const { id, name }: { id: bigint; name: string | null } = row
    void [id, name]
  }
  const [first] = await queryRows({ tunnel, sql: 'SELECT 1' })
  const cells: unknown[] | undefined = first
  const [pair] = await tunnel.download({ instanceId: 'i', schema: pairs })
  const id: bigint = pair![0]
  const { text }: { text: string } = await execute({ tunnel, sql: 'DROP TABLE t' })
  void [cells, id, text]
  // @ts-expect-error a result has no partitions
  tunnel.createDownloadStream({ instanceId: 'i', partitions: 'all' })
  // @ts-expect-error either a table or a result
  tunnel.createDownloadStream({ instanceId: 'i', table: 't' })
  // @ts-expect-error statements without rows have none to read in objects
  tunnel.execute({ sql: 'DROP TABLE t', rowShape: 'object' })
}

export const upload = async (): Promise<void> => {
  const stream = createUploadStream({ table: 't', schema: pairs, tunnel })
  await stream.writeBatch([[1n, 'a'], { id: 2n, name: null }])
  await stream.writeAll([[1n, 'a']])
  // @ts-expect-error a boolean is no bigint
  await stream.writeBatch([[true, 'a']])
  // @ts-expect-error id is missing
  await stream.writeAll([{ name: 'a' }])
  const untyped = tunnel.createUploadStream({ table: 't' })
  await untyped.writeBatch([[1n, 'a'], { id: 1n }])
  // @ts-expect-error no such option
  tunnel.createUploadStream({ table: 't', concurency: 2 })
}

export const inOneCall = async (): Promise<void> => {
  const { rows }: { rows: number } = await tunnel.upload({ table: 't', schema: pairs }, [[1n, 'a']])
  // @ts-expect-error the second cell is text
  await tunnel.upload({ table: 't', schema: pairs }, [[1n, 2n]])
  await uploadRows({ table: 't', tunnel }, new ReadableStream<unknown[]>())
  const [first] = await downloadRows({ table: 't', schema: pairs, tunnel })
  const [id, name]: [bigint, string | null] = first!
  const [object] = await tunnel.download({ table: 't', schema: pairs, rowShape: 'object' })
  const text: string | null = object!.name
  void [rows, id, name, text]
}
