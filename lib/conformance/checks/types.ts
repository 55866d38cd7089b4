import type { Check } from '../check.js'
import { expectSameRows } from '../records.js'
import { askForRows, createDownload } from '../sessions.js'
import { definitionOf } from '../table-definitions.js'
import { type TypedColumn, type TypedTable, typedColumns } from '../typed-columns.js'

/** Uploaded with the rows of its table, downloaded alone. */
const typeCheck = (key: TypedTable, index: number, { name, type }: TypedColumn): Check => ({
  id: `types.${name.replaceAll('_', '-')}`,
  sentence: `A column \`${type.toUpperCase()}\` can be made, and its values come back as they were uploaded.`,
  tables: [key],
  requests: 2,
  run: async context => {
    const { schema, rows = [] } = definitionOf(key)
    const column = schema.columns[index]!
    const download = await createDownload(context, context.table(key))
    const range = [0, rows.length] as const
    const answer = await askForRows(context, download, range, { columns: [column.name], version: 5 })
    const expected = rows.map(row => [row[index]])
    return (await expectSameRows([column], answer, expected)) ? undefined : 'spelled otherwise'
  },
})

export const typeChecks: readonly Check[] = Object.entries(typedColumns).flatMap(([key, columns]) =>
  columns.map((column, index) => typeCheck(key as TypedTable, index, column)),
)
