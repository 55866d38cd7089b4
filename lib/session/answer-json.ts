import { TunnelProtocolError } from '../errors.js'
import { type ColumnNames, parseTableSchema, type TableSchema } from '../schema/table-schema.js'

/*
 * The service's JSON is read field by field and not cast to a type: versions of it differ in what is there, and a count
 * that is text or -1 has a meaning of its own. What is needed and is not as expected fails where it is read, naming the
 * field.
 */

/** A JSON object of the service, read field by field; a field of another type than expected is an error. */
export class AnswerJson {
  readonly #fields: object
  readonly #purpose: string

  /** @param purpose what the answer is for, for messages */
  constructor(json: unknown, purpose: string) {
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw unexpected(purpose, 'is not a JSON object')
    this.#fields = json
    this.#purpose = purpose
  }

  get(name: string): unknown {
    return Reflect.get(this.#fields, name) ?? undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(`has no ${name}`)
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name)
    if (value === undefined || value === '') return undefined
    return typeof value === 'string' ? value : this.#fail(`has a ${name} that is not text`)
  }

  count(name: string): number {
    return this.optionalCount(name) ?? this.#fail(`has no ${name}`)
  }

  /** A count that is not negative; services write -1 for unknown. */
  optionalCount(name: string): number | undefined {
    const value = this.get(name)
    if (value === undefined || value === '') return undefined
    const number = Number(value)
    if (!Number.isSafeInteger(number)) return this.#fail(`has a ${name} that is not a whole number`)
    return number < 0 ? undefined : number
  }

  /** Seconds since the epoch; zero and less mean unknown. */
  optionalTime(name: string): Date | undefined {
    const at = new Date(Number(this.get(name)) * 1000)
    return at.getTime() > 0 ? at : undefined
  }

  /** A date in the form of HTTP; undefined where there is none, or one whose zone isn't known. */
  optionalDate(name: string): Date | undefined {
    const text = this.optionalText(name) ?? ''
    const at = new Date(/ (GMT|UTC|[+-]\d{4})$/.test(text) ? text : Number.NaN)
    return Number.isNaN(at.getTime()) ? undefined : at
  }

  schema(name: string, names: ColumnNames = 'distinct'): TableSchema {
    return parseTableSchema(this.get(name), names)
  }

  list(name: string): AnswerJson[] {
    const value = this.get(name) ?? []
    if (!Array.isArray(value)) return this.#fail(`has a ${name} that is not a list`)
    return value.map(item => new AnswerJson(item, this.#purpose))
  }

  #fail(what: string): never {
    throw unexpected(this.#purpose, what)
  }
}

export const unexpected = (purpose: string, what: string): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_UNEXPECTED_ANSWER', `${purpose}: the response ${what}`)
