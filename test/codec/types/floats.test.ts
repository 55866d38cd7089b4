import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { floatBeyond, floatOfDigits, nearestFloat } from '../../../lib/codec/types/floats.js'

/** As C's strtof reads them (glibc 2.36). Of most the nearest double lies halfway between two floats. */
const readByStrtof: readonly (readonly [text: string, float: number])[] = [
  ['1.000000059604644775390625', 1],
  ['1.00000005960464477539062500001', 1.0000001192092896],
  ['1.00000017881393432617187499999', 1.0000001192092896],
  ['1.60561865568161', 1.6056185960769653],
  ['-1.60561865568161', -1.6056185960769653],
  ['0.0308123966678977', 0.030812395736575127],
  ['344313968980714e-20', 3.4431398034939775e-6],
  ['16777217', 16777216],
  ['16777217.0000000001', 16777218],
  ['-16777217.0000000001', -16777218],
  ['16777216.9999999999', 16777216],
  ['1.17549428075736423e-38', 1.1754942106924411e-38],
  ['7.0064923216240854e-46', 1.401298464324817e-45],
  ['3.4028235677973365e38', 3.4028234663852886e38],
  ['.16777217E+8', 16777216],
]

describe('the float nearest to digits', () => {
  test('is the one that strtof reads', () => {
    for (const [text, float] of readByStrtof) assert.equal(floatOfDigits(text, 'float'), float, text)
  })

  test('is none where they round to infinity, or to 0', () => {
    for (const text of [
      '3.4028235677973367e38',
      '3.4028235677973366164e38',
      '7.0064923216240853e-46',
      '1e-60',
    ])
      assert.equal(floatOfDigits(text, 'float'), undefined, text)
  })

  test('lies on the side of a halfway number on which the digits are, however many they are', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.nat({ max: 60 }), (float, zeros) => {
        const neighbour = next(float)
        const halfway = (float + neighbour) / 2
        fc.pre(Math.abs(halfway) > 1e-37 && Math.abs(neighbour) < 3e38)
        assert.ok(floatBeyond(halfway) !== undefined)
        // All digits of a double: none is cut off.
        const text = exactText(halfway)
        assert.equal(nearestFloat(`${text}${'0'.repeat(zeros)}1`), neighbour)
        assert.equal(nearestFloat(text), Math.fround(halfway))
      }),
      { numRuns: 500 },
    )
  })
})

/** The float behind, away from 0. */
const next = (float: number): number => {
  const bits = new Uint32Array(1)
  const floats = new Float32Array(bits.buffer)
  floats[0] = float
  bits[0]!++
  return floats[0]!
}

const exactText = (number: number): string => {
  let size = Math.abs(number)
  let twos = 0
  for (; !Number.isInteger(size); twos++) size *= 2
  // A division by two is a multiplication by five and a place more behind the point.
  const digits = String(BigInt(size) * 5n ** BigInt(twos)).padStart(twos + 1, '0')
  const point = digits.length - twos
  return `${number < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}
