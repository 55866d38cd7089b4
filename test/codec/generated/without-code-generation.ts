/* Run by code-generation.test.ts in a process that may not make code from strings. */
import { mayGenerateCode } from '../../../lib/codec/generated/generated-code.js'
import { createRecordDecoder } from '../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { columns } from '../hand-made-stream.js'

const schema = columns('a:int b:string')
const encoder = createRecordEncoder(schema)
encoder.write([1, 'x'], 0)
const rows: unknown[] = []
createRecordDecoder(schema).push(encoder.finish(), rows)
process.stdout.write(`${mayGenerateCode()} ${JSON.stringify(rows)}\n`)
