import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawCharts } from './charts.js'
import { folder } from './contender.js'
import { putSummary } from './readme.js'
import { printReport } from './report.js'
import { type Results, readResults, target } from './results.js'

/** Every file that is made from the figures, with its text: the page, the charts and a part of README.md. */
export const pagesOf = (results: Results): [path: string, text: string][] => {
  const readme = join(folder, '../README.md')
  return [
    [join(target, 'latest.md'), printReport(results)],
    ...drawCharts(results).map(([name, svg]): [string, string] => [join(target, `${name}.svg`), svg]),
    [readme, putSummary(readFileSync(readme, 'utf8'), results)],
  ]
}

export const writePages = (): void => {
  for (const [path, text] of pagesOf(readResults())) writeFileSync(path, text)
}
