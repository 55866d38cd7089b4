import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'
import { Decoder, Encoder } from '@toondepauw/node-zstd'
import type { VirtualClock } from './virtual-clock.js'

/*
 * What this process would do on threads or by the machine's own time and chance, done at once and by the seed. It is put in
 * place of Node's own for as long as the process lives, before the library is loaded.
 */

let current: VirtualClock | undefined

/** Whose time and chance the process has from now on. */
export const setClock = (clock: VirtualClock): void => {
  current = clock
}

interface ZlibHandle {
  onerror: (...args: unknown[]) => void
  init(...args: unknown[]): unknown
  write(...args: unknown[]): void
  writeSync(...args: unknown[]): void
}

/** A write on the thread pool becomes one at once, whose callback comes a tick later. */
const makeSynchronous = (stream: unknown): void => {
  const handle = Reflect.get(Object(stream), '_handle') as ZlibHandle
  const prototype = Object.getPrototypeOf(handle) as ZlibHandle
  const callbacks = new WeakMap<ZlibHandle, () => void>()
  const { init } = prototype
  prototype.init = function (this: ZlibHandle, ...args: unknown[]) {
    callbacks.set(this, args.find(each => typeof each === 'function') as () => void)
    return init.apply(this, args)
  }
  prototype.write = function (this: ZlibHandle, ...args: unknown[]) {
    const { onerror } = this
    let failed = false
    this.onerror = (...what) => {
      failed = true
      onerror.apply(this, what)
    }
    this.writeSync(...args)
    this.onerror = onerror
    if (!failed) process.nextTick(() => callbacks.get(this)!.call(this))
  }
}

makeSynchronous(zlib.createDeflate())
if (typeof zlib.createZstdCompress === 'function') {
  makeSynchronous(zlib.createZstdCompress())
  makeSynchronous(zlib.createZstdDecompress())
}
Encoder.prototype.encode = async function (this: Encoder, bytes: Buffer) {
  return this.encodeSync(bytes)
}
Decoder.prototype.decode = async function (this: Decoder, bytes: Buffer) {
  return this.decodeSync(bytes)
}

const hex = (digits: number): string =>
  Array.from({ length: digits }, () => Math.floor((current?.random() ?? 0) * 16).toString(16)).join('')
crypto.randomUUID = () => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`
syncBuiltinESMExports()

performance.now = () => current?.now() ?? 0
// Progress is told by the machine's time; here there is none.
globalThis.setInterval = (() => ({ unref: () => ({}), ref: () => ({}) })) as unknown as typeof setInterval
globalThis.clearInterval = () => {}
