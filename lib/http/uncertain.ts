/*
 * After some failures nobody knows what the service did with a request. What it means depends on the request, so whoever
 * sent it is told by this, beside the error, which says to the user what happened.
 */
const uncertain = new WeakSet<object>()

/** Notes that the request that failed with this error may have been carried out. */
export const noteUncertain = (error: object): void => {
  uncertain.add(error)
}

/** Whether the request that failed with this error may have been carried out. */
export const isUncertain = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && uncertain.has(error)
