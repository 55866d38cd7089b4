import { watchAbort } from '../../abort.js'
import type { EncodeOptions } from '../../codec/rows/record-encoder.js'
import type { TableSchema } from '../../index.js'
import type { Call } from '../call.js'
import { type ByteInput, openInput } from '../files/byte-input.js'
import { identityOf } from '../files/place.js'
import { isJson } from '../formats/file-format.js'
import { openSource } from '../formats/open-source.js'
import type { ColumnPlan, RowSource, SourceBatch, SourceField } from '../formats/row-source.js'
import { badRecordsPlace } from '../transfer/bad-records.js'
import { type ColumnRules, planColumns } from '../transfer/plan-columns.js'
import type { FileProgress } from '../transfer/progress.js'
import { UsageError } from '../usage-error.js'
import type { FilesRequest } from './files-request.js'

/** Rows written as one chunk at most, so that progress and Ctrl-C do not wait for a whole file of tiny rows. */
export const maxBatchRows = 1000

export interface OpenInput {
  /** For messages. */
  readonly name: string
  readonly input: ByteInput
  readonly source: RowSource
}

export interface PlannedInput extends OpenInput {
  readonly plan: ColumnPlan
}

type InputsRequest = FilesRequest & {
  /** Whether the table was made for the files. */
  readonly create?: boolean
}

/**
 * The files of an upload or upsert, one after the other. A file is looked at before anything is sent, and opened again when its turn
 * comes; what can be read once only is opened once, and stays open from its first look to its last row.
 */
export class UploadInputs {
  readonly #call: Call
  readonly #request: InputsRequest
  readonly #signal: AbortSignal
  readonly #inputs: ByteInput[] = []
  /** What is open and can be read once only, by its number. */
  readonly #kept = new Map<number, OpenInput>()
  /** The fields of files that were read to their ends already. */
  readonly #fields = new Map<number, readonly SourceField[]>()
  /** What is being read; an interruption breaks it off. */
  readonly #reading = new Set<ByteInput>()
  readonly #unwatch: () => void

  constructor(call: Call, request: InputsRequest, signal: AbortSignal) {
    this.#call = call
    this.#request = request
    this.#signal = signal
    this.#unwatch = watchAbort(signal, () => {
      for (const input of this.#reading) input.destroy()
    })
  }

  /** Looks where the paths lead, and reads nothing. @throws UsageError for what would be read or written twice */
  async find(): Promise<void> {
    for (const path of this.#request.paths) this.#inputs.push(await openInput(path, this.#call.terminal))
    const once = this.#inputs.filter(input => input.isReadOnce)
    const twice = once.find(({ identity }, i) => once.findIndex(each => each.identity === identity) !== i)
    if (twice !== undefined)
      throw new UsageError(
        `${twice.path === '-' ? 'stdin (-)' : twice.path} can be read only once, but is given twice`,
      )
    const { badRecordsPath } = this.#request
    if (badRecordsPath === undefined) return
    const bad = identityOf(await badRecordsPlace(badRecordsPath, this.#call.terminal))
    if (this.#inputs.some(({ isReadOnce, identity }) => !isReadOnce && identity === bad))
      throw new UsageError(
        `--bad-records ${badRecordsPath} is also a file to upload`,
        'Use another file for the bad records',
      )
  }

  get count(): number {
    return this.#inputs.length
  }

  /** Whether the rows can be written again: not those of a command that a shell has started, `<(command)`. */
  get canComeAgain(): boolean {
    return this.#inputs.every(({ identity }) => !/^descriptor [1-9]/.test(identity))
  }

  isReadOnce(i: number): boolean {
    return this.#inputs[i]!.isReadOnce
  }

  /** Some formats name their fields in each record: these are all of them. */
  know(i: number, fields: readonly SourceField[]): void {
    this.#fields.set(i, fields)
  }

  /**
   * All must be there and fit the table before anything is sent. Of those that can be read once only the first is looked
   * at: who writes into several FIFOs writes into one after the other.
   */
  async check(schema: TableSchema, mayReadOnce: boolean): Promise<void> {
    const firstOnce = mayReadOnce ? this.#inputs.findIndex(input => input.isReadOnce) : -1
    for (const [i, { isReadOnce }] of this.#inputs.entries())
      if (!isReadOnce || i === firstOnce) await this.leave(i, await this.plan(i, schema))
  }

  async plan(i: number, schema: TableSchema): Promise<PlannedInput> {
    const open = await this.open(i)
    try {
      return { ...open, plan: planColumns(open.name, open.source, schema, this.#rulesOf(i)) }
    } catch (error) {
      await this.leave(i, open)
      throw error
    }
  }

  /** A table that was made for JSON may have columns that its first records lack. */
  #rulesOf(i: number): ColumnRules {
    const { rules, create, formatOf, paths } = this.#request
    return create && isJson(formatOf(paths[i]!).name) ? { ...rules, fillMissing: true } : rules
  }

  /**
   * Gives the rows of all files, which must not change meanwhile.
   * @param records how records are encoded, for who takes them as well as rows
   */
  async read(
    schema: TableSchema,
    take: (batch: SourceBatch, opened: OpenInput) => Promise<void>,
    records?: EncodeOptions,
  ): Promise<void> {
    for (let i = 0; i < this.count; i++) {
      const opened = await this.plan(i, schema)
      try {
        for await (const batch of opened.source.rows({ ...opened.plan, records })) {
          await take(batch, opened)
          this.#signal.throwIfAborted()
        }
        this.#signal.throwIfAborted()
        await opened.input.checkUnchanged()
      } finally {
        await this.leave(i, opened)
      }
    }
  }

  /** The first bytes are read, as far as it takes to know the fields. */
  async open(i: number): Promise<OpenInput> {
    const kept = this.#kept.get(i)
    if (kept !== undefined) return kept
    const path = this.#request.paths[i]!
    const input = await this.#inputAgain(i)
    this.#signal.throwIfAborted()
    this.#reading.add(input)
    const source = await openSource(
      input,
      this.#request.formatOf(path),
      this.#request.text,
      this.#fields.get(i),
    )
    const open = { name: path === '-' ? 'stdin' : path, input, source }
    if (input.isReadOnce) this.#kept.set(i, open)
    return open
  }

  /** To be read twice a file is opened twice, and must still be the same. */
  async #inputAgain(i: number): Promise<ByteInput> {
    const first = this.#inputs[i]!
    if (first.isReadOnce) return first
    await first.checkUnchanged()
    const input = await openInput(first.path, this.#call.terminal)
    this.#inputs[i] = input
    return input
  }

  /** Closes what can be opened again. */
  async leave(i: number, { input, source }: OpenInput): Promise<void> {
    if (this.#kept.has(i)) return
    this.#reading.delete(input)
    await source.close()
  }

  async close(): Promise<void> {
    this.#unwatch()
    for (const { input, source } of this.#kept.values()) {
      input.destroy()
      await source.close()
    }
  }

  progress(): readonly FileProgress[] {
    return this.#inputs.map(({ path, size, bytesRead }) => ({
      name: path === '-' ? 'stdin' : path,
      done: bytesRead(),
      total: size,
    }))
  }
}
