import type { TunnelSessionError } from '../errors.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { TableResource } from '../session/table-resource.js'
import { timed } from '../session/transfer-stats.js'
import { outcomeOf } from '../upload/commit-outcome.js'
import type { SendingContext, Transaction } from '../upload/transaction.js'
import { beginUpserts } from './open-upsert-session.js'
import type { UpsertSettings } from './upsert-options.js'
import type { UpsertSession } from './upsert-session.js'

export { createUpsertSession, openUpsertSession } from './open-upsert-session.js'

/** What upserts tell at the end besides counts. */
export interface UpsertSessionResult {
  readonly sessionId: string
}

/** A stream's upserts: a session that is committed at its end, and given up otherwise. */
export class UpsertTransaction implements Transaction<UpsertSessionResult> {
  readonly #session: UpsertSession
  readonly #context: SendingContext
  #commit: Promise<void> | undefined

  private constructor(session: UpsertSession, context: SendingContext) {
    this.#session = session
    this.#context = context
  }

  static async open(
    table: TableResource,
    settings: UpsertSettings,
    options: { readonly slots?: number | undefined; readonly schema?: TableSchema | undefined },
    context: SendingContext,
    onSession: (session: UpsertSession) => void,
  ): Promise<UpsertTransaction> {
    const { call, stats } = context
    const session = await timed(
      stats.phaseMs,
      'open',
      beginUpserts(table, settings, options, { context }, call),
    )
    onSession(session)
    return new UpsertTransaction(session, context)
  }

  get result(): UpsertSessionResult {
    return { sessionId: this.#session.sessionId }
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    return this.#session.add(row, rowIndex)
  }

  close(): undefined {}

  async sent(): Promise<void> {
    await this.#session.sent()
  }

  async commit(): Promise<void> {
    const { call, stats } = this.#context
    this.#commit = timed(stats.phaseMs, 'commit', this.#session.settle(call))
    await this.#commit
  }

  destroy(): void {
    this.#session.destroy()
  }

  async rest(): Promise<TunnelSessionError | undefined> {
    const outcome = this.#commit && (await outcomeOf(this.#commit))
    await this.#session.giveUp()
    return outcome
  }
}
