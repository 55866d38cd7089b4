import { TunnelOptionError } from '../errors.js'

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

export const optionalPackage = <T>(
  name: string,
  purpose: string,
  load: () => Promise<T>,
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
