import type { LookupFunction } from 'node:net'
import type { ConnectRule, ConnectTrouble } from './scenario.js'

/** Nobody listens here: it is loopback on Linux, and no address at all elsewhere. */
const deadAddress = '127.0.0.2'

/** Every name is 127.0.0.1, but for the troubled calls. */
export const troubledLookup = (
  rules: readonly ConnectRule[],
  onFired: (trouble: ConnectTrouble) => void,
): LookupFunction => {
  let calls = 0
  return (hostname, options, callback) => {
    const index = calls++
    const trouble = rules.find(({ after, times }) => index >= after && index < after + times)?.trouble
    if (trouble !== undefined) onFired(trouble)
    const answer = (): void => {
      if (trouble === 'no-such-host') {
        const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
        callback(error, '', 4)
        return
      }
      const address = trouble === 'refused' ? deadAddress : '127.0.0.1'
      if (options.all) callback(null, [{ address, family: 4 }])
      else callback(null, address, 4)
    }
    setImmediate(answer)
  }
}
