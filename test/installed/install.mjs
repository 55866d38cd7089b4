/* Packages that a check needs and npm test doesn't: each check has a folder of its own in the user's cache, which is filled
 * once. No package's scripts are run, so nothing is fetched but what the registry serves. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')

/** @param packages by name, each with one exact version @returns the folder whose node_modules has them */
export const install = (name, packages) => {
  const folder = join(cache, `odps-tunnel-${name}`)
  const stamp = join(folder, 'installed.json')
  const wanted = JSON.stringify(packages)
  mkdirSync(folder, { recursive: true })
  if (readOr(stamp, '') === wanted) return folder
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: packages }),
  )
  npm(folder, 'install', '--prefer-offline', '--legacy-peer-deps')
  writeFileSync(stamp, wanted)
  return folder
}

/** Packs the package as it is published. @returns the tarball */
export const pack = (root, folder) => {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' })
  const packed = npm(root, 'pack', '--silent', '--pack-destination', folder)
  return join(folder, packed.trim().split('\n').at(-1))
}

/** Without scripts, but for those of a tarball of our own nothing would run anyway. */
export const npm = (cwd, ...args) =>
  execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })

const readOr = (path, otherwise) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
