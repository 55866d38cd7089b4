import type { StatementPlace } from './submit-instance.js'

/** The last in line, as all clients submit unless told otherwise. */
export const defaultPriority = 9

/** What statements are run with: today's data types, and names of three parts where there are schemas. */
export const settingsOf = (
  { schemaName }: StatementPlace,
  hints: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  'odps.sql.type.system.odps2': 'true',
  ...(schemaName !== undefined && {
    'odps.namespace.schema': 'true',
    'odps.sql.allow.namespace.schema': 'true',
    'odps.default.schema': schemaName,
  }),
  ...hints,
})
