/*
 * `import()` of a module that is there already is not free: it asks the loader again, which loaders that programs hook into
 * (as those of tests and of tracing do) answer from another thread. Transfers ask for their codecs time and again.
 */

/** Loads on the first call; a load that failed is tried again on the next. */
export const loadOnce = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loaded: T | undefined
  return async () => {
    loaded ??= await load()
    return loaded
  }
}
