import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { functions } from '../../../../lib/emulator/sql/rewrite/functions/functions.js'
import {
  type ExamplePage,
  examplePages,
  type FunctionExample,
  groupPage,
  windowPage,
} from './function-examples.js'

/*
 * The tables of functions in docs/emulator-sql.md, made of the examples that the tests run. To renew the page:
 * `node --import tsx test/emulator/sql/rewrite/functions-page.ts --write`
 */

export const pagePath = fileURLToPath(new URL('../../../../docs/emulator-sql.md', import.meta.url))

/** The function that an example shows, in upper case. */
export const functionOf = ([call, , name]: FunctionExample): string =>
  (name ?? /^\w+/.exec(call)![0]).toUpperCase()

const begin = '<!-- functions: made by a script -->\n'
const end = '<!-- end of functions -->'

const row = (example: FunctionExample): string => {
  const [call, result] = example
  const shown = result === '' ? '(empty)' : `\`${result}\``
  return `| ${functionOf(example)} | \`${call.replaceAll('|', '\\|')}\` | ${shown.replaceAll('|', '\\|')} |`
}

/** One row per function: its first example. */
const table = ({ title, examples }: ExamplePage): string => {
  const names = examples.map(functionOf)
  const first = examples.filter(
    (_, i) => functions.has(names[i]!.toLowerCase()) && names.indexOf(names[i]!) === i,
  )
  const rows = first.map(row)
  return `### ${title}\n\n| function | example | result |\n|---|---|---|\n${rows.join('\n')}\n`
}

/** The page with its tables as they should be. */
export const renewedPage = (page: string): string => {
  const [before, rest = ''] = page.split(begin)
  const tables = [...examplePages, groupPage, windowPage].map(table).join('\n')
  return `${before}${begin}\n${tables}\n${end}${rest.slice(rest.indexOf(end) + end.length)}`
}

if (process.argv[2] === '--write') writeFileSync(pagePath, renewedPage(readFileSync(pagePath, 'utf8')))
