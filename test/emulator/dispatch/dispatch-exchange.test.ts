/*
 * The stream tests once more, without a socket: what they expect of an upload or a download must not depend on what carries its
 * requests. The variable is read when a test makes its emulator, in this process alone.
 */
process.env['ODPS_TEST_TRANSPORT'] = 'in-process'

await import('../../upload/upload-outcome.test.js')
await import('../../upload/upload-stream.test.js')
await import('../../download/download-stream.outcomes.test.js')
await import('../../download/download-stream.test.js')
await import('../../download/renewing-source.test.js')
