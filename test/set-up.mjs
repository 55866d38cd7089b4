/* Loaded by run.mjs before every test file. */
import { afterEach, beforeEach } from 'node:test'
import fc from 'fast-check'

// By default fast-check makes lists and texts of about ten elements, whatever `maxLength` says: a property that is named
// for 300 rows would never see 13.
fc.configureGlobal({ baseSize: 'medium', defaultSizeToMaxWhenMaxSpecified: true })

// A limit for each test. The one of the test runner is for a whole file (Node 20), and a long file is not one that hangs.
const limitMs = Number(process.env['TEST_LIMIT_MS'] ?? 240_000)

// A process that something keeps alive after its last test would never end.
const idleMs = 60_000
let idle
const watchIdle = () => {
  idle = setTimeout(() => {
    console.error(
      `No test runs, but the process is kept alive by ${process.getActiveResourcesInfo().join(', ')}: close it in the test.`,
    )
    process.exit(1)
  }, idleMs).unref()
}

// The process that only starts the files has no tests.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  // Node may spin for ever in its own clean-up, after all is done, when a process has reset connections with requests under
  // way (seen on 20.20, in Environment::CleanupHandles): to exit outright avoids it.
  process.on('exit', code => process.reallyExit(code))
  const timers = new Map()
  beforeEach(({ name }) => {
    clearTimeout(idle)
    const tell = () => {
      console.error(`The test '${name}' has taken more than ${limitMs / 1000} s.`)
      process.exit(1)
    }
    timers.set(name, [...(timers.get(name) ?? []), setTimeout(tell, limitMs).unref()])
  })
  afterEach(({ name }) => {
    // Tests that run beside each other may have one name.
    const [timer, ...rest] = timers.get(name) ?? []
    clearTimeout(timer)
    timers.set(name, rest)
    clearTimeout(idle)
    watchIdle()
  })
}
