/* The parts of the work one by one: checksum, varints, each compression, signing. */

import { createRecordEncoder } from '../../lib/codec/record-encoder.js'
import { compressionNames, contentEncodingOf, loadCompression } from '../../lib/compression/compression.js'
import { compress } from '../../lib/compression/compressor.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { createSigner } from '../../lib/http/signature.js'
import { ByteReader } from '../../lib/wire/byte-reader.js'
import { ByteWriter } from '../../lib/wire/byte-writer.js'
import { crc32c } from '../../lib/wire/crc32c.js'
import { workloads } from '../workloads.js'
import { answerJobs } from './answering.js'

interface Part {
  readonly name: string
  readonly unit: 'MB/CPU s' | 'operations/CPU s'
  /** Does it once; returns how many units that was. */
  readonly run: () => number | Promise<number>
}

const wideStream = (): Buffer => {
  const { columns, row } = workloads.find(({ name }) => name === 'wide')!
  const encoder = createRecordEncoder(columns)
  for (let i = 0; i < 8000; i++) encoder.write(row(i), i)
  return encoder.finish()
}

const checksums = (bytes: Buffer): Part[] =>
  [16, 256, 65_536].map(size => ({
    name: `crc32c of ${size} bytes`,
    unit: 'MB/CPU s',
    run: () => {
      let at = 0
      for (; at + size <= bytes.length; at += size) crc32c(bytes.subarray(at, at + size))
      return at / 1e6
    },
  }))

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
const compressions = async (bytes: Buffer): Promise<Part[]> => {
  const parts: Part[] = []
  for (const name of compressionNames) {
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

const main = async (): Promise<void> => {
  const bytes = wideStream()
  const parts = [...checksums(bytes), ...varints(), ...(await compressions(bytes)), ...signatures()]
  answerJobs({
    list: () => parts.map(({ name, unit }) => ({ name, unit })),
    part: async ({ name, runMs }: { name: string; runMs: number }) => {
      const { run } = parts.find(part => part.name === name)!
      await run()
      const before = process.cpuUsage()
      let units = 0
      for (;;) {
        units += await run()
        const { user, system } = process.cpuUsage(before)
        if (user + system > runMs * 1000) return { perSecond: (1e6 * units) / (user + system) }
      }
    },
  })
}

void main()
