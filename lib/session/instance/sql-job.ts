import { TunnelOptionError } from '../../errors.js'
import type { XmlElement } from '../../xml.js'

/** One statement, and how it is to be run. */
export interface SqlJob {
  readonly sql: string
  /** Of the client: by it a job is known again whose answer was lost. */
  readonly uuid: string
  /** 0 (first) to 9. */
  readonly priority: number
  /** Flags of the service by name, `odps.sql.…`. */
  readonly settings: Readonly<Record<string, string>>
}

/** Any name will do; it comes back with the state and the result of the task. */
const taskName = 'AnonymousSQLTask'

/** The document that is sent (protocol 10.1). @throws TunnelOptionError for text that XML has no room for */
export const formatJob = ({ sql, uuid, priority, settings }: SqlJob): string => {
  checkText('sql', sql)
  for (const [name, value] of Object.entries(settings)) checkText('hints', `${name}${value}`)
  const ended = sql.trimEnd().endsWith(';') ? sql : `${sql}${mayEndInComment(sql) ? '\n' : ''};`
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<Instance><Job><Priority>${priority}</Priority><Tasks><SQL><Name>${taskName}</Name><Config>`,
    `<Property><Name>settings</Name><Value>${escapeXml(JSON.stringify(settings))}</Value></Property>`,
    `<Property><Name>uuid</Name><Value>${uuid}</Value></Property>`,
    `</Config><Query>${escapeXml(ended)}</Query></SQL></Tasks>`,
    '<DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>',
  ].join('')
}

/** A semicolon behind it would be a part of the comment. */
const mayEndInComment = (sql: string): boolean => sql.slice(sql.lastIndexOf('\n') + 1).includes('--')

/** The uuid of a job that the service gives back, with or without the elements around it. */
export const uuidOfJob = (element: XmlElement): string | undefined => {
  if (element.name === 'Property') {
    const text = (name: string): string | undefined =>
      element.children.find(child => child.name === name)?.text.trim()
    return text('Name') === 'uuid' ? text('Value') : undefined
  }
  for (const child of element.children) {
    const uuid = uuidOfJob(child)
    if (uuid !== undefined) return uuid
  }
  return undefined
}

/** A parser makes a line feed of a carriage return that is not escaped. */
const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsendable = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\p{Surrogate}]/u

const checkText = (option: string, text: string): void => {
  const found = unsendable.exec(text)?.[0]
  if (found === undefined) return
  const code = found.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()
  const what = /\p{Surrogate}/u.test(found) ? 'half of a surrogate pair' : `the character U+${code}`
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `${option} has ${what}, which can't be sent; write it as an escape of SQL, or leave it out`,
  )
}
