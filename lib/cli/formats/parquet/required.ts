import { DamagedParquet } from './error.js'

/*
 * The package gives the fields of a struct as they come: one that is missing is undefined, and NaN in a sum, which no comparison refuses; one of
 * another type is a text or a double. So whatever is counted with is looked at first. parquet.thrift says which fields there must be, and of what
 * size: the package makes integers of 64 bits bigints, and smaller ones numbers.
 */

type Integer = number | bigint

/** @throws DamagedParquet for a field that is missing, below zero or no integer of its size */
export const requireIntegers = <Fields extends object>(
  struct: Fields,
  what: string,
  size: 'i32' | 'i64',
  names: readonly (keyof Fields & string)[],
): void => {
  for (const name of names) {
    const value = struct[name]
    const isInteger = size === 'i64' ? typeof value === 'bigint' : Number.isInteger(value)
    if (!isInteger) throw new DamagedParquet(`${what} has no ${name}`)
    if ((value as Integer) < 0) throw new DamagedParquet(`${what} has the ${name} ${value}`)
  }
}
