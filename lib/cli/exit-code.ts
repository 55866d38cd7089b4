/** What the process says when it ends. */
export const exitCode = { done: 0, failed: 1, usage: 2, badRecords: 3, interrupted: 130 } as const

export const exitCodeMeanings: readonly (readonly [number, string])[] = [
  [exitCode.done, 'done'],
  [exitCode.failed, 'failed; nothing was committed unless the message says so'],
  [exitCode.usage, 'wrong usage; nothing was sent'],
  [exitCode.badRecords, 'more bad records than --max-bad-records allows; nothing was committed'],
  [
    exitCode.interrupted,
    'interrupted by Ctrl-C or SIGTERM; nothing was committed unless the message says so',
  ],
]
