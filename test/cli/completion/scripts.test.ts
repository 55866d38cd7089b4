import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cliBench } from '../support.js'

test('bash takes the completion script', async context => {
  const bench = await cliBench(context)
  const { stdout } = await bench.ok(['completion', 'bash'])
  const { execFileSync } = await import('node:child_process')
  const ask = (...words: string[]): string[] =>
    execFileSync('bash', [
      '-c',
      `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _odps_tunnel; echo "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ])
      .toString()
      .trim()
      .split(' ')
  assert.deepEqual(ask('odps-tunnel', 'up'), ['upload', 'upsert'])
  assert.deepEqual(ask('odps-tunnel', 'upload', '--max'), ['--max-bad-records'])
  assert.deepEqual(ask('odps-tunnel', 'download', '--compression', 's'), ['snappy'])
})
