/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  /** The next step, one line. */
  readonly next: string | undefined

  constructor(what: string, next?: string) {
    super(what)
    this.next = next
  }
}

/** Work that failed for a reason that is no error of the library: exit code 1, or another one. */
export class CliError extends Error {
  readonly next: string | undefined
  readonly exitCode: number

  constructor(what: string, next?: string, options: { cause?: unknown; exitCode?: number } = {}) {
    super(what, 'cause' in options ? { cause: options.cause } : undefined)
    this.next = next
    this.exitCode = options.exitCode ?? 1
  }
}
