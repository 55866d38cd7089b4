/*
 * The memory of a WebAssembly module, and the module's functions beside it. Views of a memory end when it grows, so they are taken
 * from here each time. What a module keeps, and where, is its own affair: assembly/*.ts.
 */

const pageBytes = 64 * 1024

export interface MemoryExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
}

/** The instance and views of its memory; these are new ones after the memory has grown. */
export class WasmMemory<Exports extends MemoryExports> {
  readonly call: Exports
  bytes!: Buffer
  float64!: Float64Array
  int64!: BigInt64Array
  int32!: Int32Array
  float32!: Float32Array

  constructor(exports: Exports) {
    this.call = exports
    this.#look()
  }

  #look(): void {
    const { buffer } = this.call.memory
    this.bytes = Buffer.from(buffer)
    this.float64 = new Float64Array(buffer)
    this.int64 = new BigInt64Array(buffer)
    this.int32 = new Int32Array(buffer)
    this.float32 = new Float32Array(buffer)
  }

  reserve(bytes: number): void {
    // The length of a view is at hand, and 0 once it has ended; asking the memory costs as much as writing a row.
    if (bytes <= this.bytes.length) return
    const { memory } = this.call
    const missing = bytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
    this.#look()
  }
}

/** The part of the interface used here: the library of the language has no types for it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** What the first of the modules that this processor takes exports. Undefined where WebAssembly is not to be had (`node --jitless`). */
export const instantiate = <Exports extends MemoryExports>(modules: readonly string[]): Exports | undefined =>
  instantiator<Exports>(modules)?.()

/** The same for a module of which there are many instances: it is compiled once. */
export const instantiator = <Exports extends MemoryExports>(
  modules: readonly string[],
): (() => Exports) | undefined => {
  const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi }
  if (api === undefined) return undefined
  for (const text of modules)
    try {
      const module = new api.Module(Buffer.from(text, 'base64'))
      return () => new api.Instance(module).exports as Exports
    } catch {}
  return undefined
}
