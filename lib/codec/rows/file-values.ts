/*
 * Rows on their way into a file. The values that JavaScript users get are convenient, and two of them lose something: text
 * that is no UTF-8 decodes to U+FFFD, and of equal keys a Map keeps the last. A file must have what is in the record or
 * nothing, so the command line asks for such text as bytes, for a MAP as its pairs, in the order of the record, and for JSON as its
 * text.
 * The option is a symbol because it is none that users should meet.
 */
export const fileValues: unique symbol = Symbol('odps-tunnel file values')

export interface FileValues {
  readonly [fileValues]?: true
}
