import type { Dispatcher } from 'undici'

type Handler = Dispatcher.DispatchHandler
type Abort = (reason: Error) => void

/**
 * A handler as undici 7 and later call it. Handlers of undici 6, and the `fetch` of Node 20 and 22, have the older methods: they
 * get names and values as one list of buffers, and pause by returning false.
 */
export const handlerOf = (handler: Handler): Handler =>
  typeof handler.onRequestStart === 'function'
    ? handler
    : {
        onRequestStart: (controller, context) => {
          const { onConnect } = handler as { onConnect?: (abort: Abort, context: unknown) => void }
          onConnect?.call(handler, reason => controller.abort(reason), context)
        },
        onResponseStart: (controller, status, _headers, statusText = '') => {
          const raw = controller.rawHeaders as Buffer[]
          const resume = (): void => controller.resume()
          if (handler.onHeaders?.(status, raw, resume, statusText) === false) controller.pause()
        },
        onResponseData: (controller, chunk) => {
          if (handler.onData?.(chunk) === false) controller.pause()
        },
        onResponseEnd: () => handler.onComplete?.([]),
        onResponseError: (_controller, error) => handler.onError?.(error),
      }
