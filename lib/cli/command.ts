import { type ParseArgsConfig, parseArgs } from 'node:util'

/** One command of the command line; each has a file of its own. */
export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What `--help` prints, with a newline at the end. */
  readonly help: string
  /** Resolves to the exit code: 0 done, 1 failed. @throws UsageError for exit code 2 */
  run(args: readonly string[]): Promise<number>
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

/** Parses options, strictly. @throws UsageError */
export const parseOptions = <T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
) => {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws UsageError for text that is no whole number of that range */
export const parseInteger = (name: string, text: string, min: number, max: number): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}`)
  return value
}
