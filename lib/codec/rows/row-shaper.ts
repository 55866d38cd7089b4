import { TunnelValueError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import type { CodecOptions } from '../cell-codec.js'
import { setOwn } from '../types/key-matcher.js'
import { partitionCell } from '../types/partition-cell.js'
import type { DecodeOptions } from './decode-options.js'

export type Parser = (value: unknown, column: Column) => unknown

/** Makes rows of decoded cells: parsers, partition columns, the shape asked for. */
export class RowShaper {
  readonly #columns: readonly Column[]
  readonly #parsers: readonly { readonly index: number; readonly parser: Parser }[]
  readonly #partition: readonly (() => unknown)[]
  readonly #asObject: boolean
  /** `'array'`: the cells are the row as they are; `'object'`: named they are; `'made'`: there is more to do. */
  readonly shape: 'array' | 'object' | 'made'

  constructor(columns: readonly Column[], options: DecodeOptions, codecOptions: CodecOptions) {
    const { partition = [], parsers = {}, rowShape = 'array' } = options
    this.#columns = [...columns, ...partition.map(part => part.column)]
    this.#parsers = this.#columns.flatMap((column, index) => {
      const parser = parserOf(column, parsers)
      return parser ? [{ index, parser }] : []
    })
    this.#partition = partition.map(({ column, value }) => partitionCell(column, value, codecOptions))
    this.#asObject = rowShape === 'object'
    const isPlain = partition.length === 0 && this.#parsers.length === 0
    this.shape = isPlain ? rowShape : 'made'
  }

  /** @throws TunnelValueError ODPS_INVALID_VALUE when a parser throws, which is then the cause. */
  make(cells: unknown[], rowIndex: number): unknown {
    if (this.shape === 'array') return cells
    for (const partitionValue of this.#partition) cells.push(partitionValue())
    for (const { index, parser } of this.#parsers) {
      const cell = cells[index]
      if (cell !== null) cells[index] = this.#parse(parser, cell, this.#columns[index]!, rowIndex)
    }
    return this.#asObject ? this.#toObject(cells) : cells
  }

  #parse(parser: Parser, cell: unknown, column: Column, rowIndex: number): unknown {
    try {
      return parser(cell, column)
    } catch (cause) {
      const what = `Row ${rowIndex}, column '${column.name}': the function in the option parsers threw`
      throw new TunnelValueError('ODPS_INVALID_VALUE', what, { column: column.name, rowIndex, cause })
    }
  }

  #toObject(cells: readonly unknown[]): Record<string, unknown> {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < cells.length; i++) setOwn(row, this.#columns[i]!.name, cells[i])
    return row
  }
}

/** Column names match without case and come before type kinds. */
const parserOf = (column: Column, parsers: Readonly<Record<string, Parser>>): Parser | undefined => {
  const name = column.name.toLowerCase()
  const key = Object.keys(parsers).find(key => key.toLowerCase() === name)
  return key === undefined ? parsers[column.type.kind] : parsers[key]
}
