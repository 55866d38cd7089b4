import { tell } from '../diagnostics.js'
import { loadOnce } from '../load-once.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { TableResource } from '../session/table-resource.js'
import { RowStream, type RowStreamEvents } from '../upload/row-stream.js'
import type { UploadTotals } from '../upload/upload-results.js'
import { type UpsertRow, type UpsertStreamOptions, upsertSettings } from './upsert-options.js'
import type { UpsertResult, UpsertSession } from './upsert-session.js'
import type { UpsertSessionResult } from './upsert-transaction.js'

/** Few programs upsert: what does is loaded for those. */
export const loadUpserts = loadOnce(() => import('./upsert-transaction.js'))

/** The events of an {@link UpsertStream}, and what their listeners get. */
export interface UpsertEvents extends RowStreamEvents {
  /** The session is open. */
  session: [session: UpsertSession]
  /** The rows are committed. */
  finish: []
}

/**
 * A Writable (object mode) that puts rows into a table with a primary key, each in place of the row with its key. A chunk is one
 * row: an array in column order, or an object keyed by column name; a deletion or a partial row, as `deleteRow` and
 * `partialRow` make them; or a `RowBatch` of these.
 *
 * `finish` means that the rows are committed. `destroy` gives the session up. Events beside Node's: `session` (the
 * UpsertSession, once open), `progress` (`UploadStats`, a few times a second; its blocks are requests with rows).
 */
export class UpsertStream<Row = unknown> extends RowStream<
  Row,
  UpsertSessionResult,
  UpsertResult,
  UpsertEvents
> {
  #session: UpsertSession | undefined

  /** @internal */
  constructor(table: TableResource, options: UpsertStreamOptions<TableSchema>) {
    const settings = upsertSettings('createUpsertStream', table.client, options)
    super({
      table: table.named,
      budget: table.client.budget,
      begin: async context => {
        const { UpsertTransaction } = await loadUpserts()
        return UpsertTransaction.open(table, settings, options, context, session => {
          this.#session = session
          tell(() => this.emit('session', session))
        })
      },
      compression: settings.compression,
      concurrency: settings.concurrency,
      onRowError: options.onRowError ?? 'fail',
      maxRowErrors: options.maxRowErrors ?? Number.POSITIVE_INFINITY,
      commit: true,
      highWaterMark: options.highWaterMark ?? 64,
      signal: options.signal,
    })
  }

  /** The session, once it is open. */
  get session(): UpsertSession | undefined {
    return this.#session
  }

  /**
   * Resolves when the rows are committed, before `finish`; rejects with the stream's error. A failure is told once: by the
   * event `error` if somebody listens for it, and else by this promise, if it was asked for.
   */
  get committed(): Promise<UpsertResult> {
    return this.outcome
  }

  protected override get lastSessionId(): string | undefined {
    return this.#session?.sessionId
  }

  protected override toResult(end: UpsertSessionResult & UploadTotals): UpsertResult {
    return end
  }
}

/** The stream that options of that schema make. */
export type UpsertStreamOf<Schema extends TableSchema> = UpsertStream<UpsertRow<Schema>>
