import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkReader } from '../../lib/compression/chunk-reader.js'
import { encodeLz4Header, lz4Magic, readLz4Header } from '../../lib/compression/lz4-header.js'
import { slicesOf } from './chunked-bytes.js'

/* By the package lz4 of Python: lz4.frame.compress(bytes(5_000_000), …), the bytes before the first block. */
const read = (hex: string) => readLz4Header(new ChunkReader(slicesOf(Buffer.from(hex, 'hex').subarray(4), 1)))

test('headers of other programs are read', async () => {
  assert.deepEqual(await read('04224d184040c0'), {
    independent: false,
    blockChecksums: false,
    contentChecksum: false,
    contentSize: undefined,
    maxBlockBytes: 65536,
  })
  assert.deepEqual(await read('04224d186050fb'), {
    independent: true,
    blockChecksums: false,
    contentChecksum: false,
    contentSize: undefined,
    maxBlockBytes: 262144,
  })
  assert.deepEqual(await read('04224d187c70404b4c0000000000af'), {
    independent: true,
    blockChecksums: true,
    contentChecksum: true,
    contentSize: 5_000_000n,
    maxBlockBytes: 4194304,
  })
})

test('ours is one of those', () => {
  const bytes = encodeLz4Header()
  assert.equal(bytes.readUInt32LE(0), lz4Magic)
  assert.equal(bytes.toString('hex'), '04224d186050fb')
})

test('a wrong check of the header, and a cut one, are refused', async () => {
  const hex = '04224d186050fb'
  await assert.rejects(read(`${hex.slice(0, -2)}00`), { code: 'ODPS_MALFORMED_STREAM' })
  await assert.rejects(read(hex.slice(0, -2)), { code: 'ODPS_TRUNCATED_STREAM' })
})
