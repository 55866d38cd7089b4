/** An element: its own text (CDATA included) joined, and its child elements. Names are without namespace prefix. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: readonly XmlElement[]
}

/*
 * document := misc element misc          misc := blanks | '<?' … '?>' | '<!--' … '-->'
 * element  := '<' name attribute* ( '/>' | '>' ( text | cdata | misc | element )* '</' name '>' )
 *
 * No document type: entities other than the five of XML and character references stay as they are.
 */

const maxDepth = 32

interface Open {
  readonly name: string
  readonly attributes: Record<string, string>
  text: string
  readonly children: XmlElement[]
}

interface Cursor {
  readonly text: string
  at: number
}

/** Reads what the service's answers use of XML; undefined when the text is not well-formed. */
export const parseXml = (text: string): XmlElement | undefined => {
  const c: Cursor = { text: text.replace(/^\uFEFF/, ''), at: 0 }
  const root: Open = { name: '', attributes: {}, text: '', children: [] }
  const open: Open[] = [root]
  while (c.at < c.text.length) {
    const top = open.at(-1)!
    const next = c.text.indexOf('<', c.at)
    const until = next < 0 ? c.text.length : next
    if (until > c.at) top.text += decodeEntities(c.text.slice(c.at, until))
    c.at = until
    if (next >= 0 && !readMarkup(c, open)) return undefined
  }
  const complete = open.length === 1 && root.children.length === 1 && root.text.trim() === ''
  return complete ? root.children[0] : undefined
}

/** Reads what stands at a `<`. */
const readMarkup = (c: Cursor, open: Open[]): boolean => {
  if (c.text.startsWith('<!--', c.at)) return skipPast(c, '-->', 4) !== undefined
  if (c.text.startsWith('<?', c.at)) return skipPast(c, '?>', 2) !== undefined
  if (c.text.startsWith('<![CDATA[', c.at)) {
    const data = skipPast(c, ']]>', 9)
    if (data === undefined || open.length === 1) return false
    open.at(-1)!.text += data
    return true
  }
  return c.text[c.at + 1] === '/' ? readEndTag(c, open) : readStartTag(c, open)
}

/** The text between an opening of the given length and its end; undefined when it has none. */
const skipPast = (c: Cursor, end: string, opening: number): string | undefined => {
  const to = c.text.indexOf(end, c.at + opening)
  if (to < 0) return undefined
  const inner = c.text.slice(c.at + opening, to)
  c.at = to + end.length
  return inner
}

const endTag = /<\/([^\s<>/]+)\s*>/y

const readEndTag = (c: Cursor, open: Open[]): boolean => {
  const name = match(endTag, c)?.[1]
  const last = open.at(-1)!
  if (name === undefined || open.length === 1 || localName(name) !== last.name) return false
  open.pop()
  open.at(-1)!.children.push(last)
  return true
}

const startName = /<([^\s<>/!?="']+)/y
const attribute = /\s+([^\s<>/="']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const startEnd = /\s*(\/?)>/y

const readStartTag = (c: Cursor, open: Open[]): boolean => {
  const name = match(startName, c)?.[1]
  if (name === undefined || open.length > maxDepth) return false
  const attributes: Record<string, string> = Object.create(null)
  for (let found = match(attribute, c); found !== undefined; found = match(attribute, c))
    attributes[localName(found[1]!)] = decodeEntities(found[2] ?? found[3] ?? '')
  const end = match(startEnd, c)
  if (end === undefined) return false
  const element: Open = { name: localName(name), attributes, text: '', children: [] }
  if (end[1] === '/') open.at(-1)!.children.push(element)
  else open.push(element)
  return true
}

const match = (pattern: RegExp, c: Cursor): RegExpExecArray | undefined => {
  pattern.lastIndex = c.at
  const found = pattern.exec(c.text) ?? undefined
  if (found !== undefined) c.at = pattern.lastIndex
  return found
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const decodeEntities = (text: string): string =>
  text.includes('&') ? text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi, decodeEntity) : text

const decodeEntity = (all: string, decimal?: string, hex?: string, name?: string): string => {
  if (name !== undefined) return named[name] ?? all
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  return code <= 0x10ffff ? String.fromCodePoint(code) : all
}

/** The text of the first child of that name, trimmed; undefined when there is none. */
export const childText = (element: XmlElement | undefined, name: string): string | undefined =>
  element?.children.find(child => child.name === name)?.text.trim()
