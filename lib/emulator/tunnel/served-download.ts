import type { TableSchema } from '../../schema/table-schema.js'
import type { Catalog } from '../catalog.js'
import type { ServiceClock } from '../clock.js'
import { noSuchDownload } from '../server/service-refusal.js'
import type { Segment } from '../store/table-store.js'
import { countRows } from '../table.js'
import { SessionMap } from './session-map.js'

/** A snapshot: later commits don't change it. */
export interface ServedDownload {
  readonly id: string
  /** What it belongs to: a table's or an instance's id. */
  readonly owner: string
  readonly schema: TableSchema
  readonly segments: readonly Segment[]
  readonly rows: number
  readonly quotaName: string
  readonly createdAt: number
}

export type NewServedDownload = Pick<ServedDownload, 'owner' | 'schema' | 'segments' | 'quotaName'> & {
  /** Fewer than the segments have. */
  readonly rows?: number
}

export class ServedDownloads {
  readonly #catalog: Catalog
  readonly #sessions: SessionMap<ServedDownload>

  constructor(catalog: Catalog, clock: ServiceClock) {
    this.#catalog = catalog
    this.#sessions = new SessionMap(clock, ({ segments }) => void catalog.release(segments))
  }

  create(download: NewServedDownload): ServedDownload {
    const { segments, rows = countRows(segments) } = download
    this.#catalog.hold(segments)
    return this.#sessions.add((id, createdAt) => ({ ...download, rows, id, createdAt }))
  }

  /** @throws ServiceRefusal NoSuchDownload when it is unknown, over, or of another table or instance. */
  get(id: string, owner: string): ServedDownload {
    const session = this.#sessions.get(id)
    if (session?.owner !== owner) throw noSuchDownload()
    return session
  }
}
