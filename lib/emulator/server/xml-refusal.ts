import { cdata, element } from '../xml/print-xml.js'
import { type Answer, xml } from './answer.js'
import type { Refusal } from './refusal.js'

/** The service's error document. PyODPS ignores one that lacks any of the four elements (protocol 11.3). */
export const xmlRefusal = (refusal: Refusal, requestId: string, hostId: string): Answer => {
  const body = element(
    'Error',
    element('Code', refusal.serviceCode),
    element('Message', cdata(refusal.message)),
    element('RequestId', requestId),
    element('HostId', hostId),
  )
  return { ...xml(body.xml, refusal.headers), status: refusal.status }
}
