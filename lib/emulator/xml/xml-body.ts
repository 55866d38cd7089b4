import { readXml, type XmlElement, XmlError } from '../../xml.js'
import { ServiceRefusal } from '../server/service-refusal.js'

/** @throws ServiceRefusal MalformedXML with the position */
export const parseXmlBody = (body: string): XmlElement => {
  try {
    return readXml(body)
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause
    const message = `The XML you provided was not well-formed: ${cause.message}.`
    throw new ServiceRefusal(400, 'MalformedXML', message, { cause })
  }
}
