import type { TableName } from '../schema/table-name.js'

/** Two parts are schema and table; who comes from two-tier projects may have meant project and table. */
export const nameHints = ({ schemaName, table }: TableName): Readonly<Record<string, string>> => {
  if (schemaName === undefined) return {}
  const hint = `Check the names; '${schemaName}.${table}' means schema and table: if '${schemaName}' is a project, give it as the option project.`
  return { ODPS_NO_SUCH_SCHEMA: hint, ODPS_NO_SUCH_TABLE: hint }
}
