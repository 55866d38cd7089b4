import { cdata, element } from '../xml/format-xml.js'
import type { ServiceRefusal } from './service-refusal.js'
import { type ServiceReply, xmlReply } from './service-reply.js'

/** The service's error document. PyODPS ignores one that lacks any of the four elements (protocol 11.3). */
export const xmlRefusalReply = (refusal: ServiceRefusal, requestId: string, hostId: string): ServiceReply => {
  const body = element(
    'Error',
    element('Code', refusal.serviceCode),
    element('Message', cdata(refusal.message)),
    element('RequestId', requestId),
    element('HostId', hostId),
  )
  return { ...xmlReply(body.xml, refusal.headers), status: refusal.status }
}
