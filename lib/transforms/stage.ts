import { flushable, none } from 'stream-chain/defs.js'
import { asError } from '../errors.js'

export interface StageEnd {
  /** What is left when the input has ended; undefined for nothing. */
  readonly flush?: () => unknown
  /** Lets go of resources when the chain ends before its input does. */
  readonly abort?: () => unknown
}

/**
 * A function for stream-chain's `chain([...])` that keeps a state: it is good for one chain only. Types of stream-chain
 * stay out of it, so that ours do not depend on its.
 */
export const stage = <In, Out>(write: (value: In) => Out, end: StageEnd): ((value: In) => Out) => {
  const flush = end.flush ?? (() => undefined)
  const asOutput = (value: unknown): unknown => (value === undefined ? none : value)
  return flushable<In, unknown>(
    guarded(write),
    () => {
      const rest = flush()
      return rest instanceof Promise ? rest.then(asOutput) : asOutput(rest)
    },
    end.abort ?? null,
  ) as unknown as (value: In) => Out
}

/** Whatever a row's getter throws comes out as an error: stream-chain, too, would take `null` for success and lose the row. */
export const guarded =
  <In, Out>(write: (value: In) => Out): ((value: In) => Out) =>
  value => {
    try {
      return write(value)
    } catch (error) {
      throw asError(error)
    }
  }

/** In place of a value: nothing goes on. */
export const nothing = none as unknown as never

/** Hands on values one by one; stream-chain runs generators without waiting between them. */
export function* each<T>(values: Iterable<T>): Generator<T, void, undefined> {
  yield* values
}
