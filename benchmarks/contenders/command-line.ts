/*
 * The command line as users start it: `command-line.js program arguments`. At its end stderr gets the CPU time of the whole process,
 * in milliseconds.
 */
import { writeSync } from 'node:fs'

process.once('exit', () => {
  const { user, system } = process.cpuUsage()
  writeSync(2, `\ncpu ${(user + system) / 1000}\n`)
})

const [program] = process.argv.splice(2, 1)
void import(program!)
