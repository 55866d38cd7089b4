import { TunnelSessionError } from '../errors.js'
import { formatDataType } from '../schema/data-type.js'
import type { Column } from '../schema/table-schema.js'
import type { StreamSession } from './stream-session.js'

/*
 * A stream outlives changes of its table. Records number their fields by the place of their column, so packs that are on their way
 * still fit where columns were only added at the end. Any other change could put values into a column they are not of, or lose
 * them, and nobody could tell afterwards: the stream fails.
 */

export type OnSchemaChange = 'fail' | 'reload'

/**
 * Makes sure that packs encoded for one session may go to the next.
 * @throws TunnelSessionError ODPS_SCHEMA_CHANGED
 */
export const followSchema = (
  { schema: { columns: before } }: StreamSession,
  { schema: { columns: after }, sessionId }: StreamSession,
  onSchemaChange: OnSchemaChange,
  title: string,
): void => {
  const added = after.slice(before.length)
  const changes = [
    ...before.flatMap((column, i) => changeOf(column, after[i])),
    ...added.filter(({ nullable }) => !nullable).map(({ name }) => `column '${name}' was added as NOT NULL`),
  ]
  if (changes.length === 0 && (added.length === 0 || onSchemaChange === 'reload')) return
  const shown = changes.length > 0 ? changes : added.map(({ name }) => `column '${name}' was added`)
  const next =
    changes.length > 0
      ? 'Create a new stream, and write the rows that no flush has told of again.'
      : "Create a new stream, or pass onSchemaChange: 'reload' so that this one goes on."
  throw new TunnelSessionError(
    'ODPS_SCHEMA_CHANGED',
    `The columns of ${title} have changed: ${shown.slice(0, 10).join('; ')}. ${next}`,
    { sessionId },
  )
}

const changeOf = (before: Column, after: Column | undefined): string[] => {
  const { name } = before
  if (after === undefined) return [`column '${name}' is gone`]
  if (after.name.toLowerCase() !== name.toLowerCase())
    return [`'${after.name}' is where column '${name}' was`]
  const [type, now] = [formatDataType(before.type), formatDataType(after.type)]
  if (type !== now) return [`column '${name}' is ${now}, not ${type}`]
  return before.nullable && !after.nullable ? [`column '${name}' is NOT NULL now`] : []
}

/**
 * Rows as lists have their cells in the order of the columns that the program knows: where columns were added since, the new
 * ones are NULL. Cells of partition columns stay behind them.
 */
export class Widening {
  readonly #widths = new Set<number>()
  readonly #behind: number
  #width: number

  /** @param behind how many cells lists have behind those of the columns */
  constructor(width: number, behind = 0) {
    this.#width = width
    this.#behind = behind
  }

  /** The columns of now. */
  widen(width: number): void {
    if (width === this.#width) return
    this.#widths.add(this.#width)
    this.#width = width
  }

  rowOf(row: unknown): unknown {
    if (this.#widths.size === 0 || !Array.isArray(row)) return row
    const width = row.length - this.#behind
    if (!this.#widths.has(width)) return row
    return [...row.slice(0, width), ...new Array<null>(this.#width - width).fill(null), ...row.slice(width)]
  }
}
