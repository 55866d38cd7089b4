import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import type { CellOptions } from '../../../../lib/cli/formats/cell-options.js'
import { cellParserOf, cellPrinterOf } from '../../../../lib/cli/formats/cells.js'
import { compileDatetimePattern } from '../../../../lib/cli/formats/times/datetime-pattern.js'
import { parseDataType } from '../../../../lib/index.js'

export interface Given extends Partial<CellOptions> {
  readonly pattern?: string
}

export const printing = (type: string, { pattern, ...given }: Given = {}) => {
  const options: CellOptions = {
    ...{
      encoding: 'utf-8',
      timeZone: 'UTC',
      datetime: undefined,
      nullText: '',
      plainNumbers: true,
      isOdpscmd: true,
    },
    ...(pattern !== undefined && { datetime: compileDatetimePattern(pattern, { takesTail: true }) }),
    notes: new CellNotes(),
    ...given,
  }
  const { format } = cellPrinterOf({ name: 'c', type: parseDataType(type) }, options)
  return { format, notes: () => options.notes.lines().map(line => line.replace(/^column 'c', /, '')) }
}

export const printed = (type: string, value: unknown, given?: Given): string =>
  printing(type, given).format(value)

export const reading = (type: string, given: Given = {}) => {
  const { pattern, ...rest } = given
  return cellParserOf(parseDataType(type), {
    ...{ encoding: 'utf-8', timeZone: 'UTC', datetime: undefined, nullText: '', plainNumbers: true },
    ...(pattern !== undefined && { datetime: compileDatetimePattern(pattern, { takesTail: true }) }),
    ...{ isOdpscmd: true, notes: new CellNotes(), ...rest },
  })
}
