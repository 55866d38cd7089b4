import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isReadableByOthers, readConfigFile } from '../../../lib/cli/config/profile.js'

const fileOf = async (context: TestContext, text: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-profile-'))
  context.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'config')
  await writeFile(path, text)
  return path
}

test('JSON: the profile that is named, then the one the file chooses, then default', async context => {
  const profiles = { default: { project: 'd' }, a: { project: 'a' }, b: { project: 'b' } }
  const chosen = await fileOf(context, JSON.stringify({ profile: 'a', profiles }))
  assert.equal((await readConfigFile(chosen, 'b', true))?.profile.project, 'b')
  assert.equal((await readConfigFile(chosen, undefined, true))?.profile.project, 'a')
  const plain = await fileOf(context, JSON.stringify({ profiles }))
  assert.equal((await readConfigFile(plain, undefined, true))?.profile.project, 'd')
})

test('JSON that is not understood is refused, and what it has is named', async context => {
  for (const [text, name, message] of [
    ['{', undefined, /is not valid JSON/],
    ['{"endpoint": "x"}', undefined, /has the unknown key 'endpoint'/],
    ['{"profiles": []}', undefined, /profiles must be an object/],
    ['{"profiles": {"default": {"endpont": "x"}}}', undefined, /endpont/],
    ['{"profiles": {"default": {"endpoint": 7}}}', undefined, /endpoint/],
    ['{"profiles": {"a": {}}}', 'toString', /has no profile 'toString'/],
    ['{"profile": "x", "profiles": {"a": {}}}', undefined, /has no profile 'x'/],
    ['{"profiles": {"a": {}, "b": {}}}', undefined, /has no profile 'default'/],
    ['{}', undefined, /has no profile 'default'/],
    ['[]', undefined, /has no settings/],
    ['"x"', undefined, /has no settings/],
    ['project_name=\nend_point=\n# comment\n', undefined, /has no settings/],
    ['project_name=p', 'a', /INI file, which has no profiles/],
  ] as const)
    await assert.rejects(readConfigFile(await fileOf(context, text), name, true), { message }, text)
})

test("odpscmd's file: its keys are settings, the others defaults of options; a region means version 4", async context => {
  const path = await fileOf(
    context,
    'project_name=p\naccess_id=i\nend_point=http://e\nregion_id=r\nthreads=4\n',
  )
  const file = await readConfigFile(path, undefined, true)
  assert.deepEqual(file?.profile, {
    ...{ project: 'p', accessKeyId: 'i', endpoint: 'http://e', region: 'r', signatureVersion: 'v4' },
  })
  assert.deepEqual([...(file?.optionDefaults ?? [])], [['threads', '4']])
})

test('a file that says nothing will do where nobody named it, and an empty one always', async context => {
  const profiles = JSON.stringify({ profiles: { a: { project: 'a' } } })
  assert.deepEqual((await readConfigFile(await fileOf(context, profiles), undefined, false))?.profile, {})
  assert.deepEqual((await readConfigFile(await fileOf(context, '[]'), undefined, false))?.profile, {})
  assert.deepEqual((await readConfigFile(await fileOf(context, ' \n'), undefined, true))?.profile, {})
})

test('a file that is not there is an error only for who named it', async context => {
  const path = `${await fileOf(context, '')}-none`
  assert.equal(await readConfigFile(path, undefined, false), undefined)
  await assert.rejects(readConfigFile(path, undefined, true), /cannot read the configuration/)
})

test('whether others may read it', { skip: process.platform === 'win32' }, async context => {
  const path = await fileOf(context, '')
  await chmod(path, 0o600)
  assert.equal(await isReadableByOthers(path), false)
  await chmod(path, 0o640)
  assert.equal(await isReadableByOthers(path), true)
})
