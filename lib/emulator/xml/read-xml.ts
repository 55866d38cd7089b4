import { ServiceRefusal } from '../server/service-refusal.js'

/*
 * Enough of XML for what clients send: elements, attributes, text, CDATA, entities, comments, processing
 * instructions, a DOCTYPE without internal subset. Prefixes stay part of names. No entity is ever defined or fetched.
 */

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** All text and CDATA directly inside, joined. */
  readonly text: string
}

interface OpenElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  text: string
}

interface Cursor {
  readonly source: string
  at: number
}

const maxDepth = 100

/** @throws ServiceRefusal MalformedXML with the position. */
export const readXml = (source: string): XmlElement => {
  const cursor: Cursor = { source, at: source.charCodeAt(0) === 0xfeff ? 1 : 0 }
  const top: OpenElement = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [top]
  while (cursor.at < source.length) readPiece(cursor, open)
  if (open.length > 1) throw malformed(cursor, `<${open.at(-1)!.name}> is not closed`)
  if (top.children.length !== 1 || top.text.trim() !== '')
    throw malformed(cursor, 'expected one root element')
  return top.children[0]!
}

const readPiece = (c: Cursor, open: OpenElement[]): void => {
  const element = open.at(-1)!
  const { source } = c
  if (source[c.at] !== '<') {
    const end = source.indexOf('<', c.at)
    const text = source.slice(c.at, end < 0 ? source.length : end)
    element.text += decodeEntities(text, c)
    c.at += text.length
  } else if (source.startsWith('<![CDATA[', c.at)) element.text += readUntil(c, '<![CDATA[', ']]>')
  else if (source.startsWith('<!--', c.at)) readUntil(c, '<!--', '-->')
  else if (source.startsWith('<?', c.at)) readUntil(c, '<?', '?>')
  else if (source.startsWith('<!', c.at)) {
    if (readUntil(c, '<!', '>').includes('['))
      throw malformed(c, 'a document type with declarations is not accepted')
  } else if (source.startsWith('</', c.at)) closeElement(c, open)
  else openElement(c, open)
}

const readUntil = (c: Cursor, start: string, end: string): string => {
  const from = c.at + start.length
  const to = c.source.indexOf(end, from)
  if (to < 0) throw malformed(c, `'${start}' is not closed`)
  c.at = to + end.length
  return c.source.slice(from, to)
}

const closeElement = (c: Cursor, open: OpenElement[]): void => {
  const name = readUntil(c, '</', '>').trim()
  const element = open.pop()!
  if (open.length === 0 || element.name !== name) throw malformed(c, `</${name}> closes nothing`)
  open.at(-1)!.children.push(element)
}

const namePattern = /[^\s/>=<'"]+/y
const attributePattern = /\s+([^\s/>=<'"]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const tagEndPattern = /\s*(\/?)>/y

const openElement = (c: Cursor, open: OpenElement[]): void => {
  c.at++
  const name = match(c, namePattern)?.[0]
  if (name === undefined) throw malformed(c, 'expected an element name')
  const attributes = new Map<string, string>()
  for (let found = match(c, attributePattern); found !== null; found = match(c, attributePattern))
    attributes.set(found[1]!, decodeEntities(found[2] ?? found[3] ?? '', c))
  const end = match(c, tagEndPattern)
  if (end === null) throw malformed(c, `the tag <${name}> is not closed`)
  const element = { name, attributes, children: [], text: '' }
  if (end[1] === '/') open.at(-1)!.children.push(element)
  else open.push(element)
  if (open.length > maxDepth) throw malformed(c, `nested deeper than ${maxDepth} levels`)
}

const match = (c: Cursor, pattern: RegExp): RegExpExecArray | null => {
  pattern.lastIndex = c.at
  const found = pattern.exec(c.source)
  if (found !== null) c.at += found[0].length
  return found
}

const namedEntities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** A `&` that starts no entity stays, as careless clients send it. */
const decodeEntities = (text: string, c: Cursor): string =>
  text.replace(/&(#x[0-9a-f]+|#\d+|[a-z][a-z0-9]*);/gi, (whole, entity: string) => {
    if (entity[0] !== '#') return Object.hasOwn(namedEntities, entity) ? namedEntities[entity]! : whole
    const isHex = entity[1] === 'x' || entity[1] === 'X'
    const code = Number.parseInt(entity.slice(isHex ? 2 : 1), isHex ? 16 : 10)
    if (code > 0x10ffff) throw malformed(c, 'a character reference is out of range')
    return String.fromCodePoint(code)
  })

const malformed = (c: Cursor, what: string): ServiceRefusal =>
  new ServiceRefusal(
    400,
    'MalformedXML',
    `The XML you provided was not well-formed: ${what} at position ${c.at}.`,
  )

/** The first child of that name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find(child => child.name === name)

/** The text of the element at the end of a path of first children. */
export const textAt = (element: XmlElement, ...path: readonly string[]): string | undefined => {
  let at: XmlElement | undefined = element
  for (const name of path) at = childOf(at, name)
  return at?.text
}
