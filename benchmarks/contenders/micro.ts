/*
 * The parts of the work one by one. `micro.js codec`: records in and out, checksum, varints, each compression, signing; `micro.js snappy [remark]`: that
 * compression, for processes with and without SIMD; `micro.js files name [file]`: files of a workload beside its rows in memory. A process
 * for each, as the garbage collector has to look at whatever the others hold.
 */

import { CellNotes } from '../../lib/cli/formats/cell-notes.js'
import { csvPrinting } from '../../lib/cli/formats/csv/printing.js'
import type { TextOptions } from '../../lib/cli/formats/text-options.js'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
  type DecodeOptions,
} from '../../lib/codec/rows/record-decoder.js'
import {
  createCompiledEncoder,
  createProtobufEncoder,
  createRecordEncoder,
} from '../../lib/codec/rows/record-encoder.js'
import type { RecordPrinting } from '../../lib/codec/rows/record-printing.js'
import { createRecordScanner } from '../../lib/codec/stream/record-scanner.js'
import {
  type CompressionName,
  compressionNames,
  contentEncodingOf,
  loadCompression,
} from '../../lib/compression/compression.js'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { createSigner } from '../../lib/http/signature.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { ByteReader } from '../../lib/wire/byte-reader.js'
import { ByteWriter } from '../../lib/wire/byte-writer.js'
import { crc32c, crcByTables, emptyRegister } from '../../lib/wire/crc32c.js'
import { freeAt, recordsMemory } from '../../lib/wire/records-memory.js'
import { workloads } from '../workloads.js'
import { answerJobs } from './answering.js'
import { encodeInPieces, type HeldName, heldParts, holdRows } from './held-rows.js'
import { parquetParts } from './parquet.js'
import type { Part } from './part.js'
import { type Profile, profileOf } from './profiling.js'
import { textFileParts } from './text-files.js'

const wide = workloads.find(({ name }) => name === 'wide')!
const rowCount = 4000
const wideRows = Array.from({ length: rowCount }, (_, i) => wide.row(i))
const jsonColumns: readonly Column[] = [
  ...wide.columns,
  { name: 'j', type: { kind: 'json' }, nullable: true },
]
const jsonRows = wideRows.map((row, i) => [...row, `{"id":${i},"tags":["a","b"],"score":${i / 8}}`])

const asText = { json: 'text' } as const

const streamOf = (rows: readonly unknown[], columns = wide.columns): Buffer => {
  const encoder = createRecordEncoder(columns, asText)
  for (let i = 0; i < rows.length; i++) encoder.write(rows[i], i)
  return encoder.finish()
}

const encoders = (): Part[] => {
  const objects = wideRows.map(row =>
    Object.fromEntries(wide.columns.map((column, c) => [column.name, row[c]])),
  )
  const part = (
    name: string,
    create: typeof createRecordEncoder,
    rows: readonly unknown[],
    columns = wide.columns,
  ): Part => ({
    name: `encode wide, ${name}`,
    unit: 'rows/CPU s',
    run: () => {
      encodeInPieces(create(columns, asText), rows)
      return rowCount
    },
  })
  return [
    part('arrays', createRecordEncoder, wideRows),
    part('arrays, with a column of JSON as text', createRecordEncoder, jsonRows, jsonColumns),
    part('objects', createRecordEncoder, objects),
    part('arrays, without WebAssembly', createCompiledEncoder, wideRows),
    part('arrays, by protobufjs', createProtobufEncoder, wideRows),
  ]
}

const csv: TextOptions = {
  ...{ delimiter: undefined, recordDelimiter: undefined, quote: '"', header: true, nullText: '' },
  ...{ encoding: 'utf-8', timeZone: 'UTC', datetime: undefined, plainNumbers: false, isOdpscmd: false },
  notes: new CellNotes(),
}

const decoders = (stream: Buffer, printing: RecordPrinting | undefined): Part[] => {
  const part = (
    name: string,
    create: typeof createRecordDecoder,
    options?: DecodeOptions,
    columns = wide.columns,
    bytes = stream,
  ): Part => ({
    name: `decode wide, ${name}`,
    unit: 'rows/CPU s',
    run: () => {
      const decoder = create(columns, options)
      for (let from = 0; from < bytes.length; from += 65_536)
        decoder.push(bytes.subarray(from, from + 65_536), [])
      decoder.end()
      return rowCount
    },
  })
  const scan: Part = {
    name: 'find and verify the records of wide',
    unit: 'rows/CPU s',
    run: () => {
      const scanner = createRecordScanner(wide.columns)
      for (let from = 0; from < stream.length; from += 65_536)
        for (const _ of scanner.scan(stream.subarray(from, from + 65_536)));
      scanner.end()
      return scanner.rows
    },
  }
  const jsonStream = streamOf(jsonRows, jsonColumns)
  const withJson = [createRecordDecoder, asText, jsonColumns, jsonStream] as const
  return [
    part('arrays', createRecordDecoder),
    part('arrays, with a column of JSON as text', ...withJson),
    part('objects', createRecordDecoder, { rowShape: 'object' }),
    part('arrays, bigint as string', createRecordDecoder, { bigint: 'string' }),
    part('as CSV', createRecordDecoder, { printing }),
    part('arrays, without WebAssembly', createCompiledDecoder),
    part('arrays, by protobufjs', createProtobufDecoder),
    scan,
  ]
}

/** In WebAssembly, where the bytes are many, and by tables for all others; bytes that lie in its memory, as text of records does, are not copied. */
const checksums = (bytes: Buffer): Part[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const part = (name: string, size: number, sum: (from: number) => number): Part => ({
    name: `crc32c of ${size} bytes${name}`,
    unit: 'MB/CPU s',
    run: () => {
      let at = 0
      for (; at + size <= bytes.length; at += size) sum(at)
      return at / 1e6
    },
  })
  const memory = recordsMemory()!
  const inside = (size: number): Part =>
    part(', in WebAssembly', size, from =>
      memory.call.crcBytes(emptyRegister, freeAt + from, freeAt + from + size),
    )
  memory.reserve(freeAt + bytes.length)
  memory.bytes.set(bytes, freeAt)
  return [
    ...[16, 256, 1024, 65_536].map(size => part('', size, from => crc32c(bytes.subarray(from, from + size)))),
    inside(1024),
    inside(65_536),
    part(', without WebAssembly', 65_536, from => crcByTables(emptyRegister, view, from, from + 65_536)),
  ]
}

const varintCount = 50_000

/** Each with its checksum, as a record has them. */
const varints = (): Part[] => {
  const written = new ByteWriter()
  const write = (out: ByteWriter): void => {
    out.begin()
    for (let i = 0; i < varintCount; i++) out.int64(Math.imul(i, 0x9e3779b1), i & 7)
  }
  write(written)
  const bytes = Buffer.from(written.buffer.subarray(0, written.at))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const reader = new ByteReader(bytes, view)
  reader.end = bytes.length
  const out = new ByteWriter()
  return [
    {
      name: 'write int64',
      unit: 'operations/CPU s',
      run: () => {
        write(out)
        return varintCount
      },
    },
    {
      name: 'read int64',
      unit: 'operations/CPU s',
      run: () => {
        reader.at = 0
        for (let i = 0; i < varintCount; i++) reader.int64()
        return varintCount
      },
    },
  ]
}

const slices = function* (bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 262_144) yield bytes.subarray(at, at + 262_144)
}

async function* chunksOf(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* slices(part)
}

/** The speed is that of the raw bytes. */
const compressions = async (bytes: Buffer, names: readonly CompressionName[]): Promise<Part[]> => {
  const parts: Part[] = []
  for (const name of names) {
    await loadCompression(name)
    const small: Buffer[] = []
    for await (const chunk of compress(name, slices(bytes))) small.push(chunk)
    const encoding = contentEncodingOf(name)
    parts.push({
      name: `compress ${name}`,
      unit: 'MB/CPU s',
      run: async () => {
        for await (const _ of compress(name, slices(bytes)));
        return bytes.length / 1e6
      },
    })
    parts.push({
      name: `decompress ${name}`,
      unit: 'MB/CPU s',
      run: async () => {
        let length = 0
        for await (const chunk of decompress(encoding, chunksOf(small))) length += chunk.length
        return length / 1e6
      },
    })
  }
  return parts
}

const signatures = (): Part[] =>
  (['v1', 'v4'] as const).map(version => {
    const sign = createSigner(version, 'cn-hangzhou')
    const request = {
      method: 'PUT',
      path: '/projects/bench/tables/wide',
      query: { blockid: '7', uploadid: '20261123000000aaaaaaaaaaaaaaaa', curr_project: 'bench' },
      headers: { Date: 'Mon, 23 Nov 2026 00:00:00 GMT', 'x-odps-tunnel-version': '6' },
    }
    const credentials = { accessKeyId: 'bench-id', accessKeySecret: 'bench-secret' }
    return {
      name: `sign ${version}`,
      unit: 'operations/CPU s',
      run: () => {
        for (let i = 0; i < 1000; i++) sign(request, credentials, 1_795_392_000_000 + i)
        return 1000
      },
    }
  })

const codecParts = async (): Promise<Part[]> => {
  const bytes = streamOf(wideRows)
  return [
    ...encoders(),
    ...decoders(bytes, await csvPrinting(wide.columns, 'csv', csv)),
    ...checksums(bytes),
    ...varints(),
    ...(await compressions(
      bytes,
      compressionNames.filter(name => name !== 'snappy'),
    )),
    ...signatures(),
  ]
}

const snappyParts = async (remark: string | undefined): Promise<Part[]> => {
  const parts = await compressions(streamOf(wideRows), ['snappy'])
  return remark === undefined ? parts : [{ ...parts[0]!, name: `${parts[0]!.name}, ${remark}` }]
}

const fileParts = async (name: string, ofPyarrow: string | undefined): Promise<Part[]> => {
  const held = holdRows(name as HeldName)
  const { encoding, decoding } = heldParts(held)
  const text = await textFileParts(held, csv)
  const parquet = await parquetParts(held, csv, ofPyarrow)
  // Those that are compared stand beside each other.
  return [
    ...[...text.toRecords, encoding, ...parquet.toRecords],
    ...[...text.fromRecords, decoding, ...parquet.fromRecords],
  ]
}

const profiledUnits: Readonly<Record<Part['unit'], Profile['unit']>> = {
  'MB/CPU s': 'MB',
  'operations/CPU s': 'operation',
  'rows/CPU s': 'row',
}

const main = async ([group, name, ofPyarrow]: string[]): Promise<void> => {
  const parts =
    group === 'codec'
      ? await codecParts()
      : group === 'snappy'
        ? await snappyParts(name)
        : await fileParts(name!, ofPyarrow)
  const partOf = (name: string): Part => parts.find(part => part.name === name)!
  answerJobs({
    list: () => parts.map(({ name, unit }) => ({ name, unit })),
    part: async ({ name, runMs }: { name: string; runMs: number }) => {
      const { run } = partOf(name)
      await run()
      const before = process.cpuUsage()
      let units = 0
      for (;;) {
        units += await run()
        const { user, system } = process.cpuUsage(before)
        if (user + system > runMs * 1000) return { perSecond: (1e6 * units) / (user + system) }
      }
    },
    profile: ({ name, ms }: { name: string; ms: number }) => {
      const { run, unit } = partOf(name)
      return profileOf(run, ms, profiledUnits[unit])
    },
  })
}

void main(process.argv.slice(2))
