import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { besideOdpscmd } from '../../benchmarks/files-section.js'
import type { Machine } from '../../benchmarks/machine.js'
import { timesJava } from '../../benchmarks/odpscmd.js'
import { speedTogether } from '../../benchmarks/part-targets.js'
import { roomOf } from '../../benchmarks/profile-section.js'
import { putSummary } from '../../benchmarks/readme.js'
import { printReport } from '../../benchmarks/report.js'
import { nameOf, noResults, type Parts, type Results, withPart } from '../../benchmarks/results.js'
import { printProfiles } from '../../benchmarks/tables.js'
import { missedWorks, verdictsOf } from '../../benchmarks/targets.js'

const machine = (commit: string, date: string): Machine => ({
  date,
  commit,
  cpu: 'a processor',
  cpus: 2,
  memoryGiB: 8,
  system: 'linux',
  odpsTunnel: '1.0.0',
  node: 'v20',
  peers: { go: 'Go SDK' },
})

const spread = (median: number) => ({ median, least: median, most: median, runs: 1 })

const memory = (workload: 'wide' | 'flights', ratio: number): Parts['memory'] => ({
  workload,
  work: 'encode',
  rowsPerCpuSecond: { 'odps-tunnel': spread(1e6 * ratio), go: spread(1e6) },
  ratios: { go: spread(ratio) },
})

const file = (
  workload: 'narrow' | 'wide',
  work: 'upload' | 'download',
  rows: number,
  microseconds: number,
  odpscmd?: Parts['files']['odpscmd'],
): Parts['files'] => ({
  ...{ workload, work, rows, file: 'CSV', cpuMicrosecondsPerRow: spread(microseconds) },
  ...(odpscmd && { odpscmd }),
})

const byRatio = (microseconds: number, ratio: number): NonNullable<Parts['files']['odpscmd']> => ({
  ...{ cpuMicrosecondsPerRow: spread(microseconds), ratio: spread(ratio), isByRatio: true },
})

const start: Results = {
  ...noResults,
  runs: { one: machine('aaaaaaa', '2026-01-01 00:00'), two: machine('bbbbbbb', '2026-01-02 00:00') },
}

describe('benchmark results', () => {
  const first = withPart(start, 'memory', [memory('flights', 3), memory('wide', 1.5)], 'one')
  const second = withPart(first, 'memory', [memory('wide', 2.5)], 'two')

  test('a newer figure takes the place of the same one only', () => {
    const kept = second.memory.map(({ workload, run, ratios }) => [workload, run, ratios['go']?.median])
    assert.deepEqual(kept, [
      ['wide', 'two', 2.5],
      ['flights', 'one', 3],
    ])
  })

  test('the page says which figures are of which run', () => {
    const page = printReport(second)
    assert.match(page, /^- Run 1: 2026-01-01 00:00 UTC, .* at aaaaaaa /m)
    assert.match(page, /^- Run 2: 2026-01-02 00:00 UTC, .* at bbbbbbb /m)
    assert.match(page, /From run 1 \(flights encode\) and run 2 \(wide encode\)\.$/m)
    assert.match(printReport(first), /Rows per CPU second \(user and system\)\. From run 1\.$/m)
  })

  test('a target is met or missed by the median; what misses it is to be profiled', () => {
    assert.deepEqual(
      verdictsOf(first).map(({ what, isMet }) => [what, isMet]),
      [
        ['wide, encode', false],
        ['flights, encode', true],
      ],
    )
    assert.deepEqual(missedWorks(first), [{ workload: 'wide', work: 'encode' }])
    assert.deepEqual(missedWorks(second), [])
  })

  test('files of other workloads, directions and sizes are other figures', () => {
    const all = [
      file('narrow', 'upload', 2_000_000, 0.5),
      file('wide', 'upload', 2_000_000, 2),
      file('narrow', 'download', 2_000_000, 0.9),
      file('narrow', 'upload', 300_000, 1.5),
    ]
    const before = withPart(start, 'files', all, 'one')
    const after = withPart(before, 'files', [file('narrow', 'upload', 2_000_000, 0.4)], 'two')
    assert.deepEqual(
      after.files.map(({ run, cpuMicrosecondsPerRow: { median } }) => [run, median]),
      [
        ['one', 0.9],
        ['one', 1.5],
        ['two', 0.4],
        ['one', 2],
      ],
    )
  })

  test('files have targets beside odpscmd, and narrow ones in time, for as many rows as they are told for', () => {
    const files = [
      file('narrow', 'upload', 2_000_000, 0.6, byRatio(4.8, 8)),
      file('narrow', 'download', 2_000_000, 1.01, byRatio(6, 5.9)),
      file('narrow', 'upload', 300_000, 1.5, byRatio(4.8, 3)),
      file('wide', 'upload', 300_000, 3, byRatio(24, 8)),
    ]
    const results = withPart(start, 'files', files, 'one')
    assert.deepEqual(
      verdictsOf(results).map(({ what, beside, target, isMet }) => [what, beside, target, isMet]),
      [
        ['narrow, upload of 2.00 M rows as CSV', 'odpscmd, by ratio', '≥ 8', true],
        ['narrow, download of 2.00 M rows as CSV', 'odpscmd, by ratio', '≥ 6', false],
        ['wide, upload of 300 k rows as CSV', 'odpscmd, by ratio', '≥ 8', true],
        ['narrow, upload of 2.00 M rows as CSV', 'CPU time per row', '≤ 0.6 µs', true],
        ['narrow, download of 2.00 M rows as CSV', 'CPU time per row', '≤ 1 µs', false],
      ],
    )
    assert.deepEqual(missedWorks(results), [
      { workload: 'narrow', work: 'download', file: 'CSV', rows: 2_000_000 },
    ])
    assert.match(
      printReport(results),
      /\| narrow \| upload \| CSV \| 2\.00 M .*\| 4\.80 \| 8\.00 .*, by ratio \|/,
    )
  })

  test('where odpscmd is not installed, its cost is that of the Java SDK times a known ratio', () => {
    const known = besideOdpscmd('narrow', 'upload', { ours: [1, 2], odpscmd: [], java: [3, 4] })
    const { upload } = timesJava.narrow!
    const ratios = [3 * upload, 2 * upload]
    assert.deepEqual(known.odpscmd?.isByRatio, true)
    assert.deepEqual([known.odpscmd?.ratio.most, known.odpscmd?.ratio.least], ratios)
    const measured = besideOdpscmd('narrow', 'download', { ours: [1, 2], odpscmd: [8, 20], java: [] })
    assert.deepEqual(measured.odpscmd?.isByRatio, false)
    assert.deepEqual([measured.odpscmd?.ratio.least, measured.odpscmd?.ratio.most], [8, 10])
    assert.deepEqual(besideOdpscmd('narrow', 'upload', { ours: [1], odpscmd: [], java: [] }), {})
  })

  test('Arrow and copies have targets beside PyODPS, a pipeline and the floor', () => {
    const arrow = (work: Parts['arrow']['work'], peer: string, ratio: number): Parts['arrow'] => ({
      ...{ workload: 'wide', work, rowsPerCpuSecond: {}, ratios: { [peer]: spread(ratio) } },
    })
    const entry = (name: string, ratio?: number): Parts['copy']['entries'][number] => ({
      ...{ name, cpuSecondsPerMillionRows: spread(1), rowsPerSecond: spread(1) },
      ratio: ratio === undefined ? undefined : { cpu: spread(ratio), wall: spread(1) },
    })
    const streams = [
      arrow('arrowDecode', 'pyodps', 3),
      arrow('arrowEncode', 'pyodps', 2.9),
      arrow('arrowDownload', 'floor', 0.8),
    ]
    const entries = [entry('copy'), entry('pipeline', 9.9), entry('floor', 0.81)]
    const results = withPart(
      withPart(start, 'arrow', streams, 'one'),
      ...(['copy', [{ workload: 'flights', work: 'copy', compression: 'snappy', entries }], 'one'] as const),
    )
    assert.deepEqual(
      verdictsOf(results).map(({ what, beside, target, isMet }) => [what, beside, target, isMet]),
      [
        ['wide, arrowDecode', 'pyodps', '≥ 3', true],
        ['wide, arrowEncode', 'pyodps', '≥ 3', false],
        ['wide, arrowDownload', 'floor', '≥ 0.8', true],
        ['flights, copy, snappy', 'pipeline', '≥ 10', false],
        ['flights, copy, snappy', 'floor', '≥ 0.8', true],
      ],
    )
    assert.deepEqual(missedWorks(results), [
      { workload: 'wide', work: 'arrowEncode' },
      { workload: 'flights', work: 'copy', compression: 'snappy' },
    ])
    assert.doesNotMatch(printReport(results), /\| wide, arrowDownload \| floor \| 0/)
  })

  test('parts are held to a speed, to the speed of another, or to the time of others one after the other', () => {
    const [encoding, decoding] = ['wide, rows in memory to records', 'wide, records to rows in memory']
    const writer = 'wide, columns to Parquet, by hyparquet-writer alone'
    const part = (name: string, speed: number, ratios?: Parts['micro']['ratios']): Parts['micro'] => ({
      ...{ name, unit: 'rows/CPU s', speed: spread(speed) },
      ...(ratios && { ratios }),
    })
    const micro = [
      part('find and verify the records of wide', 1_499_999),
      part('wide, CSV to records', 9, { [encoding]: { ...spread(1.25), least: 0.8, most: 2 } }),
      part('wide, records to CSV', 9, { [decoding]: spread(0.8) }),
      part('wide, Parquet of pyarrow to records', 9, { [encoding]: spread(0.99) }),
      part('wide, records to Parquet', 9, { [`${writer} and ${decoding}`]: spread(0.8) }),
      // Was measured when it was not compared yet.
      part('wide, Parquet to records, by pages', 9),
    ]
    const verdicts = verdictsOf(withPart(start, 'micro', micro, 'one'))
    assert.deepEqual(
      verdicts.map(({ what, beside, target, isMet }) => [what, beside, target, isMet]),
      [
        ['wide, CSV to records', encoding, '≤ 1 × its time', true],
        ['wide, records to CSV', decoding, '≤ 1 × its time', false],
        ['wide, Parquet of pyarrow to records', encoding, '≥ 1', false],
        ['wide, records to Parquet', `${writer} and ${decoding}`, '≤ 1.3 × its time', true],
        ['find and verify the records of wide', 'rows/CPU s', '≥ 1.50 M', false],
      ],
    )
    assert.deepEqual(verdicts[0]!.measured, { median: 0.8, least: 0.5, most: 1.25, runs: 1 })
    assert.equal(speedTogether([3, 6]), 2)
  })

  test('of what has no target of its own the slowest is held to the speed of its peer; zstd to less where Node has none', () => {
    const way = (compression: 'zstd' | 'lz4', ratio: number): Parts['transfer'] => ({
      ...({ workload: 'wide', work: 'upload', compression, rows: 1, entries: {} } as const),
      ratios: { go: spread(ratio + 1), java: spread(ratio) },
    })
    const results = withPart(start, 'transfer', [way('zstd', 0.9), way('lz4', 0.99)], 'one')
    const onNode24 = { ...results, runs: { one: { ...machine('aaaaaaa', ''), node: 'v24.1.0' } } }
    assert.deepEqual(
      [results, onNode24].map(each =>
        verdictsOf(each).map(({ what, beside, target, isMet }) => [what, beside, target, isMet]),
      ),
      [
        [
          ['wide, upload, zstd: the slowest of 2 without a target of their own', 'java', '≥ 0.9', true],
          ['wide, upload, lz4: the slowest of 2 without a target of their own', 'java', '≥ 1', false],
        ],
        [
          ['wide, upload, zstd: the slowest of 2 without a target of their own', 'java', '≥ 1', false],
          ['wide, upload, lz4: the slowest of 2 without a target of their own', 'java', '≥ 1', false],
        ],
      ],
    )
  })

  test('what a peer encodes of existing records is profiled as encoding: ours has none', () => {
    const prebuilt = { ...memory('wide', 0.9), work: 'encodePrebuilt' } as const
    assert.deepEqual(missedWorks(withPart(start, 'memory', [prebuilt], 'one')), [
      { workload: 'wide', work: 'encode' },
    ])
  })

  test('the command line has a target for its start, where that was measured', () => {
    const library = { bareMs: spread(40), overMs: spread(100), endMs: spread(200) }
    const verdicts = [library, { ...library, commandMs: spread(201) }].map(each =>
      verdictsOf(withPart(start, 'start', [each], 'one')).map(({ target, isMet }) => [target, isMet]),
    )
    const first = ['≤ 100 ms', true]
    assert.deepEqual(verdicts, [[first], [first, ['≤ 200 ms', false]]])
  })

  test('ten million rows are held to the peak of one million', () => {
    const scale = (rows: number, peakBytes: number): Parts['scale'] => ({
      client: 'odps-tunnel',
      work: 'upload',
      rows,
      wallSeconds: rows,
      cpuSeconds: rows,
      peakBytes,
    })
    const results = withPart(start, 'scale', [scale(1e6, 100e6), scale(1e7, 120e6)], 'one')
    const verdicts = verdictsOf(results).map(({ measured, isMet }) => [measured, isMet])
    assert.deepEqual(verdicts, [
      ['120', true],
      ['1.20', false],
    ])
  })

  test('profiles are replaced whole by a run of everything', () => {
    const profile = (workload: 'wide' | 'flights'): Parts['profiles'] => ({
      workload,
      work: 'encode',
      cpuMicrosecondsPerUnit: 1,
      unit: 'row',
      rooms: [],
      functions: [],
    })
    const before = withPart(start, 'profiles', [profile('wide')], 'one')
    const asked = withPart(before, 'profiles', [profile('flights')], 'two')
    assert.deepEqual(asked.profiles.map(nameOf), ['wide encode', 'flights encode'])
    const whole = withPart(before, 'profiles', [profile('flights')], 'two', true)
    assert.deepEqual(whole.profiles.map(nameOf), ['flights encode'])
  })

  test('a part and a start that miss their targets are profiled by their names, and shown behind workloads', () => {
    const part = 'narrow, CSV to records'
    const ratios = { 'narrow, rows in memory to records': spread(0.9) }
    const slow = { name: part, unit: 'rows/CPU s', speed: spread(1), ratios } as const
    const late = { bareMs: spread(40), overMs: spread(101), endMs: spread(200) }
    const missed = withPart(withPart(start, 'micro', [slow], 'one'), 'start', [late], 'one')
    assert.deepEqual(missedWorks(missed), [{ what: part }, { what: 'import and first request' }])
    const shares = { cpuMicrosecondsPerUnit: 123_456, rooms: [], functions: [] }
    const profiles: Parts['profiles'][] = [
      { what: 'import and first request', unit: 'start', ...shares },
      { workload: 'flights', work: 'encode', unit: 'row', ...shares },
    ]
    const page = printProfiles(withPart(start, 'profiles', profiles, 'one').profiles)
    assert.deepEqual(page.match(/^### .*|^\d.*/gm), [
      '### flights, encode',
      '123000 CPU µs per row while it was profiled.',
      '### import and first request',
      '123000 CPU µs per start while it was profiled.',
    ])
  })

  test('the summary takes the place between the marks and leaves the rest', () => {
    const page = 'before\n<!-- benchmarks:begin -->\nold\n<!-- benchmarks:end -->\nafter\n'
    const put = putSummary(page, second)
    assert.match(put, /^before\n<!-- benchmarks:begin -->\n\| rows per second/)
    assert.match(put, /<!-- benchmarks:end -->\nafter\n$/)
    assert.doesNotMatch(put, /old/)
    assert.equal(putSummary(put, second), put)
    assert.doesNotMatch(put, /odpscmd/)
    const files = [
      file('narrow', 'upload', 2_000_000, 0.5, byRatio(5, 10)),
      file('wide', 'upload', 60_000, 9),
    ]
    const beside = putSummary(page, withPart(second, 'files', files, 'one'))
    assert.match(
      beside,
      /^\| narrow, upload of 2\.00 M rows as CSV \| 200 k \| 2\.00 M \| 10\.00, by ratio \|$/m,
    )
    assert.match(beside, /^By ratio: /m)
    assert.doesNotMatch(beside, /60 k rows/)
    assert.throws(() => putSummary('no marks', second), /README\.md has no <!-- benchmarks:begin -->/)
  })

  for (const [name, url, line, room] of [
    ['(garbage collector)', '', 0, 'garbage collection'],
    ['(program)', '', 0, 'native code'],
    ['utf8Write', '', 0, 'built-ins'],
    ['', '', 3, 'code compiled for the schema'],
    ['inflate', 'node:zlib', 5, 'Node: zlib'],
    ['resume', 'file:///a/node_modules/undici/lib/client.js', 5, 'undici'],
    ['f', 'file:///a/node_modules/@scope/name/index.js', 5, '@scope/name'],
    ['crcRange', 'file:///a/build/lib/wire/crc32c.js', 5, 'checksum'],
    ['take', 'file:///a/build/lib/compression/snappy.js', 5, 'compression'],
    ['throwIfAborted', 'file:///a/build/lib/abort.js', 5, 'abort'],
    ['#dispatch', 'file:///a/dist/index.js', 5, 'the package'],
    ['wasm-function[1]', 'wasm://wasm/1234', 1, "WebAssembly (ours, undici's)"],
  ] as const)
    test(`a profile counts ${name || 'code without a name'} of '${url}' as ${room}`, () => {
      assert.equal(roomOf({ name, url, line, ms: 1 }), room)
    })
})
