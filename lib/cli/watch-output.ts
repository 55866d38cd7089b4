import { describeWriteError } from './files/sink.js'
import type { TerminalOutput } from './terminal.js'

/**
 * Notes what goes wrong with stdout while a command runs, for most of them print and do not wait.
 * @returns a function that waits until all is written. It throws what went wrong
 */
export const watchOutput = (output: TerminalOutput): (() => Promise<void>) => {
  let failure: unknown
  const onError = (error: unknown): void => {
    failure ??= error
  }
  output.on('error', onError)
  return async () => {
    if (failure === undefined && !output.destroyed)
      await new Promise<void>(resolve => output.write('', () => resolve()))
    // The event comes after the callback.
    await new Promise(resolve => setImmediate(resolve))
    output.off('error', onError)
    if (failure === undefined) return
    output.on('error', () => {})
    throw describeWriteError(failure, 'stdout')
  }
}
