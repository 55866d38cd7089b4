/* The least that a program does: import, connect, read a table's schema. `start.js place table`; nothing with no place. */
import type { Place } from './jobs.js'

const main = async ([place, table]: string[]): Promise<void> => {
  if (place === undefined) return
  const { Tunnel } = await import('../../lib/index.js')
  const { endpoint, project, ...credentials } = JSON.parse(place) as Place
  const tunnel = new Tunnel({ endpoint, project, credentials })
  await tunnel.getTable(table!)
  await tunnel.close()
}

void main(process.argv.slice(2))
