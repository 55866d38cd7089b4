/** Code of an object with the cells by name. Names go into code as JSON text only; in brackets `__proto__` is a key like others. */
export const namedCells = (
  columns: readonly { readonly name: string }[],
  cells: readonly string[],
): string => {
  const keys = columns.map(({ name }) => (name === '__proto__' ? `['__proto__']` : JSON.stringify(name)))
  return `{ ${keys.map((key, i) => `${key}: ${cells[i]}`).join(', ')} }`
}
