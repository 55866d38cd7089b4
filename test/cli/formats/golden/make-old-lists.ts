import { writeFileSync } from 'node:fs'
import type { ColumnChunk, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writeColumn } from 'hyparquet-writer/src/column.js'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'

/*
 * Writes old-lists.parquet: forms of lists and maps that older programs wrote (the backward-compatibility rules of
 * parquet-format), which pyarrow reads and does not write. The levels of each leaf are given as they are in the file.
 *
 *   node --import tsx make-old-lists.ts && python make_parquet.py describe old-lists.parquet
 */

interface Leaf {
  readonly path: readonly SchemaElement[]
  readonly entries: readonly (readonly [repetition: number, definition: number, value?: unknown])[]
}

type Repetition = NonNullable<SchemaElement['repetition_type']>

const rows = 3
const int = (name: string, repetition_type: Repetition): SchemaElement => ({
  ...{ name, repetition_type, type: 'INT32' },
})
const utf8 = (name: string, repetition_type: Repetition): SchemaElement => ({
  ...{ name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8' },
})
const group = (
  name: string,
  repetition_type: Repetition,
  num_children = 1,
  converted_type?: SchemaElement['converted_type'],
): SchemaElement => ({ name, repetition_type, num_children, ...(converted_type && { converted_type }) })

/** Rows [1, 2], [], NULL of a list whose values are at the level `full`. */
const lists = (full: number): Leaf['entries'] => [
  [0, full, 1],
  [1, full, 2],
  [0, 1],
  [0, 0],
]
const texts = (entries: Leaf['entries']): Leaf['entries'] =>
  entries.map(([r, d, value]) => [
    r,
    d,
    value === undefined ? undefined : String.fromCharCode(96 + Number(value)),
  ])

const primitives = [group('primitives', 'OPTIONAL', 1, 'LIST'), int('element', 'REPEATED')]
const pairs = [group('pairs', 'OPTIONAL', 1, 'LIST'), group('element', 'REPEATED', 2)]
const array = [group('array', 'OPTIONAL', 1, 'LIST'), group('array', 'REPEATED'), utf8('s', 'REQUIRED')]
const tuple = [group('tuple', 'OPTIONAL', 1, 'LIST'), group('tuple_tuple', 'REPEATED'), int('x', 'REQUIRED')]
const hive = [
  group('hive', 'OPTIONAL', 1, 'LIST'),
  group('bag', 'REPEATED'),
  int('array_element', 'OPTIONAL'),
]
const nested = [
  group('nested', 'OPTIONAL', 1, 'LIST'),
  group('array', 'REPEATED', 1, 'LIST'),
  int('array', 'REPEATED'),
]
const inside = [group('inside', 'OPTIONAL', 1), group('l', 'OPTIONAL', 1, 'LIST'), int('array', 'REPEATED')]
const bare = [int('bare', 'REPEATED')]
const bareGroup = [group('bare_group', 'REPEATED', 2)]
const keyValue = [group('key_value', 'OPTIONAL', 1, 'MAP_KEY_VALUE'), group('map', 'REPEATED', 2)]
const oddNames = [group('odd_names', 'OPTIONAL', 1, 'MAP'), group('e', 'REPEATED', 2, 'MAP_KEY_VALUE')]

const bareEntries: Leaf['entries'] = [
  [0, 1, 1],
  [1, 1, 2],
  [0, 0],
  [0, 1, 3],
]

const columns: readonly (readonly Leaf[])[] = [
  [{ path: primitives, entries: lists(2) }],
  [
    { path: [...pairs, utf8('s', 'REQUIRED')], entries: texts(lists(2)) },
    { path: [...pairs, int('n', 'REQUIRED')], entries: lists(2) },
  ],
  [{ path: array, entries: texts(lists(2)) }],
  [{ path: tuple, entries: lists(2) }],
  [
    {
      path: hive,
      entries: [
        [0, 3, 1],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
    },
  ],
  [
    {
      path: nested,
      entries: [
        [0, 3, 1],
        [2, 3, 2],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
    },
  ],
  [
    {
      path: inside,
      entries: [
        [0, 3, 1],
        [1, 3, 2],
        [0, 2],
        [0, 1],
      ],
    },
  ],
  [{ path: bare, entries: bareEntries }],
  [
    {
      path: [...bareGroup, int('x', 'OPTIONAL')],
      entries: [
        [0, 2, 1],
        [1, 1],
        [0, 0],
        [0, 2, 3],
      ],
    },
    {
      path: [...bareGroup, int('y', 'REPEATED')],
      entries: [
        [0, 2, 1],
        [2, 2, 2],
        [1, 1],
        [0, 0],
        [0, 1],
      ],
    },
  ],
  [
    { path: [...keyValue, utf8('key', 'REQUIRED')], entries: texts(lists(2)) },
    { path: [...keyValue, int('value', 'OPTIONAL')], entries: lists(3) },
  ],
  [
    { path: [...oddNames, int('k', 'REQUIRED')], entries: lists(2) },
    { path: [...oddNames, utf8('v', 'OPTIONAL')], entries: texts(lists(3)) },
  ],
]

const root: SchemaElement = { name: 'schema', num_children: columns.length }
const schema = [root, ...new Set(columns.flatMap(leaves => leaves.flatMap(({ path }) => path)))]
const writer = new ByteWriter()
writer.appendUint32(0x31524150)
const chunks: ColumnChunk[] = columns.flat().map(({ path, entries }) => {
  const schemaPath = [root, ...path]
  const isLevel = path.map(each => (each.repetition_type === 'REQUIRED' ? 0 : 1))
  return writeColumn({
    writer,
    column: {
      ...{ columnName: path.map(each => each.name).join('.'), schemaPath },
      // The package refuses repeated leaves, and writes them well.
      element: { ...path.at(-1)!, repetition_type: 'REQUIRED' },
      ...{ codec: 'UNCOMPRESSED', compressors: {}, stats: false, pageSize: 1 << 20, encoding: 'PLAIN' },
      ...{ columnIndex: false, offsetIndex: false },
    },
    pageData: {
      values: entries.map(([, , value]) => value ?? null),
      definitionLevels: entries.map(([, definition]) => definition),
      repetitionLevels: entries.map(([repetition]) => repetition),
      maxDefinitionLevel: isLevel.reduce<number>((sum, level) => sum + level, 0),
    },
  }).chunk
})
writeMetadata(writer, {
  ...{ version: 1, created_by: 'odps-tunnel tests', schema, num_rows: BigInt(rows), metadata_length: 0 },
  row_groups: [{ columns: chunks, total_byte_size: 0n, num_rows: BigInt(rows) }],
})
writer.appendUint32(0x31524150)
writeFileSync(new URL('old-lists.parquet', import.meta.url), writer.getBytes())
