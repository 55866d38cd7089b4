/** Why a task failed. Its text begins with the service's code, by which clients choose an error class (protocol 10.3). */
export class SqlError extends Error {
  constructor(code: string, what: string) {
    super(`${code}:${what}`)
    this.name = 'SqlError'
  }

  /** From text that begins with a code. */
  static ofText(text: string): SqlError {
    const at = text.indexOf(':')
    return new SqlError(text.slice(0, at), text.slice(at + 1))
  }
}

/** Line and column, both from 1. */
const formatPosition = (source: string, at: number): string => {
  const lines = source.slice(0, at).split('\n')
  return `[${lines.length},${lines.at(-1)!.length + 1}]`
}

export const parseException = (source: string, at: number, what: string): SqlError =>
  new SqlError('ODPS-0130161', `${formatPosition(source, at)} Parse exception - ${what}`)

/** Right SQL that the emulator lacks. */
export const notEmulated = (source: string, at: number, what: string): SqlError =>
  new SqlError(
    'ODPS-0130071',
    `${formatPosition(source, at)} Semantic analysis exception - the emulator does not have ${what}; it runs CREATE, DROP, ` +
      'TRUNCATE and ALTER TABLE for tables, partitions and new columns, and SELECT of columns or count(*) of one table ' +
      'where partition columns equal values. The option queries of the emulator gives the answer to any other query',
  )

export const tableNotFound = (name: string): SqlError =>
  new SqlError('ODPS-0130131', `[1,1] Table not found - table ${name} cannot be resolved`)

export const semanticException = (what: string): SqlError =>
  new SqlError('ODPS-0130071', `[1,1] Semantic analysis exception - ${what}`)
