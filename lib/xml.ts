/*
 * What the service and its clients send each other of XML; the client and the emulator read it alike:
 *   document := misc element misc          misc := blanks | '<?' … '?>' | '<!--' … '-->'
 *   element  := '<' name attribute* ( '/>' | '>' ( text | cdata | misc | element )* '</' name '>' )
 *
 * A document type is refused, and so no entity is ever defined or fetched: those other than the five of XML and
 * character references stay as they are, like a `&` that starts none, for careless programs send both.
 */

/** Names are without their prefixes; those that declare a prefix (xmlns) aren't among the attributes. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** All text and CDATA directly inside, joined. */
  readonly text: string
}

/** A text isn't well-formed XML, or has something that isn't read here. */
export class XmlError extends Error {}

const maxDepth = 100

interface OpenElement extends XmlElement {
  /** With its prefix. */
  readonly tag: string
  readonly children: XmlElement[]
  text: string
}

interface Cursor {
  readonly source: string
  at: number
}

/** @throws XmlError with the position */
export const readXml = (source: string): XmlElement => {
  const c: Cursor = { source, at: source.startsWith('\uFEFF') ? 1 : 0 }
  const top = openedAs('', {})
  const open = [top]
  while (c.at < source.length) readPiece(c, open)
  if (open.length > 1) throw wrong(c, `<${open.at(-1)!.tag}> is not closed`)
  if (top.children.length !== 1 || top.text.trim() !== '') throw wrong(c, 'expected one root element')
  return top.children[0]!
}

/** The same; undefined for what {@link readXml} refuses. */
export const parseXml = (source: string): XmlElement | undefined => {
  try {
    return readXml(source)
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

const readPiece = (c: Cursor, open: OpenElement[]): void => {
  const { source } = c
  if (source[c.at] !== '<') readText(c, open)
  else if (source.startsWith('<![CDATA[', c.at)) {
    if (open.length === 1) throw wrong(c, 'CDATA stands outside of the root element')
    open.at(-1)!.text += readUntil(c, '<![CDATA[', ']]>')
  } else if (source.startsWith('<!--', c.at)) readUntil(c, '<!--', '-->')
  else if (source.startsWith('<?', c.at)) readUntil(c, '<?', '?>')
  else if (source.startsWith('<!', c.at)) throw wrong(c, 'a document type is not accepted')
  else if (source.startsWith('</', c.at)) closeElement(c, open)
  else openElement(c, open)
}

const readText = (c: Cursor, open: readonly OpenElement[]): void => {
  const end = c.source.indexOf('<', c.at)
  const text = c.source.slice(c.at, end < 0 ? c.source.length : end)
  open.at(-1)!.text += decodeEntities(text, c)
  c.at += text.length
}

const readUntil = (c: Cursor, start: string, end: string): string => {
  const from = c.at + start.length
  const to = c.source.indexOf(end, from)
  if (to < 0) throw wrong(c, `'${start}' is not closed`)
  c.at = to + end.length
  return c.source.slice(from, to)
}

const startName = /<([^\s<>/!?="']+)/y
const attribute = /\s+([^\s<>/="']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const startEnd = /\s*(\/?)>/y
const endTag = /<\/([^\s<>/]+)\s*>/y

const openElement = (c: Cursor, open: OpenElement[]): void => {
  const tag = match(startName, c)?.[1]
  if (tag === undefined) throw wrong(c, 'expected the name of an element')
  if (open.length > maxDepth) throw wrong(c, `nested deeper than ${maxDepth} levels`)
  const element = openedAs(tag, readAttributes(c))
  const end = match(startEnd, c)
  if (end === null) throw wrong(c, `the tag <${tag}> is not closed`)
  if (end[1] === '/') open.at(-1)!.children.push(element)
  else open.push(element)
}

const readAttributes = (c: Cursor): Record<string, string> => {
  const attributes: Record<string, string> = Object.create(null)
  for (let found = match(attribute, c); found !== null; found = match(attribute, c)) {
    const name = found[1]!
    if (/^xmlns(:|$)/.test(name)) continue
    if (localName(name) in attributes) throw wrong(c, `attribute ${name} is there twice`)
    attributes[localName(name)] = decodeEntities(found[2] ?? found[3] ?? '', c)
  }
  return attributes
}

const closeElement = (c: Cursor, open: OpenElement[]): void => {
  const start = c.at
  const tag = match(endTag, c)?.[1]
  const element = open.at(-1)!
  if (open.length === 1 || tag !== element.tag)
    throw wrong({ ...c, at: start }, 'an end tag closes another element than the last')
  open.pop()
  open.at(-1)!.children.push(element)
}

const match = (pattern: RegExp, c: Cursor): RegExpExecArray | null => {
  pattern.lastIndex = c.at
  const found = pattern.exec(c.source)
  if (found !== null) c.at = pattern.lastIndex
  return found
}

const openedAs = (tag: string, attributes: Record<string, string>): OpenElement => ({
  ...{ name: localName(tag), tag, attributes },
  ...{ children: [], text: '' },
})

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const namedEntities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const decodeEntities = (text: string, c: Cursor): string =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]{2,4}));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return namedEntities[name] ?? all
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    if (code > 0x10ffff) throw wrong(c, 'a character reference is out of range')
    return String.fromCodePoint(code)
  })

const wrong = (c: Cursor, what: string): XmlError => new XmlError(`${what} at position ${c.at}`)

/** The first child of that name. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find(child => child.name === name)

/** The text of the element at the end of a path of first children, trimmed; undefined where there is none. */
export const textAt = (element: XmlElement | undefined, ...path: readonly string[]): string | undefined =>
  path.reduce(childOf, element)?.text.trim()
