/*
 * Keeps enough rows for the engine to learn that rows live long, if it learns that of them, then says of what is read later
 * whether it is among young objects. Run with `--allow-natives-syntax`, and with a young generation as small as it can be.
 */
import {
  createCompiledDecoder,
  createRecordDecoder,
  type DecodeOptions,
} from '../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { columns } from '../hand-made-stream.js'

const isYoung = new Function('object', 'return %InYoungGeneration(object)') as (object: unknown) => boolean

type CreateDecoder = typeof createRecordDecoder

const share = (
  text: string,
  row: unknown[],
  options: DecodeOptions,
  create: CreateDecoder,
  objectOf: (row: never) => unknown,
): number => {
  const schema = columns(text)
  const encoder = createRecordEncoder(schema)
  for (let i = 0; i < 2000; i++) encoder.write(row, i)
  const stream = Buffer.from(encoder.finish())
  const decode = (): unknown[] => {
    const decoder = create(schema, options)
    const rows: unknown[] = []
    for (let at = 0; at < stream.length; at += 16_384) decoder.push(stream.subarray(at, at + 16_384), rows)
    decoder.end()
    return rows
  }
  const kept = Array.from({ length: 60 }, decode)
  kept.length = 0
  const young = Array.from({ length: 40 }, () => isYoung(objectOf(decode().at(-1) as never)))
  return young.filter(Boolean).length / young.length
}

const names = (count: number): string => Array.from({ length: count }, (_, i) => `c${i}:bigint`).join(' ')
const cells = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const itself = (row: unknown): unknown => row
const first = (row: readonly unknown[]): unknown => row[0]
const asObject = { rowShape: 'object' } as const

const firstPair = (row: readonly unknown[][]): unknown => row[0]![0]
const asPairs = { map: 'pairs' } as const

console.log(
  JSON.stringify({
    arrays: share(names(4), cells(4), {}, createRecordDecoder, itself),
    objects: share(names(4), cells(4), asObject, createRecordDecoder, itself),
    'long arrays': share(names(40), cells(40), {}, createRecordDecoder, itself),
    'large objects': share(names(40), cells(40), asObject, createRecordDecoder, itself),
    lists: share('a:array<bigint>', [[1, 2, 3]], {}, createRecordDecoder, first),
    structs: share('s:struct<a:bigint,b:bigint>', [{ a: 1, b: 2 }], {}, createRecordDecoder, first),
    pairs: share('m:map<string,bigint>', [new Map([['a', 1]])], asPairs, createRecordDecoder, firstPair),
    'arrays, without WebAssembly': share(names(4), cells(4), {}, createCompiledDecoder, itself),
    'objects, without WebAssembly': share(names(4), cells(4), asObject, createCompiledDecoder, itself),
  }),
)
