import type { TunnelResponse } from '../http/tunnel-response.js'
import type { TableSchema } from '../schema/table-schema.js'
import { AnswerJson, unexpected } from '../session/answer-json.js'
import type { HashName } from './hash/hash-family.js'

/** Who takes the rows of a bucket. */
export interface Slot {
  readonly slotId: string
  /** `host:port`. */
  readonly address: string
}

/** The session as the service describes it (protocol 9.3). */
export interface UpsertState {
  readonly sessionId: string
  /** In lower case: `normal`, `committing`, `committed`, `expired`, `critical`, `aborted`. */
  readonly status: string
  readonly schema: TableSchema
  /** Names of the columns of the primary key, in its order; empty when the table has none. */
  readonly hashKey: readonly string[]
  readonly hasher: HashName
  /** Of each bucket. */
  readonly slots: readonly Slot[]
  /** By place; undefined where the service gives none. */
  readonly columnIds: readonly (bigint | undefined)[]
  readonly takesPartialRows: boolean
  readonly quotaName: string | undefined
  readonly dateTransform: boolean
}

export const readUpsertState = async (response: TunnelResponse, purpose: string): Promise<UpsertState> => {
  const json = new AnswerJson(await response.json(), purpose)
  return {
    sessionId: json.text('id'),
    status: json.text('status').toLowerCase(),
    schema: json.schema('schema'),
    hashKey: readNames(json.get('hash_key'), purpose),
    hasher: readHasher(json.text('hasher'), purpose),
    slots: readSlots(json.list('slots'), purpose),
    columnIds: new AnswerJson(json.get('schema'), purpose).list('columns').map(readColumnId),
    takesPartialRows: String(json.get('enable_partial_update')).toLowerCase() === 'true',
    quotaName: json.optionalText('quota_name'),
    dateTransform: response.headers['odps-tunnel-date-transform']?.toLowerCase() === 'true',
  }
}

const readNames = (value: unknown, purpose: string): readonly string[] => {
  if (Array.isArray(value) && value.every(name => typeof name === 'string')) return value
  throw unexpected(purpose, 'has a hash_key that is not a list of names')
}

/** With another hash every row would go to a wrong bucket. */
const readHasher = (text: string, purpose: string): HashName => {
  const name = text.toLowerCase()
  if (name === 'default' || name === 'legacy') return name
  throw unexpected(purpose, 'names a hasher that this library does not know')
}

/** Each bucket must have exactly one slot: rows are given to buckets by number. */
const readSlots = (list: readonly AnswerJson[], purpose: string): Slot[] => {
  const slots: Slot[] = []
  let count = 0
  for (const json of list) {
    const slot = { slotId: readSlotId(json, purpose), address: json.text('worker_addr') }
    const buckets = json.get('buckets')
    if (!Array.isArray(buckets)) throw unexpected(purpose, 'has a slot without buckets')
    for (const bucket of buckets) {
      if (!Number.isSafeInteger(bucket) || bucket < 0 || slots[bucket] !== undefined)
        throw unexpected(purpose, 'has a bucket that is not a number, or is in two slots')
      slots[bucket] = slot
      count++
    }
  }
  if (count === 0 || count !== slots.length) throw unexpected(purpose, 'lacks a bucket')
  return slots
}

const readSlotId = (json: AnswerJson, purpose: string): string => {
  const id = json.get('slot_id')
  if (typeof id === 'string' || typeof id === 'number') return String(id)
  throw unexpected(purpose, 'has a slot without slot_id')
}

const readColumnId = (json: AnswerJson): bigint | undefined => {
  const id = String(json.get('column_id') ?? '')
  return /^\d{1,18}$/.test(id) ? BigInt(id) : undefined
}
