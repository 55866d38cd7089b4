import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.ts'))

const tests = filesBelow('test').filter(name => name.endsWith('.test.ts'))

/** `a/b.ts` is tested by `a/b.test.ts`; the tests of a large file may be several, `a/b.part.test.ts`. */
const tested = new Set(tests.map(name => name.replace(/(\.[a-z-]+)?\.test\.ts$/, '.ts')))

/** From a file of less it is seen at once that it is right, or else it is seen by what uses it. */
const maxUntestedLines = 50

/** Lines that do something: neither blank nor comment, import or declaration of a type. */
const linesOfLogic = (source: string): number =>
  source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^(import|export) [^'()=]*from '[^']+'$/gm, '')
    .replaceAll(/^(export )?(interface|type) [\s\S]*?\n(?=\n|$(?![\s\S]))/gm, '')
    .split('\n')
    .filter(line => !/^\s*(\/\/.*)?$/.test(line)).length

/**
 * Files that are tested elsewhere, by the test that holds them. They have no test of their own because what they do shows
 * only together with others, or because the same cases are held against several of them at once.
 */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  // Golden bodies, random changes against a plain Map, and every failure that a request can have.
  'upsert/upsert-encoder.test.ts': ['upsert/upsert-cells.ts'],
  'upsert/hash/key-hash.test.ts': ['upsert/hash/key-value.ts'],
  'upsert/upsert-session.test.ts': ['upsert/bucket-writer.ts', 'upsert/open-upsert-session.ts'],
  'upsert/upsert-stream.test.ts': [
    'upsert/commit-upsert.ts',
    'upsert/upsert-requests.ts',
    'upsert/upsert-routes.ts',
  ],
  'emulator/tunnel/upsert-handlers.test.ts': [
    'emulator/store/merge-rows.ts',
    'emulator/tunnel/served-upsert.ts',
    'emulator/tunnel/upsert-records.ts',
  ],
  // Every type of Arrow, as pyarrow and PyODPS wrote it; what a format calls invalid; and both directions of one table.
  'cli/formats/arrow/file.test.ts': [
    'arrow/columns/column.ts',
    'arrow/columns/dictionaries.ts',
    'arrow/columns/sizes.ts',
    'arrow/ipc/batch.ts',
    'arrow/ipc/schema.ts',
  ],
  'cli/formats/arrow/writer.test.ts': [
    'arrow/columns/layout.ts',
    'arrow/columns/leaf.ts',
    'arrow/ipc/encode-message.ts',
    'arrow/ipc/flatbuffer-writer.ts',
    'cli/formats/arrow/file-forms.ts',
    'cli/formats/arrow/file-type.ts',
  ],
  'arrow/tunnel/batch-reader.test.ts': [
    'arrow/ipc/message-splitter.ts',
    'arrow/ipc/message.ts',
    'arrow/tunnel/match-type.ts',
    'arrow/tunnel/wire-fields.ts',
    'arrow/tunnel/wire-forms.ts',
    'arrow/tunnel/wire-plan.ts',
    'arrow/tunnel/wire-types.ts',
  ],
  'arrow-streams/download/arrow-download-stream.test.ts': ['arrow-streams/download/batch-output.ts'],
  'arrow-streams/upload/arrow-upload-stream.test.ts': [
    'arrow-streams/upload/arrow-transaction.ts',
    'arrow-streams/upload/batch-blocks.ts',
    'arrow-streams/upload/batch-input.ts',
    'arrow-streams/upload/batch-source.ts',
    'arrow-streams/upload/record-batch-parts.ts',
    'arrow-streams/upload/upload-arrow.ts',
  ],
  // Queries as DuckDB answers them when they are rewritten, by the values of MaxCompute's reference.
  'emulator/sql/rewrite/functions.test.ts': [
    'emulator/sql/rewrite/call.ts',
    'emulator/sql/rewrite/cast.ts',
    'emulator/sql/rewrite/expression.ts',
    'emulator/sql/rewrite/from.ts',
    'emulator/sql/rewrite/functions/aggregates.ts',
    'emulator/sql/rewrite/functions/arrays.ts',
    'emulator/sql/rewrite/functions/numbers.ts',
    'emulator/sql/rewrite/functions/texts.ts',
    'emulator/sql/rewrite/functions/times.ts',
    'emulator/sql/rewrite/layers.ts',
    'emulator/sql/rewrite/literal.ts',
    'emulator/sql/rewrite/operators.ts',
    'emulator/sql/rewrite/query.ts',
    'emulator/sql/rewrite/rewriting.ts',
    'emulator/sql/rewrite/scope.ts',
    'emulator/sql/rewrite/table-functions.ts',
    'emulator/sql/rewrite/window.ts',
  ],
  'emulator/tunnel/receive-arrow.test.ts': [
    'emulator/tunnel/arrow-cells.ts',
    'emulator/tunnel/arrow-forms.ts',
  ],
  // Pages of Parquet, as pyarrow, DuckDB and others wrote them.
  // Pages against values: the same records, bad records and refusals, of whole and of damaged files.
  'cli/formats/parquet/records.test.ts': [
    'cli/formats/parquet/groups.ts',
    'cli/formats/parquet/page-bytes.ts',
    'cli/formats/parquet/page-cells.ts',
    'cli/formats/parquet/page-group.ts',
    'codec/pages/page-encoder.ts',
  ],
  'cli/formats/parquet/writer.test.ts': [
    'cli/formats/parquet/column.ts',
    'cli/formats/parquet/leaf.ts',
    'cli/formats/parquet/page.ts',
    'cli/formats/parquet/schema.ts',
    'cli/formats/parquet/shredder.ts',
  ],
  // Three ways to write and read a record, held to the same vectors.
  'codec/vectors.test.ts': [
    'codec/codec-of.ts',
    'codec/generated/compiled-reader.ts',
    'codec/generated/decoder-code.ts',
    'codec/generated/encode.ts',
    'codec/generated/encoder-code.ts',
    'codec/plain/encode.ts',
    'codec/stream/value-walker.ts',
    'codec/wasm/decoder-code.ts',
    'codec/wasm/encoder-code.ts',
    'codec/wasm/nested-reading.ts',
    'codec/wasm/nested-staging.ts',
    'codec/wasm/staged-rows.ts',
    'codec/wasm/value-reading.ts',
    'codec/wasm/value-staging.ts',
  ],
  // In WebAssembly and without, with the same outcome.
  'codec/stream/record-scanner.test.ts': ['codec/rows/record-verifier.ts', 'codec/wasm/verifying-plan.ts'],
  'codec/rows/record-encoder.test.ts': ['codec/rows/row-cells.ts'],
  'codec/rows/record-scatterer.test.ts': ['codec/wasm/scatter.ts'],
  // Steps of one transfer, and what becomes of it when one of them fails.
  'download/range-rows.test.ts': [
    'download/download-reader.ts',
    'download/range-answer.ts',
    'download/range-reader.ts',
  ],
  'download/download-session.test.ts': ['download/download-config.ts', 'download/download-state.ts'],
  'upload/uploader.test.ts': ['upload/block-builder.ts', 'upload/block-sender.ts'],
  'upload/upload-stream.test.ts': ['upload/row-stream.ts'],
  'streaming-upload/streaming-upload-stream.test.ts': [
    'streaming-upload/create-streaming-upload-stream.ts',
    'streaming-upload/live-session.ts',
    'streaming-upload/pack-target.ts',
    'streaming-upload/streaming-transaction.ts',
  ],
  'upload/upload-session.test.ts': [
    'upload/create-upload-stream.ts',
    'upload/new-upload-stream.ts',
    'upload/upload-requests.ts',
  ],
  'download/renewing-source.test.ts': ['session/data-version.ts'],
  'query/query.test.ts': [
    'query/run-instance.ts',
    'session/instance/instance-requests.ts',
    'session/instance/query-failure.ts',
    'session/instance/submit-instance.ts',
  ],
  'session/emulator.test.ts': ['session/resource.ts', 'session/table-resource.ts'],
  'http/tunnel-client.test.ts': ['http/signed-request.ts'],
  'catalogue/listing.test.ts': ['catalogue/catalogue.ts', 'catalogue/list-tables.ts'],
  // Cells of CSV, by every way that reads them.
  'text/csv/scanner.test.ts': ['text/csv/cell-reader.ts'],
  'transforms/parse-csv.test.ts': ['text/csv/rows.ts'],
  // Commands, as they are typed.
  'cli/help-text.test.ts': ['cli/commands.ts'],
  'cli/run.test.ts': ['cli/call.ts'],
  'cli/config/settings.test.ts': ['cli/config/command.ts'],
  'cli/parse-arguments.test.ts': [
    'cli/download/command.ts',
    'cli/transfer/transfer-options.ts',
    'cli/upload/command.ts',
    'cli/upload/file-options.ts',
  ],
  'cli/golden.test.ts': [
    'cli/formats/infer/candidates.ts',
    'cli/formats/infer/columns.ts',
    'cli/table/count-command.ts',
    'cli/table/infer-command.ts',
    'cli/table/schema-command.ts',
  ],
  'cli/catalogue/catalogue.test.ts': [
    'cli/catalogue/partitions-command.ts',
    'cli/catalogue/tables-command.ts',
  ],
  'cli/download/download-job.test.ts': ['cli/download/plan-outputs.ts'],
  'cli/upload/partition-by.test.ts': [
    'cli/upload/explain.ts',
    'cli/upload/open-upload.ts',
    'cli/upload/partition-columns.ts',
    'cli/upload/partition-commits.ts',
  ],
  'cli/upload/upload-job.test.ts': [
    'cli/transfer/bad-records.ts',
    'cli/transfer/plan-columns.ts',
    'cli/upload/files-request.ts',
    'cli/upload/upload-inputs.ts',
  ],
  'cli/upsert/upsert-job.test.ts': ['cli/upsert/command.ts'],
  'cli/files/byte-input.test.ts': ['cli/files/place.ts'],
  'cli/files/byte-output.test.ts': ['cli/files/sink.ts'],
  // Whatever records become text, the careful way must print the same.
  'cli/formats/csv/printing.test.ts': [
    'cli/formats/times/pattern-steps.ts',
    'codec/printing/cell-print.ts',
    'codec/printing/printer.ts',
    'codec/printing/time-steps.ts',
    'wire/csv-writer-memory.ts',
  ],
  'cli/round-trip.test.ts': ['cli/formats/json/row-maker.ts', 'cli/formats/json/writer.ts'],
  'cli/formats/cells.test.ts': ['cli/formats/odpscmd/cells.ts'],
  'cli/formats/csv/source.test.ts': ['cli/formats/text-options.ts'],
  'cli/journal/journal.test.ts': [
    'cli/journal/entry.ts',
    'cli/journal/sessions-command.ts',
    'cli/journal/transfer-log.ts',
  ],
  'copy/copy-table.test.ts': [
    'copy/copy-options.ts',
    'copy/copy-partition.ts',
    'copy/copy-run.ts',
    'copy/map-cells.ts',
    'copy/plan-partitions.ts',
  ],
  // Read in WebAssembly and by the careful way, random files of all types and options.
  'cli/formats/csv/records.test.ts': ['text/csv/quick-records.ts', 'text/csv/record-plan.ts'],
  'copy/raw-records.test.ts': ['copy/range-content.ts', 'copy/raw-transaction.ts'],
  'upload/partitions/partitioned-upload.test.ts': [
    'upload/partitions/partition-keys.ts',
    'upload/partitions/partition.ts',
    'upload/partitions/partitions-transaction.ts',
  ],
  'cli/copy/copy-job.test.ts': ['cli/copy/command.ts'],
  'cli/query/query-commands.test.ts': ['cli/query/query-command.ts'],
  // The emulator, as clients see it.
  'emulator/server/verify-signature.test.ts': [
    'emulator/server/authenticate.ts',
    'emulator/server/service-refusal.ts',
  ],
  'emulator/server/request-handler.test.ts': [
    'emulator/server/emulator-request.ts',
    'emulator/server/http-exchange.ts',
    'emulator/server/http-server.ts',
  ],
  'emulator/sql/parse-sql.test.ts': [
    'emulator/sql/absent-sql.ts',
    'emulator/sql/parse-alter.ts',
    'emulator/sql/parse-values.ts',
  ],
  'emulator/sql/insert.test.ts': ['emulator/sql/split-result.ts'],
  'emulator/sql/change-rows.test.ts': ['emulator/sql/parse-change.ts'],
  'emulator/sql/multi-insert.test.ts': ['emulator/sql/parse-multi-insert.ts'],
  'emulator/sql/select.test.ts': ['emulator/sql/run-query.ts', 'emulator/sql/sql-error.ts'],
  'emulator/sql/engine/engine.test.ts': [
    'emulator/sql/engine/engine-error.ts',
    'emulator/sql/engine/duck-types.ts',
    'emulator/sql/engine/engine-query.ts',
    'emulator/sql/engine/engine-result.ts',
    'emulator/sql/engine/feed-cells.ts',
    'emulator/sql/engine/feed-table.ts',
    'emulator/sql/engine/result-cells.ts',
  ],
  'emulator/rest/schema-handlers.test.ts': ['emulator/schema-catalog.ts'],
  'emulator/store/disk-store.test.ts': ['emulator/store/directory-lock.ts', 'emulator/store/disk-segment.ts'],
  'emulator/emulated-rows.test.ts': ['emulator/running-emulator.ts', 'emulator/table.ts'],
  // Each check against the emulator, and against one that answers otherwise.
  'conformance/checks.test.ts': [
    'conformance/answer.ts',
    'conformance/checks/arrow.ts',
    'conformance/checks/compressions.ts',
    'conformance/checks/downloads.ts',
    'conformance/checks/errors.ts',
    'conformance/checks/partitions.ts',
    'conformance/checks/results.ts',
    'conformance/checks/routing.ts',
    'conformance/checks/sessions.ts',
    'conformance/checks/signatures.ts',
    'conformance/checks/statements.ts',
    'conformance/checks/streams.ts',
    'conformance/checks/uploads.ts',
    'conformance/checks/upserts.ts',
    'conformance/records.ts',
    'conformance/sessions.ts',
    'conformance/typed-columns.ts',
  ],
  'conformance/conformance.test.ts': [
    'conformance/report.ts',
    'conformance/run-checks.ts',
    'conformance/scratch-tables.ts',
  ],
  // What callers see of options and errors.
  'tunnel.test.ts': ['errors.ts', 'options.ts'],
}

const untested = filesBelow('lib').filter(
  name =>
    !tested.has(name) &&
    !name.startsWith('wire/assembly/') &&
    linesOfLogic(readFileSync(join(root, 'lib', name), 'utf8')) > maxUntestedLines,
)

describe('tests lie where what they test lies', () => {
  test('every file with logic has its test at its path, or is listed with the test that holds it', () => {
    const listed = new Set(Object.values(elsewhere).flat())
    assert.deepEqual(
      untested.filter(name => !listed.has(name)),
      [],
    )
  })

  test('the list has no file that has its own test, is small, or is gone; and no test that is gone', () => {
    const known = new Set(untested)
    assert.deepEqual(
      Object.values(elsewhere)
        .flat()
        .filter(name => !known.has(name)),
      [],
    )
    assert.deepEqual(
      Object.keys(elsewhere).filter(name => !existsSync(join(root, 'test', name))),
      [],
    )
  })
})
