import { type Column, TunnelError } from '../../../index.js'
import { cellOfJson } from '../../../text/cell-text.js'
import { CellProblem } from '../../../values/cell-problem.js'
import { type JsonArray, JsonObject } from '../../../values/json-tree.js'
import { countOf } from '../../transfer/units.js'
import { columnNameOf, columnNamer } from '../infer/columns.js'
import type { BadRecord, ColumnPlan, SourceField } from '../row-source.js'

/*
 * Makes rows of JSON records. A value becomes a cell when the type of its column is known, and not before: until then it
 * is what was written (see values/json-tree.ts).
 */

export type RecordProblem = Omit<BadRecord, 'record' | 'fields'>

/** Where a key leads that is passed over. */
const nowhere = -1

export class JsonRowMaker {
  readonly #columns: readonly Column[]
  /** By key in lower case. */
  readonly #positions: Map<string, number>
  readonly #unseen: UnseenKeys
  readonly #ignoresOthers: boolean
  readonly #cellOptions: { readonly timeZone: string; readonly json: 'text' }
  /** Of the record before: most have the same keys. */
  #keys: readonly string[] = []
  #slots: readonly number[] = []

  constructor(plan: ColumnPlan, fields: readonly SourceField[], { timeZone }: { readonly timeZone: string }) {
    this.#columns = plan.columns
    this.#positions = positionsOf(plan, fields)
    this.#unseen = new UnseenKeys(plan, fields)
    this.#ignoresOthers = plan.unseen?.ignoreExtra ?? !plan.strict
    this.#cellOptions = { timeZone, json: 'text' }
  }

  /** The keys of the last object that became a row, and which of them go to which column. */
  get template(): { readonly keys: readonly string[]; readonly fieldOf: readonly number[] } {
    return { keys: this.#keys, fieldOf: this.#columns.map((_, i) => this.#slots.indexOf(i)) }
  }

  /** The same array as long as the keys are the same. */
  get keys(): readonly string[] {
    return this.#keys
  }

  make(record: JsonObject | JsonArray): unknown[] | RecordProblem {
    const slots = record instanceof JsonObject ? this.#slotsOf(record.keys) : this.#inOrder(record)
    if (!Array.isArray(slots)) return slots as RecordProblem
    const row = new Array<unknown>(this.#columns.length).fill(null)
    for (let i = 0; i < slots.length; i++) {
      const slot: number = slots[i]
      if (slot === nowhere) continue
      const column = this.#columns[slot]!
      try {
        row[slot] = cellOfJson(record, i, column.type, this.#cellOptions)
      } catch (error) {
        if (!(error instanceof TunnelError)) throw error
        const where = error instanceof CellProblem && error.path !== '' ? `${error.path}: ` : ''
        return { column: column.name, code: error.code, reason: where + error.message }
      }
    }
    return row
  }

  #inOrder({ values }: JsonArray): number[] | RecordProblem {
    const { length } = this.#columns
    if (values.length === length) return values.map((_, i) => i)
    return {
      code: 'ODPS_ROW_LENGTH',
      reason: `has ${countOf(values.length, 'value')}, the table ${countOf(length, 'column')}`,
    }
  }

  #slotsOf(keys: readonly string[]): readonly number[] | RecordProblem {
    if (keys.length === this.#keys.length && keys.every((key, i) => key === this.#keys[i])) return this.#slots
    const seen = new Set<number>()
    const slots: number[] = []
    for (const key of keys) {
      const slot = this.#slotOf(key)
      if (typeof slot !== 'number') return slot
      if (slot !== nowhere && seen.has(slot))
        return { column: key, code: 'ODPS_INVALID_ROW', reason: 'is duplicated (in any case)' }
      seen.add(slot)
      slots.push(slot)
    }
    this.#keys = keys
    this.#slots = slots
    return slots
  }

  #slotOf(key: string): number | RecordProblem {
    const lower = key.toLowerCase()
    const known = this.#positions.get(lower) ?? this.#unseen.find(key, lower)
    if (typeof known === 'number') this.#positions.set(lower, known)
    else if (known === undefined && this.#ignoresOthers) return nowhere
    return (
      known ?? {
        column: key,
        code: 'ODPS_UNKNOWN_COLUMN',
        reason: 'is a key for which the table has no column; --extra-columns ignore skips it',
      }
    )
  }
}

/** The fields that the plan knows. */
const positionsOf = ({ fieldOf }: ColumnPlan, fields: readonly SourceField[]): Map<string, number> => {
  const positions = new Map(fields.map(({ name }) => [name.toLowerCase(), nowhere]))
  for (const [i, field] of fieldOf.entries())
    if (field >= 0) positions.set(fields[field]!.name.toLowerCase(), i)
  return positions
}

/**
 * Keys that no record had when the plan was made, and the columns that they may mean: those that no key means yet. Keys are
 * named in the order in which they come, as `infer` names them, so that a key means the same column whether all records
 * were looked at before or only the first ones.
 */
class UnseenKeys {
  /** By name of the column in lower case. */
  readonly #columns = new Map<string, number>()
  /** The keys of those that had one, by name of the column. */
  readonly #taken = new Map<string, string>()
  readonly #nameOf = columnNamer()
  /** What the keys were named, by key in lower case. */
  readonly #names = new Map<string, string>()

  constructor({ columns, fieldOf, unseen }: ColumnPlan, fields: readonly SourceField[]) {
    for (const { name } of fields) this.#nameOf(name)
    for (const [i, column] of columns.entries())
      if (fieldOf[i]! < 0)
        this.#columns.set(
          column.name.toLowerCase(),
          unseen === undefined || unseen.wanted.includes(column) ? i : nowhere,
        )
  }

  /** @returns undefined for a key that means none; a refusal for one whose column has another key */
  find(key: string, lower: string): number | RecordProblem | undefined {
    if (this.#columns.size === 0) return undefined
    const made = this.#names.get(lower) ?? this.#nameOf(key)
    this.#names.set(lower, made)
    const name = [lower, made, columnNameOf(key)].find(
      each => this.#columns.has(each) && !this.#taken.has(each),
    )
    if (name !== undefined) {
      this.#taken.set(name, key)
      return this.#columns.get(name)
    }
    const other = this.#taken.get(lower)
    if (other === undefined) return undefined
    return {
      column: key,
      code: 'ODPS_INVALID_ROW',
      reason: `is a column that the key '${other}' has already set`,
    }
  }
}
