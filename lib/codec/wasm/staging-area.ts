/*
 * Where rows of any schema are staged: slots of eight bytes for the rows, behind them the tape of nested values, and what beside these is bytes. An area
 * is an encoder's as long as rows are in it, so that one area serves nearly all, stays in the caches of a processor, and costs no new memory.
 * That one is told to the generated code as constants: the engine then knows its address and size.
 */

/** So much is staged before it is written: what fits the caches of a processor. */
export const slotBytes = 32 * 1024
export const heapBytes = 64 * 1024
/** The tape of nested values: with more in a row, or in the rows staged together, it is left to the codecs. */
export const tapeSlots = 8 * 1024
export const maxMarks = 8 * 1024

export class StagingArea {
  readonly slots: Uint8Array
  readonly float64: Float64Array
  readonly int64: BigInt64Array
  readonly int32: Int32Array
  readonly float32: Float32Array
  /** The NULL flags of nested values. */
  readonly marks = new Uint8Array(maxMarks)
  #heap: Buffer | undefined

  constructor() {
    const buffer = new ArrayBuffer(slotBytes + 8 * tapeSlots)
    this.slots = new Uint8Array(buffer)
    this.float64 = new Float64Array(buffer)
    this.int64 = new BigInt64Array(buffer)
    this.int32 = new Int32Array(buffer)
    this.float32 = new Float32Array(buffer)
  }

  /** For text that is bytes already. */
  get heap(): Buffer {
    this.#heap ??= Buffer.allocUnsafeSlow(heapBytes)
    return this.#heap
  }
}

let common: StagingArea | undefined
/** Weak: a transfer that failed may have left rows behind, and they must not keep the area from all others. */
let commonOwner: WeakRef<object> | undefined
/** The others that no rows are in. */
const spares: StagingArea[] = []
const maxSpares = 4

/** The first area, and nearly always the only one. */
export const commonArea = (): StagingArea => {
  common ??= new StagingArea()
  return common
}

/** An area is its owner's until it is given back or there is no such owner any more. */
export const takeArea = (owner: WeakRef<object>): StagingArea => {
  if (commonOwner?.deref() !== undefined) return spares.pop() ?? new StagingArea()
  commonOwner = owner
  return commonArea()
}

export const giveBackArea = (area: StagingArea): void => {
  if (area === common) commonOwner = undefined
  else if (spares.length < maxSpares) spares.push(area)
}
