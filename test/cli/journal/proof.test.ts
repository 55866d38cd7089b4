import assert from 'node:assert/strict'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import {
  benchWithRows,
  brokenDownload,
  brokenUpload,
  csv,
  entryPath,
  partOf,
  rows,
} from './broken-transfers.js'

describe('--resume refuses what is not the same', () => {
  const differing: readonly (readonly [readonly string[], RegExp])[] = [
    [['--timezone', 'Asia/Shanghai'], /--timezone was "UTC" and is "Asia\/Shanghai"/],
    [['--delimiter', ';'], /--delimiter was .* and is ";"/],
    [['--null', 'N'], /--null was "" and is "N"/],
    [['--no-header'], /--header was true and is false/],
    [['--columns', 'id'], /--columns 1 was not given and is "id"/],
    [['--limit', '20000'], /--limit was not given and is 20000/],
    [['--encoding', 'gbk'], /--encoding was "utf-8" and is "gbk"/],
    [['--quote', "'"], /--quote was "\\"" and is "'"/],
    [['--record-delimiter', '\\r\\n'], /--record-delimiter was not given and is "\\r\\n"/],
    [['--datetime-format', 'yyyy'], /--datetime-format was not given and is "yyyy"/],
    [['--format', 'tsv'], /--format was not given and is "tsv"/],
    [['--file-compression', 'gzip'], /--file-compression was not given and is "gzip"/],
    [['--schema-name', 'default'], /--schema-name was not given and is "default"/],
    [['--exponential=false'], /--exponential was .*false and is true/],
  ]

  test('in the options of a download, naming both', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    for (const [more, expected] of differing) {
      const { code, stderr } = await bench.run([...args, ...more, '--resume'])
      assert.equal(code, 1, more.join(' '))
      assert.match(stderr, expected)
    }
    const indifferent = ['--concurrency', '3', '--compression', 'raw', '--quiet']
    await bench.ok(['download', 't', bench.path('out.csv'), ...indifferent, '--resume'])
    assert.equal(await bench.read('out.csv'), csv)
  })

  test('in the options of an upload', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    for (const [more, expected] of [
      [['--timezone', 'Asia/Shanghai'], /--timezone was "UTC" and is "Asia\/Shanghai"/],
      [['--overwrite'], /--overwrite was false and is true/],
      [['--strict-schema=false'], /--strict-schema was true and is false/],
      [['--columns', 'id,name'], /--columns 1 was not given and is "id"/],
      [['--null', 'x'], /--null was "" and is "x"/],
    ] as const) {
      const { code, stderr } = await bench.run([...args, ...more, '--resume'])
      assert.equal(code, 1, more.join(' '))
      assert.match(stderr, expected)
    }
    const larger = await bench.run(args.map(arg => (arg === '64K' ? '1M' : arg)).concat('--resume'))
    assert.match(larger.stderr, /--block-size was 65536 and is 1048576/)
    assert.equal(bench.emulator.rowCount('into'), 0)
    await bench.ok([...args, '--resume'])
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('in the service, and in the columns of the table', async context => {
    const [bench, other] = [await benchWithRows(context), await benchWithRows(context)]
    const args = await brokenUpload(bench)
    const elsewhere = await bench.run([...args, '--resume'], {
      environment: { ODPS_ENDPOINT: other.emulator.endpoint },
    })
    assert.match(elsewhere.stderr, /--endpoint was "http:\S+" and is "http:\S+"/)
    const path = await entryPath(bench)
    const entry = JSON.parse(await readFile(path, 'utf8'))
    entry.proof['tableColumns.2'] = 'name BIGINT'
    await writeFile(path, JSON.stringify(entry))
    const { stderr } = await bench.run([...args, '--resume'])
    assert.match(stderr, /the table's column 2 was name BIGINT and is name STRING/i)
  })

  test('in the input behind a block that is on the service, to the last byte', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    const at = csv.indexOf('4000,row 4000')
    await bench.write('f.csv', `${csv.slice(0, at)}4000,raw 4000${csv.slice(at + 13)}`)
    const { code, stderr } = await bench.run([...args, '--resume'])
    assert.equal(code, 1)
    assert.match(stderr, /the input differs from that of the interrupted upload: the service holds block \d/)
    assert.equal(bench.emulator.rowCount('into'), 0)
  })

  test('in stdin, whose rows prove themselves when they come again', async context => {
    const bench = await benchWithRows(context)
    const args = ['upload', '-', 'into', '--block-size', '64K', '--concurrency', '1']
    bench.emulator.setFaults([
      { action: 'putBlock', after: 3, times: 1000, fault: { status: 403, code: 'NoPermission' } },
    ])
    const { stderr } = await bench.run(args, { stdin: csv })
    assert.match(stderr, /resume: odps-tunnel upload - into --block-size 64K --concurrency 1 --resume\n/)
    bench.emulator.setFaults()
    const other = await bench.run([...args, '--resume'], { stdin: csv.replace('7,row 7', '7,raw 7') })
    assert.match(
      other.stderr,
      /the input differs from that of the interrupted upload: the service holds block 0/,
    )
    await bench.ok([...args, '--resume'], { stdin: csv })
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('but takes a correction behind what was sent', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    await bench.write('f.csv', csv.replace('24999,row 24999', '24999,corrected'))
    await bench.ok([...args, '--resume'])
    assert.deepEqual(await bench.rows('into'), [...rows.slice(0, -1), [24_999n, 'corrected']])
  })

  test('in the working file', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    const part = await partOf(bench)
    const bytes = await readFile(part)
    bytes[1000]! ^= 1
    await writeFile(part, bytes)
    const changed = await bench.run([...args, '--resume'])
    assert.equal(changed.code, 1)
    assert.match(
      changed.stderr,
      /\.part has changed .* the CRC-32 of its first \d+ bytes was \w{8} and is \w{8}/,
    )
    await writeFile(part, bytes.subarray(0, 500))
    const cut = await bench.run([...args, '--resume'])
    assert.match(cut.stderr, /\.part has 500 bytes, but the interrupted download had written \d+/)
    // Without the working file nothing has to be proven: it is written from its beginning.
    await rm(part)
    await bench.ok([...args, '--resume'])
    assert.equal(await bench.read('out.csv'), csv)
  })

  test('what comes behind the last record of the working file is cut off', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    await appendFile(await partOf(bench), 'half a rec')
    await bench.ok([...args, '--resume'])
    assert.equal(await bench.read('out.csv'), csv)
  })
})
