import { TunnelProtocolError, TunnelSessionError } from '../errors.js'
import { isUncertain } from '../http/uncertain.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { type CommitState, settleCommit } from '../upload/settle-commit.js'
import { postUpsertCommit } from './upsert-requests.js'
import { isNoSuchSession, type UpsertRoutes } from './upsert-routes.js'

/*
 * The commit of upserts takes a while: the service is asked again until it says that it is done, and may forget the session at
 * that moment. A session that was there before the commit and is gone after it has been committed; one that was gone before
 * has not. What is lost in between is settled as for any commit.
 */

const firstPollMs = 250
const longestPollMs = 5_000
/** As long as the official clients wait. */
const patienceMs = 120_000

/** Whether a commit may have reached the service. */
export interface CommitTrack {
  hasArrived: boolean
}

/**
 * @returns how the outcome became known
 * @throws TunnelSessionError ODPS_COMMIT_UNKNOWN, ODPS_SESSION_STATUS; what the service refused the commit with
 */
export const commitUpsert = async (
  resource: TableResource,
  sessionId: string,
  routes: UpsertRoutes,
  track: CommitTrack,
  options: CallOptions,
): Promise<'answer' | 'load'> => {
  const { clock, retry, requestTimeoutMs } = resource.client
  const { onRetry } = options
  const load = (signal: AbortSignal): Promise<CommitState> =>
    unlessGone(track, async () => stateOf((await routes.load({ signal, onRetry })).status))
  const post = async (signal: AbortSignal): Promise<CommitState> => {
    const givesUpAt = clock.now() + patienceMs
    for (let waitMs = firstPollMs; ; waitMs = Math.min(2 * waitMs, longestPollMs)) {
      const call = { signal, onRetry }
      const state = await unlessGone(track, () => postOnce(resource, sessionId, routes, track, call))
      if (state.status !== 'normal') return state
      if (clock.now() + waitMs > givesUpAt) throw notDone(sessionId)
      await clock.sleep(waitMs, signal)
    }
  }
  const { settledBy } = await settleCommit(
    { sessionId, nextStep, post, load },
    {
      ...{ clock, retry, requestTimeoutMs, signal: options.signal },
      onRetry: event => resource.announceRetry('POST', event, options),
    },
  )
  return settledBy
}

const nextStep =
  'Reopen it by id and commit again, which does no harm: if there is no such session any more, all its rows are in the table.'

const postOnce = async (
  resource: TableResource,
  sessionId: string,
  routes: UpsertRoutes,
  track: CommitTrack,
  call: CallOptions,
): Promise<CommitState> => {
  try {
    const { status } = await postUpsertCommit(resource, sessionId, routes.routeOf(0, call), call)
    track.hasArrived = true
    return stateOf(status)
  } catch (error) {
    track.hasArrived ||= isUncertain(error) || error instanceof TunnelProtocolError
    throw error
  }
}

const unlessGone = async (track: CommitTrack, ask: () => Promise<CommitState>): Promise<CommitState> => {
  // Before this request: one that finds no session has committed nothing itself.
  const { hasArrived } = track
  try {
    return await ask()
  } catch (error) {
    if (hasArrived && isNoSuchSession(error)) return committed
    throw error
  }
}

/** In the words of an upload session: `closed` is committed, `normal` not yet. */
const stateOf = (status: string): CommitState => {
  if (status === 'committed') return committed
  return { status: status === 'committing' ? 'normal' : status }
}

const committed: CommitState = { status: 'closed' }

const notDone = (sessionId: string): TunnelSessionError =>
  new TunnelSessionError(
    'ODPS_COMMIT_UNKNOWN',
    `The service accepted the commit of session ${sessionId}, and had not finished it after ${patienceMs / 1000} s. ${nextStep}`,
    { sessionId, status: 'committing', retryable: true },
  )
