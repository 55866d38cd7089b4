import type { DataType } from '../../schema/data-type.js'

/*
 * A cell in the common form of its type is read by what it is, and ends where the number or the time ends. A delimiter or quote that
 * may be a part of it (a blank or a colon in a time, the point of a number, a minus) would be passed over, and the record would have
 * other fields than it says. Columns of such types are left to those who look for the end of a field first.
 */

const signsOf: Partial<Readonly<Record<DataType['kind'], RegExp>>> = {
  ...{ tinyint: /[-\d]/, smallint: /[-\d]/, int: /[-\d]/, bigint: /[-\d]/ },
  ...{ float: /[-+.\de]/i, double: /[-+.\de]/i, decimal: /[-.\d]/ },
  boolean: /[truefals01]/i,
  ...{ date: /[-\d]/, datetime: /[-:.\dTZ ]/, timestamp: /[-:.\dTZ ]/, timestamp_ntz: /[-:.\dTZ ]/ },
}

/** Whether one of the marks, a character each, may stand within a cell of the type as programs write it. */
export const holdMarks = ({ kind }: DataType, marks: string): boolean => signsOf[kind]?.test(marks) ?? false
