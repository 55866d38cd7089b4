import { CliError } from '../usage-error.js'

export type Arrow = typeof import('apache-arrow')

/** @throws CliError that names the package when it is not installed */
export const loadArrow = async (): Promise<Arrow> => {
  try {
    return await import('apache-arrow')
  } catch (cause) {
    throw new CliError(
      "ODPS_MISSING_PACKAGE: Arrow files need the package 'apache-arrow', which cannot be loaded",
      'npm install apache-arrow, next to odps-tunnel',
      { cause },
    )
  }
}
