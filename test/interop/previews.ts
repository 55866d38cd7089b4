import { describe, test } from 'node:test'
import { type DataType, parseDataType } from '../../lib/index.js'
import { compareRows, type Row } from './cells.js'
import { ClientError } from './client-process.js'
import type { Client, Context } from './context.js'
import { clientNames } from './install.js'
import { type TypeCase, typeCases } from './matrix.js'
import { good } from './report.js'

/** Writes down what each client makes of each type; where it fails is for the table and its notes to tell. */
export const testPreviews = (context: () => Context): void => {
  describe('previews', () => {
    for (const name of clientNames)
      test(`${name}: every data type`, async t => {
        const client = context().clients.find(each => each.name === name)
        if (client === undefined) t.skip('not installed')
        else
          for (const each of typeCases.filter(({ clients = clientNames }) => clients.includes(name)))
            context().report.set('Previews', each.type, name, await preview(context(), client, each))
      })
  })
}

const preview = async (context: Context, client: Client, { type, cells }: TypeCase): Promise<string> => {
  const columns = [{ name: 'v', type }]
  const rows: Row[] = [...cells, null].map(cell => [cell])
  const table = await context.createTable(columns)
  await context.write({ table }, columns, rows)
  try {
    const actual = await client.call<Row[]>('preview', { table, limit: rows.length })
    const wrong = rows.filter((row, i) => !isSame(actual[i], row, parseDataType(type))).length
    return wrong === 0 ? good : `${wrong} of ${rows.length} rows wrong`
  } catch (error) {
    if (error instanceof ClientError) return `fails: ${error.kind}`
    throw error
  }
}

/** Text of decimals that is none counts as wrong. */
const isSame = (actual: Row | undefined, expected: Row, type: DataType): boolean => {
  try {
    return actual !== undefined && compareRows([actual], [expected], [type]).length === 0
  } catch {
    return false
  }
}
