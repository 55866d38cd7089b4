import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonText } from '../../lib/values/json-text.js'

test('JsonText is its text, and the value in JSON', () => {
  assert.equal(`${new JsonText('{ "a":1}')}`, '{ "a":1}')
  assert.equal(JSON.stringify([new JsonText('{ "a":1}')]), '[{"a":1}]')
})
