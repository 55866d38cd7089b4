/*
 * XML is written by functions and not put together as text, so that no name or comment of a table can break out of its
 * element. Characters that XML 1.0 has no form for are replaced: a document that no reader accepts would hide all else
 * in it.
 */

/** A piece of XML that needs no more escaping. */
export interface Xml {
  readonly xml: string
}

type Content = Xml | string | number | boolean

/** `<name>…</name>`; text is escaped. */
export const element = (name: string, ...content: readonly Content[]): Xml =>
  elementWith(name, {}, ...content)

export const elementWith = (
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...content: readonly Content[]
): Xml => {
  const attributeText = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  const inner = content.map(part => (typeof part === 'object' ? part.xml : escapeXml(String(part)))).join('')
  return { xml: inner === '' ? `<${name}${attributeText}/>` : `<${name}${attributeText}>${inner}</${name}>` }
}

/** A CDATA section; `]]>` inside is split over two. */
export const cdata = (text: string): Xml => ({
  xml: `<![CDATA[${replaceIllegal(text).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`,
})

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

const escapeXml = (text: string): string => replaceIllegal(text).replace(/[&<>"']/g, sign => escapes[sign]!)

/** XML 1.0 has no way to write most control characters, not even escaped. */
const replaceIllegal = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
