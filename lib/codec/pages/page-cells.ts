import type { pageKinds, pageStores } from '../../wire/pages-memory.js'
import { tagBytes, tagOf, type WireType } from '../../wire/tags.js'

/** How the values of a column lie in its pages, and what they become on the wire. */
export interface PageCells {
  readonly kind: keyof typeof pageKinds
  readonly store: keyof typeof pageStores
  readonly wireType: WireType
  /** From 1 on. */
  readonly field: number
  readonly isNullable: boolean
  /** Whole numbers, seconds or milliseconds beyond these are refused. */
  readonly least?: bigint
  readonly greatest?: bigint
  /** Instants: units of a second. Milliseconds: units of one. Whole numbers of decimals: ten to the power of the scale. */
  readonly units?: bigint
  /** Text: the most bytes, or characters. Digits: the most before the point. */
  readonly most?: number
  /** Text: 1 when characters are counted. Digits: the most behind the point. */
  readonly mostBehind?: number
  /** Of digits: how many of them are behind the point. */
  readonly scale?: number
  /** Bytes of a value, where each has as many. */
  readonly width?: number
  /** Of the text of digits. */
  readonly mostBytes?: number
  /** Of int32: a page with a value beyond these is damaged. */
  readonly pageRange?: readonly [least: number, greatest: number]
  /** A page with a value of no bytes is damaged. */
  readonly isNeverEmpty?: boolean
}

const anyLength = 2 ** 32 - 1

/** Writes what the module is told of a column, `pageColumns.bytes` of it. */
export const writePageCells = (
  cells: PageCells,
  codes: { readonly kind: number; readonly store: number },
  view: DataView,
  at: number,
): void => {
  const tag = tagBytes(tagOf(cells.field, cells.wireType))
  view.setUint8(at, codes.kind)
  view.setUint8(at + 1, tag.length)
  view.setUint8(at + 2, codes.store)
  view.setUint8(at + 3, cells.isNullable ? 0 : 1)
  for (let i = 0; i < 4; i++) view.setUint8(at + 4 + i, tag[i] ?? 0)
  view.setUint32(at + 8, cells.field, true)
  view.setBigInt64(at + 16, cells.least ?? -(2n ** 63n), true)
  view.setBigInt64(at + 24, cells.greatest ?? 2n ** 63n - 1n, true)
  view.setBigInt64(at + 32, cells.units ?? 1n, true)
  view.setUint32(at + 40, Math.min(cells.most ?? anyLength, anyLength), true)
  view.setUint32(at + 44, cells.mostBehind ?? 0, true)
  view.setUint32(at + 48, cells.scale ?? 0, true)
  view.setUint32(at + 52, cells.width ?? 0, true)
  view.setUint32(at + 56, Math.min(cells.mostBytes ?? anyLength, anyLength), true)
}
