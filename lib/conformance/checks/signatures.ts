import { systemClock } from '../../http/clock.js'
import { parseErrorBody } from '../../http/service-error.js'
import type { TunnelClient } from '../../http/tunnel-client.js'
import type { TunnelOptions } from '../../options.js'
import { expectDone, expectRefusal } from '../answer.js'
import type { Check, CheckContext, Question } from '../check.js'
import { notAsked } from '../finding.js'
import { downloadQuestion, onService } from '../sessions.js'

const minuteMs = 60_000

/** @throws Finding for a run that signs nothing */
const clientWith = (context: CheckContext, options: TunnelOptions): TunnelClient => {
  if ('bearerToken' in Object(context.options.credentials)) throw notAsked('the run uses a bearer token')
  return context.connect(options).client
}

/** A clock that is off by so much. */
const shifted = ({ options }: CheckContext, ms: number): TunnelOptions => {
  const clock = options.clock ?? systemClock
  return { clock: { ...clock, now: () => clock.now() + ms } }
}

const onBoth = (context: CheckContext): readonly Question[] => {
  const table = context.table('rows')
  return [onService(table), downloadQuestion(table)]
}

const wrongSecret = ({ options }: CheckContext): TunnelOptions => {
  const { accessKeyId, securityToken } = Object(options.credentials) as Record<string, string | undefined>
  if (accessKeyId === undefined) throw notAsked('the run has no access key of its own')
  const token = securityToken === undefined ? {} : { securityToken }
  return { credentials: { accessKeyId, accessKeySecret: 'another secret', ...token } }
}

export const signatureChecks: readonly Check[] = [
  {
    id: 'signatures.v1',
    sentence: 'Service and tunnel accept signatures of version 1, HMAC-SHA1.',
    tables: ['rows'],
    // The route is looked for by each connection.
    requests: 3,
    run: async context => {
      const client = clientWith(context, { signatureVersion: 'v1' })
      for (const question of onBoth(context))
        expectDone(await context.ask({ ...question, client }), `on the ${question.target}`)
      return undefined
    },
  },
  ...(['service', 'tunnel'] as const).map(
    (target): Check => ({
      id: `signatures.v4-${target}`,
      sentence: `The ${target} accepts signatures of version 4, whose key is made with HMAC-SHA256 and whose last step is HMAC-SHA1.`,
      tables: ['rows'],
      requests: target === 'tunnel' ? 2 : 1,
      run: async context => {
        const client = clientWith(context, { signatureVersion: 'v4' })
        const question = onBoth(context).find(each => each.target === target)!
        expectDone(await context.ask({ ...question, client }))
        return undefined
      },
    }),
  ),
  {
    id: 'signatures.wrong-secret',
    sentence: 'A wrong signature is refused: 401 `SignatureNotMatch`, `Unauthorized` or `ODPS-0410042`.',
    tables: ['rows'],
    requests: 1,
    run: async context => {
      const client = clientWith(context, wrongSecret(context))
      const answer = await context.ask({ ...onService(context.table('rows')), client })
      expectRefusal(answer, 401, 'SignatureNotMatch', 'Unauthorized', 'ODPS-0410042')
      return parseErrorBody(answer.body.toString()).code
    },
  },
  {
    id: 'signatures.old-date',
    sentence:
      'A `Date` that is 20 minutes old is refused: 401 `RequestTimeTooSkewd` or `RequestTimeTooSkewed`.',
    tables: ['rows'],
    requests: 1,
    run: async context => {
      const client = clientWith(context, shifted(context, -20 * minuteMs))
      const answer = await context.ask({ ...onService(context.table('rows')), client })
      expectRefusal(answer, 401, 'RequestTimeTooSkewd', 'RequestTimeTooSkewed')
      return parseErrorBody(answer.body.toString()).code
    },
  },
  {
    id: 'signatures.tolerated-date',
    sentence: 'A `Date` that is 13 minutes old is accepted.',
    tables: ['rows'],
    requests: 1,
    run: async context => {
      const client = clientWith(context, shifted(context, -13 * minuteMs))
      expectDone(await context.ask({ ...onService(context.table('rows')), client }))
      return undefined
    },
  },
  {
    id: 'signatures.decoded-once',
    sentence: 'Parameters are signed as they are after decoding once: a value with `%41` in it is accepted.',
    tables: ['days'],
    requests: 1,
    run: async context => {
      clientWith(context, {})
      const question = downloadQuestion(context.table('days'), 'day=a%41,region=x')
      expectRefusal(await context.ask(question), 404, 'NoSuchPartition')
      return undefined
    },
  },
]
