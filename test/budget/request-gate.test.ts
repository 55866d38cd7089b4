import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RequestGate, RequestPlace } from '../../lib/budget/request-gate.js'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Enters with requests of a transfer, and logs which of them got a place. */
const enter = (
  gate: RequestGate,
  log: string[],
  name: string,
  signal?: AbortSignal,
): Promise<RequestPlace> => {
  const entered = Promise.resolve(gate.enter({ a, b }[name[0]!] ?? {}, signal))
  entered.then(
    () => log.push(name),
    () => log.push(`${name} aborted`),
  )
  return entered
}
const [a, b] = [{}, {}]

describe('requests under way', () => {
  test('are as many as are allowed; transfers get the next places in turn, each in its own order', async () => {
    const gate = new RequestGate(2)
    const log: string[] = []
    const first = await enter(gate, log, 'a1')
    const second = await enter(gate, log, 'a2')
    const third = enter(gate, log, 'a3')
    enter(gate, log, 'a4')
    enter(gate, log, 'b1')
    await turn()
    assert.deepEqual(log, ['a1', 'a2'])
    assert.equal(gate.underWay, 2)
    first.leave()
    first.leave()
    second.leave()
    await turn()
    assert.deepEqual(log, ['a1', 'a2', 'a3', 'b1'])
    assert.equal(gate.underWay, 2)
    const place = await third
    place.leave()
    await turn()
    assert.deepEqual(log.at(-1), 'a4')
  })

  test('without a limit nobody waits', () => {
    const gate = new RequestGate()
    for (let i = 0; i < 1000; i++) assert.ok(gate.enter({}, undefined) instanceof RequestPlace)
    assert.equal(gate.allowed, Number.POSITIVE_INFINITY)
  })

  test('one that is aborted while it waits makes room for those behind it', async () => {
    const gate = new RequestGate(1)
    const log: string[] = []
    const place = await enter(gate, log, 'a1')
    const abort = new AbortController()
    const aborted = enter(gate, log, 'b1', abort.signal)
    enter(gate, log, 'b2')
    abort.abort()
    await assert.rejects(aborted, { name: 'AbortError' })
    place.leave()
    await turn()
    assert.deepEqual(log, ['a1', 'b1 aborted', 'b2'])
  })

  test('one whose reader has stopped gives its place away, and waits for another to go on', async () => {
    const gate = new RequestGate(1)
    const log: string[] = []
    const paused = await enter(gate, log, 'a1')
    const waiting = enter(gate, log, 'b1')
    paused.pause()
    paused.pause()
    const other = await waiting
    let isResumed = false
    const resumed = paused.resume().then(() => {
      isResumed = true
    })
    await turn()
    assert.ok(!isResumed)
    other.leave()
    await resumed
    assert.equal(gate.underWay, 1)
    await paused.resume()
    paused.leave()
    assert.equal(gate.underWay, 0)

    // Left while it waits for its place, it takes none.
    const third = await enter(gate, log, 'a2')
    third.pause()
    const fourth = await enter(gate, log, 'b2')
    const late = third.resume()
    third.leave()
    fourth.leave()
    await late
    assert.equal(gate.underWay, 0)
  })
})

describe('how many requests are allowed', () => {
  const enterMany = (gate: RequestGate, count: number): RequestPlace[] =>
    Array.from({ length: count }, () => gate.enter({}, undefined) as RequestPlace)

  test('half of those under way, once for all that were under way together, and never none', () => {
    const gate = new RequestGate()
    const places = enterMany(gate, 9)
    places[0]!.throttled()
    assert.equal(gate.allowed, 4)
    for (const place of places) {
      place.throttled()
      place.leave()
    }
    assert.equal(gate.allowed, 4)
    for (const expected of [2, 1, 1]) {
      const [place] = enterMany(gate, gate.allowed)
      place!.throttled()
      assert.equal(gate.allowed, expected)
      for (let left = gate.underWay; left > 0; left--) gate.leave()
    }
  })

  test('one more after a round of good answers, up to the limit, while more would be sent', () => {
    const gate = new RequestGate(4)
    const places = enterMany(gate, 4)
    places[0]!.throttled()
    for (const place of places) place.leave()
    assert.equal(gate.allowed, 2)
    const round = (): void => {
      const { allowed } = gate
      const sent = enterMany(gate, allowed)
      for (const place of sent) place.succeeded()
      for (const place of sent) place.leave()
    }
    round()
    assert.equal(gate.allowed, 3)
    const [single] = enterMany(gate, 1)
    for (let i = 0; i < 100; i++) single!.succeeded()
    single!.leave()
    assert.equal(gate.allowed, 3, 'one at a time does not show that more would be taken')
    for (let i = 0; i < 10; i++) round()
    assert.equal(gate.allowed, 4)
  })
})
