import type { TableSchema } from '../../schema/table-schema.js'
import type { Catalog } from '../catalog.js'
import type { ServiceClock } from '../clock.js'
import { noSuchDownload } from '../server/service-refusal.js'
import type { Segment } from '../store/table-store.js'
import { countRows } from '../table.js'
import { newSessionId, sessionLifeMs } from './session-id.js'

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
  readonly #clock: ServiceClock
  readonly #sessions = new Map<string, ServedDownload>()

  constructor(catalog: Catalog, clock: ServiceClock) {
    this.#catalog = catalog
    this.#clock = clock
  }

  create(download: NewServedDownload): ServedDownload {
    const now = this.#clock.now()
    this.#expire(now)
    const rows = download.rows ?? countRows(download.segments)
    const session = { ...download, rows, id: newSessionId(this.#clock), createdAt: now }
    this.#catalog.hold(session.segments)
    this.#sessions.set(session.id, session)
    return session
  }

  #expire(now: number): void {
    for (const session of this.#sessions.values()) {
      if (session.createdAt + sessionLifeMs > now) break
      this.#sessions.delete(session.id)
      void this.#catalog.release(session.segments)
    }
  }

  /** @throws ServiceRefusal NoSuchDownload when it is unknown, over, or of another table or instance. */
  get(id: string, owner: string): ServedDownload {
    const session = this.#sessions.get(id)
    const usable = session?.owner === owner && session.createdAt + sessionLifeMs > this.#clock.now()
    if (!usable) throw noSuchDownload()
    return session
  }
}
