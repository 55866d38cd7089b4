/*
 * Code that makes arrays and objects of cells. The engine watches how many of the arrays, or objects, that a literal makes outlive a collection.
 * If the first rows all do, as they are still being made or are kept, it makes later ones among old objects, and each row then costs several
 * times as much. It doesn't ask that of the rest parameters of a function, nor of what a constructor makes, which takes no longer.
 */

export const arrayOf = (cells: readonly string[]): string => `((...cells) => cells)(${cells.join(', ')})`

/** Makes the code of objects with cells by name. Names go into code as JSON text only. */
export class ObjectCode {
  /** The constructors: they go before the function that makes the objects. */
  constructors = ''
  #count = 0

  of(columns: readonly { readonly name: string }[], cells: readonly string[]): string {
    if (columns.some(({ name }) => name in Object.prototype)) return literal(columns, cells)
    const name = `O${this.#count++}`
    const sets = columns.map((column, i) => `this[${JSON.stringify(column.name)}] = c${i}`)
    this.constructors += `function ${name}(${columns.map((_, i) => `c${i}`).join(', ')}) { ${sets.join('; ')} }
${name}.prototype = Object.prototype
`
    return `new ${name}(${cells.join(', ')})`
  }
}

/** For names that all objects inherit: to set one may fail, or call a setter. In brackets `__proto__` is a key like others. */
const literal = (columns: readonly { readonly name: string }[], cells: readonly string[]): string => {
  const keys = columns.map(({ name }) => (name === '__proto__' ? `['__proto__']` : JSON.stringify(name)))
  return `{ ${keys.map((key, i) => `${key}: ${cells[i]}`).join(', ')} }`
}
