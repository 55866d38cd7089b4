import { TunnelOptionError } from '../errors.js'

/*
 * The name is computed, so that bundlers leave the import to the program that runs: they would refuse a package that isn't
 * installed, and can't take in the file of a native addon. What can't be loaded there is missing, or has something in its place.
 */

/** Imports a package that may be absent, or is native. */
export const importNamed = (name: string): Promise<unknown> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ name)

/** A package that is imported on first use and may be absent. */
export interface OptionalPackage<T> {
  /** @throws TunnelOptionError ODPS_MISSING_PACKAGE */
  readonly load: () => Promise<T>
  /**
   * What `load` has loaded.
   * @throws TunnelOptionError ODPS_MISSING_PACKAGE when `load` was not awaited before.
   */
  readonly loaded: () => T
}

/** @param load how it is loaded, if not by its name alone */
export const optionalPackage = <T>(
  name: string,
  purpose: string,
  load = (): Promise<T> => importNamed(name) as Promise<T>,
): OptionalPackage<T> => {
  let module: T | undefined
  const missing = (cause?: unknown): TunnelOptionError =>
    new TunnelOptionError(
      'ODPS_MISSING_PACKAGE',
      `${purpose} needs the package '${name}', which cannot be loaded; install it with: npm install ${name}`,
      { cause },
    )
  return {
    load: async () => {
      try {
        module ??= await load()
        return module
      } catch (cause) {
        throw missing(cause)
      }
    },
    loaded: () => {
      if (module === undefined) throw missing()
      return module
    },
  }
}
