import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as arrow from '../../lib/arrow-streams/index.js'
import * as emulatorEntry from '../../lib/emulator/index.js'
import * as index from '../../lib/index.js'

/*
 * Every public function and method that takes options refuses one that it doesn't know. Which ones take options is read from their
 * parameters, so that a new one is found before anybody remembers this test.
 */

const misspelt = { sgnal: 1 }

const emulator = await emulatorEntry.startEmulator({ listen: false })
const tunnel = new index.Tunnel(emulator.connection)
after(async () => {
  await upserting.abort()
  await tunnel.close()
  await emulator.close()
})
await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
await emulator.createTable({ name: 'keyed', columns: { id: 'bigint' }, primaryKey: ['id'] })

const uploading = await tunnel.createUploadSession({ table: 't' })
const downloading = await tunnel.createDownloadSession({ table: 't' })
const upserting = await tunnel.createUpsertSession({ table: 'keyed' })

/** What has methods with options, by the name that users know. */
const objects: Readonly<Record<string, object>> = {
  Tunnel: tunnel,
  UploadSession: uploading,
  DownloadSession: downloading,
  UpsertSession: upserting,
  Emulator: emulator,
}

const bigint = { kind: 'bigint' } as const
const place = misspelt as object

/** Calls whose arguments are right but for one option. */
const calls: Readonly<Record<string, () => unknown>> = {
  formatCell: () => index.formatCell(1n, bigint, misspelt as object),
  parseCell: () => index.parseCell('1', bigint, misspelt as object),
  formatCreateTable: () => index.formatCreateTable('t', downloading.schema, misspelt as object),
  defineSchema: () => index.defineSchema({ id: 'bigint' }, misspelt as object),
  parseCsv: () => index.parseCsv(downloading.schema, misspelt as object),
  formatCsv: () => index.formatCsv(downloading.schema, misspelt as object),
  parseNdjson: () => index.parseNdjson(misspelt as object),
  formatNdjson: () => index.formatNdjson(misspelt as object),
  downloadArrow: () => arrow.downloadArrow(downloading, 0, 1, misspelt as object),
  uploadArrow: () => arrow.uploadArrow(uploading, 0, [], misspelt as object),
  upload: () => index.upload(misspelt as never, []),
  'Tunnel.upload': () => tunnel.upload(misspelt as never, []),
  'Tunnel.finishCommit': () => tunnel.finishCommit([], misspelt as object),
  'Tunnel.getTable': () => tunnel.getTable('t', misspelt as object),
  'Tunnel.tableExists': () => tunnel.tableExists('t', misspelt as object),
  'Tunnel.dropTable': () => tunnel.dropTable('t', misspelt as object),
  'Tunnel.truncateTable': () => tunnel.truncateTable('t', misspelt as object),
  'Tunnel.createPartition': () => tunnel.createPartition('t', 'pt=1', misspelt as object),
  'Tunnel.dropPartition': () => tunnel.dropPartition('t', 'pt=1', misspelt as object),
  'Tunnel.listPartitions': () => tunnel.listPartitions('t', undefined, misspelt as object),
  'UploadSession.upload': () => uploading.upload(0, [], misspelt as object),
  'UploadSession.putBlock': () =>
    uploading.putBlock(0, { rows: 0, rawBytes: 0, body: [], contentEncoding: undefined }, misspelt as object),
  'UploadSession.commit': () => uploading.commit([], misspelt as object),
  'DownloadSession.download': () => downloading.download(0, 1, misspelt as object),
  'DownloadSession.readBatches': () => downloading.readBatches(misspelt as object).next(),
  'UpsertSession.upsert': () => upserting.upsert([], misspelt as object),
  'UpsertSession.delete': () => upserting.delete([], misspelt as object),
  'Emulator.dropTable': () => emulator.dropTable('t', place),
  'Emulator.addPartition': () => emulator.addPartition('t', 'pt=1', place),
  'Emulator.rowCount': () => emulator.rowCount('t', undefined, place),
  'Emulator.insert': () => emulator.insert('t', [], undefined, place),
  'Emulator.rows': () => emulator.rows('t', undefined, misspelt as object),
}

/** They are marked so, and nobody else can call them by their types. */
const internal = new Set([
  'DownloadSession.currentVersion',
  'DownloadSession.waitBeforeResume',
  'UpsertSession.settle',
])

/** The parameters of a function that may be options, by what they are called or how they are taken apart. */
const takesOptions = (value: unknown): boolean => {
  if (typeof value !== 'function' || String(value).startsWith('class')) return false
  const text = String(value).replace(/^async\s+/, '')
  const parameters =
    /^([\w$]+)\s*=>/.exec(text)?.[1] ?? /^[^(]*\(([\s\S]*?)\)\s*(?:=>|\{)/.exec(text)?.[1] ?? ''
  return /\b(options|place|definition|first|how)\b|(^|,)\s*\{/.test(parameters)
}

/** The methods of an object, those of the classes it extends too. */
const methodsOf = (name: string, object: object): [string, () => unknown][] => {
  const found = new Map<string, () => unknown>()
  for (let at = Object.getPrototypeOf(object); at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (key !== 'constructor' && takesOptions(value))
        found.set(`${name}.${key}`, () => Reflect.apply(value, object, [misspelt]))
  return [...found]
}

const functionsOf = (entry: object): [string, () => unknown][] =>
  Object.entries(entry)
    .filter(([, value]) => takesOptions(value))
    .map(([name, value]) => [name, () => Reflect.apply(value, undefined, [misspelt])])

const found = [
  ...[index, arrow, emulatorEntry].flatMap(functionsOf),
  ...Object.entries(objects).flatMap(([name, object]) => methodsOf(name, object)),
  ['new Tunnel', () => new index.Tunnel(misspelt as object)] as const,
]

/** Synchronously or not, as a function that iterates or one that returns a promise. */
const refusalOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call()
  } catch (error) {
    return error
  }
  return undefined
}

describe('an option that nobody knows', () => {
  test('is looked for everywhere', () => {
    const names = found.map(([name]) => name)
    for (const name of [
      'copyTable',
      'uploadArrow',
      'startEmulator',
      'Tunnel.copyTable',
      'DownloadSession.load',
    ])
      assert.ok(names.includes(name), `${name} is found`)
    assert.deepEqual(
      [...Object.keys(calls), ...internal].filter(name => !names.includes(name)),
      [],
      'names that are no longer there',
    )
  })

  for (const [name, byOptionsAlone] of found)
    if (!internal.has(name))
      test(`is refused by ${name}`, async () => {
        const error = await refusalOf(calls[name] ?? byOptionsAlone)
        assert.ok(error instanceof index.TunnelOptionError, `${name} took it: ${String(error)}`)
        assert.equal(error.code, 'ODPS_UNKNOWN_OPTION', error.message)
        assert.match(error.message, /unknown option sgnal; (did you mean signal\?|known are )/)
      })
})
