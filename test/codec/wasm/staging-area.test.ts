import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { commonArea, giveBackArea, takeArea } from '../../../lib/codec/wasm/staging-area.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('the common area has one owner at a time, and is free again when that owner is collected', async () => {
  const owner = {}
  assert.equal(takeArea(new WeakRef(owner)), commonArea())
  const other = takeArea(new WeakRef({}))
  assert.notEqual(other, commonArea())
  giveBackArea(other)
  assert.equal(takeArea(new WeakRef({})), other, 'the one that was given back')
  giveBackArea(commonArea())
  const isCommon = (): boolean => takeArea(new WeakRef({})) === commonArea()
  assert.ok(isCommon(), 'it was given back')
  assert.ok(!isCommon(), 'another one has it')
  // In a turn of its own: what a weak reference was made of is kept until the end of the turn.
  await setImmediate()
  collectGarbage()
  assert.ok(isCommon(), 'nobody has it any more')
  assert.ok(owner, 'alive')
})
