import type { RequestSpec } from '../http/request-spec.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { textAt, type XmlElement } from '../xml.js'
import { AnswerJson, unexpected } from './answer-json.js'
import { requestXml } from './metadata.js'

/*
 * All lists of the service have one form (protocol 10.7): a page, and a marker that the request for the next one has. What
 * is created or dropped meanwhile shifts the pages, so an item may come again; and a service or proxy that is out of order
 * may lead in circles. So each item is given once, and a listing that gets nowhere is an error.
 */

export interface Listing<T> {
  /** The request for the first page. */
  readonly request: RequestSpec
  /** `Tables`, the element around a page. */
  readonly root: string
  /** `Table`, the element of one of its items. */
  readonly item: string
  readonly read: (item: XmlElement) => T
  /** Equal for two elements that are of the same thing. */
  readonly keyOf: (value: T) => string
}

/** More pages in a row without anything new are a listing that never ends. */
const maxIdlePages = 20

/** Asks for page after page while it is iterated. */
export async function* listItems<T>(
  client: TunnelClient,
  { request, root: rootName, item: itemName, read, keyOf }: Listing<T>,
): AsyncGenerator<T, void, undefined> {
  const { purpose } = request
  const seen = new Set<string>()
  const markers = new Set<string>()
  let idlePages = 0
  for (let marker = ''; ; ) {
    const query = { ...request.query, expectmarker: 'true', ...(marker !== '' && { marker }) }
    const root = await requestXml(client, { ...request, query }, rootName)
    const before = seen.size
    for (const element of root.children) {
      if (element.name !== itemName) continue
      const value = read(element)
      const known = seen.size
      if (seen.add(keyOf(value)).size > known) yield value
    }
    const next = textAt(root, 'Marker') ?? ''
    if (next === '') return
    idlePages = seen.size > before ? 0 : idlePages + 1
    if (markers.size === markers.add(next).size) throw unexpected(purpose, 'repeats its page marker')
    if (idlePages > maxIdlePages)
      throw unexpected(purpose, `has no new ${itemName.toLowerCase()} in ${idlePages} pages`)
    marker = next
  }
}

/** The texts inside an element, by the names of its children. */
export const fieldsOf = (element: XmlElement, purpose: string): AnswerJson =>
  new AnswerJson(Object.fromEntries(element.children.map(child => [child.name, child.text.trim()])), purpose)
