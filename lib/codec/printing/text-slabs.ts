/*
 * Where printed text waits for its file. Memory of its own for every chunk would make garbage as large as the file, and fresh pages cost as much as
 * printing. So chunks lie one behind the other in large pieces of memory, which a writer may take as one, and which serve again when all
 * that was in them is written. Nobody has to say so: what is never let go is collected like anything else.
 */

const slabBytes = 512 * 1024
const maxFree = 4

interface Slab {
  readonly bytes: Buffer
  used: number
  /** Chunks that aren't written yet. */
  waiting: number
}

export interface KeptText {
  readonly bytes: Buffer
  /** To be called once, when nobody needs the bytes any more. */
  readonly release: () => void
}

export class TextSlabs {
  readonly #free: Slab[] = []
  #slab: Slab | undefined

  keep(text: Uint8Array): KeptText {
    if (text.length > slabBytes) return { bytes: Buffer.from(text), release: () => {} }
    const slab = this.#slabFor(text.length)
    slab.bytes.set(text, slab.used)
    const bytes = slab.bytes.subarray(slab.used, slab.used + text.length)
    slab.used += text.length
    slab.waiting++
    return { bytes, release: () => this.#release(slab) }
  }

  #slabFor(length: number): Slab {
    const slab = this.#slab
    if (slab?.waiting === 0) slab.used = 0
    if (slab !== undefined && slab.used + length <= slabBytes) return slab
    this.#slab = this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(slabBytes), used: 0, waiting: 0 }
    return this.#slab
  }

  #release(slab: Slab): void {
    slab.waiting--
    if (slab.waiting > 0 || slab === this.#slab || this.#free.length >= maxFree) return
    slab.used = 0
    this.#free.push(slab)
  }
}
