import { type Plan, type PlannedTable, plannedTables } from '../../conformance/plan.js'
import { countOf, formatBytes, formatCount } from '../transfer/units.js'

/** What a run will do, as lines. */
export const describePlan = (plan: Plan): string[] => [
  `${countOf(plan.checks.length, 'assumption')} about the service, in these tables, which are made now and dropped at the end:`,
  ...plannedTables(plan).map(describeTable),
  `At most ${countOf(plan.statements, 'statement')}, about ${formatCount(plan.requests)} requests, ${formatBytes(plan.bytes)} of rows.`,
]

const describeTable = ({ title, columns, partitionLevels }: PlannedTable): string => {
  const partitions = partitionLevels === 0 ? '' : `, ${countOf(partitionLevels, 'partition level')}`
  return `  ${title} (${countOf(columns, 'column')}${partitions})`
}
