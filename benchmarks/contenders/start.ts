/*
 * The least that a program does: import, connect, read a table's schema. `start.js place table library`; nothing with no place.
 * Prints how many milliseconds after the start of the process that was done.
 */
import type { Place } from './jobs.js'

const main = async ([place, table, library]: string[]): Promise<void> => {
  if (place === undefined) return told()
  const { Tunnel } = (await import(library!)) as typeof import('../../lib/index.js')
  const { endpoint, project, ...credentials } = JSON.parse(place) as Place
  const tunnel = new Tunnel({ endpoint, project, credentials })
  await tunnel.getTable(table!)
  told()
  await tunnel.close()
}

const told = (): void => console.log(performance.now())

void main(process.argv.slice(2))
