import { Catalog } from './catalog.js'
import { serviceClockOf } from './clock.js'
import type { Emulator } from './emulator.js'
import { checkEmulatorOptions, type EmulatorOptions } from './emulator-options.js'
import { QueryAnswers } from './queries.js'
import { createInstanceList } from './rest/instance-list.js'
import { RunningEmulator } from './running-emulator.js'
import { SchemaCatalog } from './schema-catalog.js'
import { createBearerTokens } from './server/bearer-tokens.js'
import type { Service } from './service.js'
import { openDiskStore } from './store/disk-store.js'
import { createMemoryStore } from './store/memory-store.js'
import { ServedDownloads } from './tunnel/served-download.js'
import { ServedStreams } from './tunnel/served-stream.js'
import { ServedUploads } from './tunnel/served-upload.js'
import { ServedUpserts } from './tunnel/served-upsert.js'
import { Slots } from './tunnel/slots.js'

/**
 * Starts an emulator. It speaks the wire protocol of the service: PyODPS and the Java and Go clients work against it.
 * @throws TunnelOptionError for a wrong option, TunnelValueError for a row of `queries` that doesn't fit, TunnelOptionError for a `dataDir` that another emulator uses.
 */
export const startEmulator = async (options: EmulatorOptions = {}): Promise<Emulator> => {
  checkEmulatorOptions(options)
  const { dataDir, log = () => {}, projects, timeZone = 'UTC' } = options
  const clock = serviceClockOf(options.clock)
  const queries = new QueryAnswers(options.queries)
  const store = dataDir === undefined ? createMemoryStore() : await openDiskStore(dataDir, clock)
  const catalog = new Catalog(store, clock)
  const schemas = new SchemaCatalog(store, catalog, clock)
  const service: Service = {
    catalog,
    schemas,
    store,
    uploads: new ServedUploads(catalog, clock),
    upserts: new ServedUpserts({ catalog, store, clock }),
    streams: new ServedStreams(catalog, clock),
    slots: new Slots(),
    downloads: new ServedDownloads(catalog, clock),
    instances: createInstanceList(clock, instance => {
      const { outcome } = instance
      if (outcome.status === 'Success' && typeof outcome.result !== 'string')
        void catalog.release(outcome.result.segments)
    }),
    tokens: createBearerTokens(clock),
    queries,
    projects: projects && new Set(projects.map(name => name.toLowerCase())),
    timeZone,
    clock,
    log,
  }
  const emulator = new RunningEmulator(service, options)
  try {
    await catalog.load()
    await schemas.load()
    await emulator.listen()
  } catch (error) {
    await store.close()
    throw error
  }
  return emulator
}
