/** A way in which the library could be wrong, which some scenario must find. */
export interface Mutation {
  readonly name: string
  readonly file: string
  /** Stands there once. */
  readonly from: string
  readonly to: string
}

export const mutations: readonly Mutation[] = [
  {
    name: 'a commit takes whatever blocks are there',
    file: 'lib/upload/upload-session.ts',
    from: 'expected: expected && new Set(expected), sent: this.#sent })',
    to: 'expected: undefined, sent: new Map() })',
  },
  {
    name: 'a range goes on one row too late',
    file: 'lib/download/row-range.ts',
    from: 'return { start: start + done, count: count - done }',
    to: 'return { start: start + done + Math.sign(done), count: count - done - Math.sign(done) }',
  },
  {
    name: 'the checksum of a record is not compared',
    file: 'lib/codec/stream/walker.ts',
    from: 'if (actual === this.checksum) return',
    to: 'return',
  },
  {
    name: 'a range that goes on asks for as many rows as at first',
    file: 'lib/download/row-range.ts',
    from: 'return { start: start + done, count: count - done }',
    to: 'return { start: start + done, count }',
  },
  {
    name: 'a commit whose outcome is unknown is called refused',
    file: 'lib/upload/settle-commit.ts',
    from: 'if (!this.#uncertain)\n',
    to: 'if (true)\n',
  },
  {
    name: 'a commit that is done is not seen when the session is loaded',
    file: 'lib/upload/settle-commit.ts',
    from: "      if (isCommitted(state.status)) return { state, settledBy: 'load' }\n",
    to: '',
  },
  {
    name: 'secrets that the service echoes are repeated',
    file: 'lib/http/refused-answer.ts',
    from: "const clean = secrets.reduce((all, secret) => all.replaceAll(secret, '***'), text)",
    to: 'const clean = text',
  },
  {
    name: 'the retries of an upload are not counted',
    file: 'lib/upload/uploader.ts',
    from: '      stats.retries++\n',
    to: '',
  },
  {
    name: 'checkpoints do not wait for the one before',
    file: 'lib/upload/checkpoints.ts',
    from: 'await Promise.all([before, transaction.sent()])',
    to: 'await transaction.sent()',
  },
  {
    name: 'a partition whose commit is unknown counts as open',
    file: 'lib/upload/partitions/commit-partitions.ts',
    from: "        if (isUnknown(error)) states[at] = 'unknown'\n",
    to: '',
  },
  {
    name: 'a resumed upload takes every block for one that was sent',
    file: 'lib/upload/session-target.ts',
    from: 'this.#known.get(blockId) === rows &&',
    to: 'this.#options.resume &&',
  },
  {
    name: 'ranges are read as they come',
    file: 'lib/download/range-reader.ts',
    from: 'const due = this.#ranges[0]\n',
    to: 'const due = this.#ranges.at(-1)\n',
  },
  {
    name: 'an upsert sends rows of a key while older ones are under way',
    file: 'lib/upsert/bucket-writer.ts',
    from: 'if (bucket.isBusy || this.#isDestroyed) return',
    to: 'if (this.#isDestroyed) return',
  },
  {
    name: 'an upsert that is destroyed commits what was sent',
    file: 'lib/upsert/upsert-requests.ts',
    from: "purpose: 'Aborting the upserts into', below, method: 'DELETE'",
    to: "purpose: 'Aborting the upserts into', below, method: 'POST'",
  },
  {
    name: 'a streaming pack that could not be sent counts as taken',
    file: 'lib/streaming-upload/pack-target.ts',
    from: 'await this.#live.run(() => this.#send(pack, call), call)',
    to: 'await this.#live.run(() => this.#send(pack, call), call).catch(() => ({ requestId: undefined, batchId: undefined }))',
  },
  {
    name: 'streaming packs of one slot overtake each other',
    file: 'lib/streaming-upload/slots.ts',
    from: '    lane.last = left.promise\n',
    to: '',
  },
  {
    name: 'a statement whose answer was lost is sent again',
    file: 'lib/session/instance/submit-instance.ts',
    from: "repeat: 'submit',",
    to: "repeat: 'safe',",
  },
  {
    name: 'an error after a statement was accepted says that the call may be repeated',
    file: 'lib/query/run-instance.ts',
    from: '  forbidRepeat(error)\n',
    to: '',
  },
]
