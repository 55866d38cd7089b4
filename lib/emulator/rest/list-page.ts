import { invalidArgument } from '../server/service-refusal.js'

export interface ListPage<T> {
  readonly items: readonly T[]
  /** Where the next page starts; empty at the end, which ends paging (protocol 10.7). */
  readonly marker: string
  readonly size: number
}

const maxItems = 1000

/** Cuts a list by `marker` and `maxitems`; a marker is the number of the first item. */
export const cutListPage = <T>(items: readonly T[], query: ReadonlyMap<string, string>): ListPage<T> => {
  const start = readCount(query.get('marker'), 0)
  const size = Math.min(maxItems, readCount(query.get('maxitems'), maxItems) || maxItems)
  const end = start + size
  return { items: items.slice(start, end), marker: end < items.length ? String(end) : '', size }
}

const readCount = (text: string | undefined, otherwise: number): number => {
  if (text === undefined || text === '') return otherwise
  if (!/^\d{1,9}$/.test(text)) throw invalidArgument('marker or maxitems is not valid.')
  return Number(text)
}
