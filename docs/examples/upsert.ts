/*
 * Applies changes that a database has recorded (change data capture) to a table with a primary key: inserted and updated
 * rows are upserts, deleted ones deletions, all visible together at the end. A run that fails changes nothing, so
 * it can simply be started again.
 *
 *   await using tunnel = new Tunnel()
 *   const result = await applyChanges(tunnel, 'customers', readChanges())
 */
import {
  type DeleteRow,
  deleteRow,
  type PartialRow,
  partialRow,
  type Tunnel,
  type UpsertResult,
} from 'odps-tunnel'

/** One change of a row, as tools that follow a database's log report it. */
export type RowChange =
  | { readonly op: 'insert'; readonly row: Readonly<Record<string, unknown>> }
  | { readonly op: 'delete'; readonly key: Readonly<Record<string, unknown>> }
  | {
      readonly op: 'update'
      readonly key: Readonly<Record<string, unknown>>
      /** Only what was changed. */
      readonly set: Readonly<Record<string, unknown>>
    }

/** @param changes in the order in which they happened: of one key the last one wins */
export const applyChanges = async (
  tunnel: Tunnel,
  table: string,
  changes: AsyncIterable<RowChange> | Iterable<RowChange>,
): Promise<UpsertResult> => {
  await using upserts = tunnel.createUpsertStream({ table })
  await upserts.writeAll(chunksOf(changes))
  upserts.end()
  return await upserts.committed
}

async function* chunksOf(
  changes: AsyncIterable<RowChange> | Iterable<RowChange>,
): AsyncGenerator<Readonly<Record<string, unknown>> | DeleteRow | PartialRow> {
  for await (const change of changes) {
    if (change.op === 'insert') yield change.row
    else if (change.op === 'delete') yield deleteRow(change.key)
    else yield partialRow({ ...change.key, ...change.set }, Object.keys(change.set))
  }
}
