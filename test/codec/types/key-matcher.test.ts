import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { isKeyed, type KeyFault, KeyMatcher, setOwn } from '../../../lib/codec/types/key-matcher.js'

const strict: KeyFault = (kind, key) => new Error(`${kind} ${key}`)
const lenient: KeyFault = (kind, key) => (kind === 'unknown' ? undefined : new Error(`${kind} ${key}`))

describe('KeyMatcher', () => {
  test('puts values into the order of the names, whatever their case', () => {
    const matcher = new KeyMatcher(['a', 'B', 'c'], strict)
    assert.deepEqual(matcher.match({ a: 1, B: 2, c: 3 }), [1, 2, 3])
    assert.deepEqual(matcher.match({ C: 3, b: 2 }), [undefined, 2, 3])
    // The next shape is another: what was learned of the last one must not be used.
    assert.deepEqual(matcher.match({ b: 2, C: 3 }), [undefined, 2, 3])
    assert.deepEqual(matcher.match({}), [undefined, undefined, undefined])
  })

  test('names an unknown key and one that comes twice, each time', () => {
    const matcher = new KeyMatcher(['a', 'b'], strict)
    for (let i = 0; i < 2; i++) {
      assert.throws(() => matcher.match({ a: 1, x: 2 }), /unknown x/)
      assert.throws(() => matcher.match({ a: 1, A: 2 }), /twice A/)
      assert.deepEqual(matcher.match({ b: 2, a: 1 }), [1, 2])
    }
  })

  test('may leave unknown keys out, but an object with no known key is a mistake', () => {
    const matcher = new KeyMatcher(['a', 'b'], lenient)
    assert.deepEqual(matcher.match({ x: 0, b: 2, y: 0 }).slice(0, 2), [undefined, 2])
    assert.throws(() => matcher.match({ x: 0 }), /none x/)
  })

  test('reads what an object lacks through the getters of its class', () => {
    class Priced {
      get price() {
        return 3
      }
      get Total() {
        return 10
      }
    }
    class Order extends Priced {
      id = 1
      #count = 2
      override get price() {
        return 5
      }
      get total() {
        return this.#count * this.price
      }
      get pt() {
        return 'not needed'
      }
      count() {
        return 0
      }
      set note(_text: string) {}
    }
    const matcher = new KeyMatcher(['id', 'TOTAL', 'price', 'count', 'note', 'pt'], strict, 5)
    const cells = [1, 10, 5, undefined, undefined, undefined]
    assert.deepEqual(matcher.match(new Order()), cells)
    // A plain object of the same shape, and what isn't the object's own otherwise.
    for (const object of [{ id: 1 }, Object.assign(Object.create({ price: 5 }), { id: 1 })])
      assert.deepEqual(matcher.match(object), [1, ...Array(5).fill(undefined)])
    assert.deepEqual(matcher.match(Object.assign(new Order(), { NOTE: 'own' })), [
      1,
      10,
      5,
      undefined,
      'own',
      undefined,
    ])
  })

  test('names behind the needed ones have a cell only where the object has them', () => {
    const matcher = new KeyMatcher(['a', 'pt'], strict, 1)
    assert.deepEqual(matcher.match({ a: 1 }), [1])
    assert.deepEqual(matcher.match({ pt: 'x', a: 1 }), [1, 'x'])
  })
})

test('only what has keys of its own is an object of data', () => {
  class Row {
    a = 1
  }
  for (const value of [{}, Object.create(null), new Row(), runInNewContext('({})')]) assert.ok(isKeyed(value))
  for (const value of [
    null,
    'a',
    [1],
    new Map(),
    new Date(),
    Promise.resolve(1),
    Buffer.of(1),
    runInNewContext('new Map()'),
  ])
    assert.ok(!isKeyed(value))
})

test('__proto__ is a key like any other', () => {
  const object: Record<string, unknown> = {}
  setOwn(object, '__proto__', 1)
  assert.deepEqual([Object.keys(object), Object.getPrototypeOf(object)], [['__proto__'], Object.prototype])
})
