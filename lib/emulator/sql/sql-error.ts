import { TunnelOptionError, TunnelValueError } from '../../errors.js'

/** The position of an error that is that of its statement's table. */
export const ofStatement = '[1,1]'

/** Why a task failed. Its text begins with the service's code, by which clients choose an error class (protocol 10.3). */
export class SqlError extends Error {
  readonly #code: string
  readonly #what: string

  /** @param position `[line,column]`; {@link ofStatement} where only the script knows it; none for an error without one */
  constructor(code: string, what: string, position?: string) {
    super(`${code}:${position === undefined ? '' : `${position} `}${what}`)
    this.name = 'SqlError'
    this.#code = position === ofStatement ? code : ''
    this.#what = what
  }

  /** The same with its position, unless it has one or needs none. */
  at(position: string): SqlError {
    return this.#code === '' ? this : new SqlError(this.#code, this.#what, position)
  }

  /** From text that begins with a code. */
  static ofText(text: string): SqlError {
    const at = text.indexOf(':')
    return new SqlError(text.slice(0, at), text.slice(at + 1))
  }
}

/** An error that is that of its statement gets the position that this one is known by. */
export const placeErrors = async <T>(run: () => Promise<T>, position: string): Promise<T> => {
  try {
    return await run()
  } catch (error) {
    throw error instanceof SqlError ? error.at(position) : error
  }
}

/** Line and column, both from 1. */
export const formatPosition = (source: string, at: number): string => {
  const lines = source.slice(0, at).split('\n')
  return `[${lines.length},${lines.at(-1)!.length + 1}]`
}

export const parseException = (source: string, at: number, what: string): SqlError =>
  new SqlError('ODPS-0130161', `Parse exception - ${what}`, formatPosition(source, at))

/** Right SQL that the emulator lacks. */
export const notEmulated = (source: string, at: number, what: string): SqlError =>
  new SqlError(
    'ODPS-0130071',
    `Semantic analysis exception - the emulator does not have ${what}; docs/emulator.md and docs/emulator-sql.md tell what SQL it runs, and ` +
      'its option queries gives the answer to any other statement',
    formatPosition(source, at),
  )

export const tableNotFound = (name: string): SqlError =>
  new SqlError('ODPS-0130131', `Table not found - table ${name} cannot be resolved`, ofStatement)

/** @param position where it is not that of the statement's table */
export const semanticException = (what: string, position = ofStatement): SqlError =>
  new SqlError('ODPS-0130071', `Semantic analysis exception - ${what}`, position)

/** What the library finds wrong in a schema, a partition or a value is wrong with the statement; other errors stay. */
export const semanticOf = (error: unknown, position?: string, where = ''): unknown =>
  error instanceof TunnelOptionError || error instanceof TunnelValueError
    ? semanticException(`${where}${error.message}`, position)
    : error

/** @throws SqlError for what the library finds wrong ({@link semanticOf}) */
export const asSemantic = <T>(work: () => T, position?: string, where?: string): T => {
  try {
    return work()
  } catch (error) {
    throw semanticOf(error, position, where)
  }
}
