import type { IncomingHttpHeaders } from 'node:http'

/*
 * What the emulator needs of HTTP, and no more: so a request comes over a socket or out of a dispatcher in this process,
 * and everything behind this interface, trouble on the way included, is the same code. Each way of cutting has a name of its own,
 * because clients decide by it whether a request may be sent again.
 */

/** One request, and what its answer is written to. */
export interface Exchange {
  readonly method: string
  /** As on the request line: encoded, with query. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>
  /** `host:port` as the client knows this server. */
  readonly authority: string
  /** Whether others than the owner of this process may have sent it. */
  readonly isFromNetwork: boolean
  /** Whoever stops reading in the middle can still answer. */
  readonly body: AsyncIterable<Uint8Array>
  /** Whether nobody reads an answer any more. */
  readonly isGone: boolean
  writeHead(status: number, headers: Readonly<Record<string, string>>): void
  /** Resolves when the client takes more, or has gone. */
  write(chunk: Uint8Array): Promise<void>
  end(last?: Uint8Array): void
  /** Takes what is left of a body that was refused, so that the client gets to the answer. */
  discardBody(): void
  /** Keeps the client waiting for so long, without `ms` for ever. Ends early when the client gives up. */
  wait(ms?: number): Promise<void>
  /** Ends the connection behind what was written. */
  cut(): void
  /** Resets the connection at once. */
  reset(): void
}
