import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'

/** Text that every planted secret holds, and nothing else does. */
export const mark = 'planted'

/** An access key, one of a temporary pair, or a bearer token; all secret but the id. */
export const plantedKey = (version: number) => ({
  accessKeyId: `id-${version}`,
  accessKeySecret: `${mark}-secret-${version}`,
})
export const plantedToken = (version: number): string => `${mark}-token-${version}`

const channels = ['odps-tunnel:request', 'odps-tunnel:retry', 'odps-tunnel:commit', 'odps-tunnel:insecure']

export interface Said {
  readonly channel: string
  readonly text: string
}

/** All that the library says in this process, by the host it says it of. */
const said = new Map<string, Said[]>()
const leaks: string[] = []

for (const name of channels)
  channel(name).subscribe(message => {
    const text = textsIn(message).join('\n')
    if (text.includes(mark)) leaks.push(`${name}: ${text}`)
    const host = String(Reflect.get(Object(message), 'host'))
    const list = said.get(host)
    if (list === undefined) said.set(host, [{ channel: name, text }])
    else list.push({ channel: name, text })
  })

/** All names and texts in a value, hidden ones too, at any depth: there are many messages, and `inspect` takes several times as long. */
export const textsIn = (value: unknown, texts: string[] = [], seen = new Set<unknown>()): string[] => {
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) {
    if (seen.has(value)) return texts
    seen.add(value)
    for (const key of Reflect.ownKeys(value)) {
      texts.push(String(key))
      textsIn(Reflect.getOwnPropertyDescriptor(value, key)?.value, texts, seen)
    }
    if (value instanceof Map || value instanceof Set) for (const each of value) textsIn(each, texts, seen)
    if (ArrayBuffer.isView(value))
      texts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'))
  } else if (value !== undefined) texts.push(String(value))
  return texts
}

/** What was published about requests to `host`; it is forgotten by that. */
export const takeMessages = (host: string): Said[] => {
  const messages = said.get(host) ?? []
  said.delete(host)
  return messages
}

/** Everything an error can show: the message, all properties, hidden ones too, and the whole chain of causes. */
export const showAll = (error: unknown): string[] => {
  const texts: string[] = []
  const seen = new Set<unknown>()
  for (let each = error; each !== undefined && each !== null && !seen.has(each); ) {
    seen.add(each)
    texts.push(
      String(each),
      inspect(each, { depth: 12, showHidden: true, getters: true, maxStringLength: null }),
    )
    const { message, stack } = Object(each) as Error
    texts.push(String(message), String(stack), safeJson(each))
    each = Reflect.get(Object(each), 'cause')
  }
  return texts
}

const safeJson = (value: unknown): string => {
  try {
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)) ?? ''
  } catch {
    return ''
  }
}

/** @param also secrets that were made meanwhile: signatures */
export const assertNoSecrets = (
  what: string,
  texts: readonly string[],
  also: readonly string[] = [],
): void => {
  assert.deepEqual(leaks, [], 'a diagnostics message holds a secret')
  for (const text of texts) {
    for (const secret of [mark, ...also]) {
      const at = text.indexOf(secret)
      if (at >= 0) assert.fail(`${what} holds a secret: …${text.slice(Math.max(0, at - 200), at + 200)}…`)
    }
  }
}
