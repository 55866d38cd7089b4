import { formatPartitionSpec } from '../../schema/partition-spec.js'
import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import { isPartitioned } from '../table.js'
import { checkResult, insertResult, specOf, wantedTypes } from './insert.js'
import { findOwnTable, type SqlContext } from './resolve-name.js'
import { runQuery } from './run-query.js'
import type { SelectResult } from './select.js'
import { placeErrors, semanticException } from './sql-error.js'
import type { Insert, MultiInsert, Query } from './statement.js'

/*
 * Several INSERTs of one statement. All queries see the tables as they were before, and nothing is written before all
 * rows fit their tables.
 */

interface Target {
  readonly table: Table
  readonly insert: Insert
}

export const multiInsert = async (
  service: Service,
  { inserts }: MultiInsert,
  context: SqlContext,
): Promise<void> => {
  const planned: (Target & { readonly result: SelectResult })[] = []
  for (const { insert, position } of inserts)
    await placeErrors(async () => {
      const table = findOwnTable(service, insert.name, context)
      for (const other of planned) checkApart(other, { table, insert })
      const wanted = wantedTypes(table.state, insert)
      const result = await runQuery(service, insert.source as Query, context, { wanted })
      planned.push({ table, insert, result })
      await checkResult(table, insert, result)
    }, position)
  for (const { table, insert, result } of planned) await insertResult(service, table, insert, result)
}

/**
 * By MaxCompute's reference a partition is named once, and a table without partitions only by INSERT INTO more than once.
 * @throws SqlError
 */
const checkApart = (a: Target, b: Target): void => {
  const { state } = a.table
  if (state.id !== b.table.state.id) return
  if (!isPartitioned(state)) {
    if (!a.insert.overwrite && !b.insert.overwrite) return
    throw semanticException(`table ${state.name} is overwritten and named more than once in one statement`)
  }
  if (a.insert.dynamic.length + b.insert.dynamic.length > 0)
    throw semanticException(
      `the emulator does not have several INSERTs into table ${state.name} in one statement, one with dynamic partitions`,
    )
  const [first, second] = [a, b].map(({ insert }) => formatPartitionSpec(specOf(state, insert.partition)))
  if (first === second)
    throw semanticException(
      `partition ${first} of table ${state.name} is named more than once in one statement`,
    )
}
