import { columnPrint, plainCellPrint } from '../../lib/codec/printing/cell-print.js'
import { loadPrinting } from '../../lib/codec/printing/load-printing.js'
import { createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { PrintedRows } from '../../lib/codec/rows/record-printing.js'
import type { DataType } from '../../lib/schema/data-type.js'
import { timeZoneOf } from '../../lib/values/time-zone.js'

/*
 * Doubles of kinds that printers get wrong, and what records with them become as text against JS's String.
 * `npm run test:doubles -- 100` proves it for a hundred million.
 */

type Random = () => number

/** 32 bits by chance, the same again for a seed. */
export const randomBits = (seed: number): Random => {
  let x = seed | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

const view = new DataView(new ArrayBuffer(8))
const ofBits = (high: number, low: number): number => {
  view.setUint32(0, high)
  view.setUint32(4, low)
  return view.getFloat64(0)
}

/** 53 bits. */
const whole = (random: Random): number => random() * 2 ** 21 + (random() >>> 11)

export const printedKinds: Readonly<Record<string, (random: Random) => number>> = {
  'any bits': random => ofBits(random(), random()),
  subnormal: random => ofBits(random() & 0x800fffff, random()),
  'below one': random => whole(random) / 2 ** 53,
  decimals: random => (Math.round(random() / 43) / 10 ** (random() % 9)) * (random() & 1 ? 1 : -1),
  'few digits': random => Number((random() * 10 ** ((random() % 40) - 30)).toPrecision(1 + (random() % 17))),
  integers: random => Math.floor((random() / 2 ** 32) * 2 ** (random() % 70)),
  'next to powers of two': random => 2 ** ((random() % 2098) - 1074) * (1 + ((random() % 3) - 1) * 2 ** -52),
  'next to powers of ten': random => 10 ** ((random() % 620) - 310) * (1 + ((random() % 5) - 2) * 2 ** -52),
  'halfway between decimals': random => whole(random) * 2 ** -(random() % 12),
}

const type: DataType = { kind: 'double' }
const columns = [{ name: 'd', type, nullable: true }]
const printing = await loadPrinting(columns, () => ({
  columns: [columnPrint(type, 0, plainCellPrint(type)!, { head: '', nullText: '', refusesOldDates: false })],
  ...{ tail: '\n', delimiter: ',', end: '\n', quote: '"', fields: 1, expansion: 2, hasNotes: false },
  ...{ zone: timeZoneOf('UTC'), fixedOffset: 0 },
}))

export interface PrintProof {
  readonly values: number
  /** That came as values. */
  readonly left: number
  /** What String says, and what was printed. */
  readonly wrong: readonly string[]
}

/** Prints so many doubles of a kind, and compares the texts. */
export const provePrints = (kind: string, count: number, seed: number): PrintProof => {
  const random = randomBits(seed)
  const make = printedKinds[kind]!
  const wrong: string[] = []
  let left = 0
  for (let done = 0; done < count; done += 50_000)
    left += proveSome(
      Array.from({ length: Math.min(50_000, count - done) }, () => make(random)),
      wrong,
    )
  return { values: count, left, wrong }
}

const proveSome = (values: readonly number[], wrong: string[]): number => {
  const encoder = createRecordEncoder(columns)
  for (const [i, value] of values.entries()) encoder.write([value], i)
  const decoder = createRecordDecoder(columns, { printing })
  const items: unknown[] = []
  decoder.push(encoder.finish(), items)
  let next = 0
  let left = 0
  for (const item of items) {
    if (!(item instanceof PrintedRows)) {
      left++
      next++
      continue
    }
    for (const text of item.bytes.toString('latin1').split('\n').slice(0, -1)) {
      const value = values[next++]!
      const right = Object.is(value, -0) ? '-0' : String(value)
      if (text !== right) wrong.push(`${right} as ${text}`)
    }
  }
  if (next !== values.length) throw new Error(`${next} of ${values.length} doubles were read`)
  return left
}
