import { planRecords } from '../../lib/text/csv/record-plan.js'
import { type CsvRecordsMemory, csvRecordsMemory, passEnds } from '../../lib/wire/csv-records-memory.js'

/*
 * Decimal texts of doubles, of kinds that round in different ways, and what the CSV reader makes of them against JS's Number.
 * `npm run test:doubles -- 100` proves it for a hundred million.
 */

/** Numbers by chance, the same again for a seed. */
class Chance {
  #state: bigint

  constructor(seed: number) {
    this.#state = BigInt(seed) * 2n + 1n
  }

  bits(): bigint {
    this.#state = BigInt.asUintN(64, this.#state * 6364136223846793005n + 1442695040888963407n)
    return this.#state ^ (this.#state >> 29n)
  }

  below(limit: number): number {
    return Number((this.bits() >> 11n) % BigInt(limit))
  }
}

const view = new DataView(new ArrayBuffer(8))
const doubleOf = (bits: bigint): number => {
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

const anyDouble = (chance: Chance): number => {
  for (;;) {
    const value = doubleOf(chance.bits())
    if (Number.isFinite(value)) return value
  }
}

/** Of a size that tables have. */
const usualDouble = (chance: Chance): number =>
  doubleOf((chance.bits() & 0x800fffffffffffffn) | (BigInt(1023 - 40 + chance.below(80)) << 52n))

const digits = (chance: Chance, count: number): string =>
  String(chance.bits()).padStart(20, '7').slice(-count)

/** The middle between a double and the next is where rounding turns: its first digits, and those beside them. */
const nearMiddle = (chance: Chance): string => {
  const mantissa = (chance.bits() & 0x000fffffffffffffn) | 0x0010000000000000n
  const text = String((2n * mantissa + 1n) << BigInt(chance.below(60)))
  const exponent = Math.max(text.length - 19, 0)
  return `${BigInt(text.slice(0, 19)) + BigInt(chance.below(3)) - 1n}e${exponent}`
}

export const doubleKinds: Readonly<Record<string, (chance: Chance) => string>> = {
  'any bits, shortest': chance => String(anyDouble(chance)),
  'usual size, shortest': chance => String(usualDouble(chance)),
  '17 digits': chance => anyDouble(chance).toPrecision(17),
  '18 digits': chance => usualDouble(chance).toPrecision(18),
  '15 digits': chance => anyDouble(chance).toPrecision(15),
  prices: chance => (chance.below(1_000_000_000) / 100).toFixed(2),
  '19 digits and an exponent': chance => `${digits(chance, 1 + chance.below(19))}e${chance.below(640) - 330}`,
  'digits and a fraction': chance =>
    `${digits(chance, 1 + chance.below(9))}.${digits(chance, 1 + chance.below(10))}`,
  // Read at once are at most sixteen, of which whole numbers may be above 2^53.
  'up to 16 characters, whole': chance => digits(chance, 14 + chance.below(3)),
  'up to 16 characters, with a point': chance =>
    `${digits(chance, 1 + chance.below(8))}.${digits(chance, 6 + chance.below(2))}`,
  'near the middle of two': nearMiddle,
}

export interface DoubleProof {
  readonly values: number
  /** Left to the careful way. */
  readonly left: number
  /** Texts whose number was another one. */
  readonly wrong: readonly string[]
}

const memory = (): CsvRecordsMemory => {
  const loaded = csvRecordsMemory()
  if (loaded === undefined) throw new Error('there is no WebAssembly here')
  return loaded
}

const syntax = {
  delimiter: ',',
  recordDelimiter: undefined,
  quote: undefined,
  nullText: '',
  maxRecordBytes: 1000,
}
const plan = planRecords(syntax, {
  columns: [{ name: 'd', type: { kind: 'double' }, nullable: true }],
  ...{ fieldOf: [0], fields: 1, encode: {}, timeZone: 'UTC', pattern: undefined, binary: 'base64' as const },
  isNullInQuotes: false,
})!

/** Reads so many texts of a kind, and compares the bits. */
export const proveDoubles = (kind: string, count: number, seed: number): DoubleProof => {
  const chance = new Chance(seed)
  const make = doubleKinds[kind]!
  const wrong: string[] = []
  let left = 0
  for (let done = 0; done < count; done += 4000) {
    const texts = Array.from({ length: Math.min(4000, count - done) }, () => make(chance))
    left += proveSome(texts, wrong)
  }
  return { values: count, left, wrong }
}

const proveSome = (texts: readonly string[], wrong: string[]): number => {
  const reader = memory()
  const bytes = Buffer.from(`${texts.join('\n')}\n`)
  reader.put(bytes, 0)
  let left = 0
  let next = 0
  for (let at = 0; at < bytes.length; ) {
    const { ends, records, used, reason } = reader.read(plan, at, bytes.length)
    at += used
    for (const [i] of ends.entries()) {
      const text = texts[next++]!
      // Behind one byte of the tag.
      const value = Buffer.from(records.buffer, records.byteOffset).readDoubleLE(
        (i === 0 ? 0 : ends[i - 1]!) + 1,
      )
      if (!Object.is(value, Number(text))) wrong.push(text)
    }
    if (reason !== passEnds.isOdd) continue
    left++
    next++
    at = bytes.indexOf(10, at) + 1
  }
  if (next !== texts.length) throw new Error(`${next} of ${texts.length} texts were read`)
  return left
}
