import type { FormatName } from '../formats/file-format.js'
import { CliError } from '../usage-error.js'
import type { SourceInfo } from './describe-source.js'
import type { Output } from './plan-outputs.js'

/** In these a column is found by its name. */
const byName: ReadonlySet<FormatName> = new Set(['json', 'ndjson', 'parquet', 'arrow', 'arrow-stream'])

/**
 * A query may give two columns one name. A line of CSV has room for both, a JSON object hasn't.
 * @throws CliError
 */
export const checkNames = ({ schema }: SourceInfo, outputs: readonly Output[]): void => {
  const format = outputs.find(output => byName.has(output.format.name))?.format.name
  if (format === undefined) return
  const seen = new Set<string>()
  for (const { name } of schema.columns) {
    if (seen.has(name))
      throw new CliError(
        `two columns of the result are named '${name}', which ${format} has no room for`,
        'Name them apart in the query, or write CSV',
      )
    seen.add(name)
  }
}
