import { isDamage } from '../compression/damage.js'
import { TunnelProtocolError } from '../errors.js'
import type { ResponseBody } from './response-body.js'

/*
 * A good answer, whose body its reader decides about. An endpoint that is not MaxCompute (a portal, a proxy's page)
 * answers with 200 as well, so an answer of another form than expected says to check the endpoint, and never quotes
 * what came: there may be a token in it.
 */

/** No answer that is read as a whole comes near it. */
const textLimit = 64 * 1024 * 1024

/** An answer with a status below 300, or whatever came to who takes refusals. Its body must be read, discarded or destroyed. */
export class TunnelResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: ResponseBody
  readonly #purpose: string

  constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: ResponseBody,
    purpose: string,
  ) {
    this.status = status
    this.headers = headers
    this.body = body
    this.#purpose = purpose
  }

  /** The service's id of the request, for its support. */
  get requestId(): string | undefined {
    return this.headers['x-odps-request-id']
  }

  /** @throws TunnelProtocolError ODPS_UNEXPECTED_ANSWER when it cannot be decompressed. */
  async text(): Promise<string> {
    const encoding = this.headers['content-encoding']
    try {
      return await this.body.text(textLimit, encoding)
    } catch (error) {
      throw isDamage(error) ? this.#unexpected(`isn't ${encoding}, as its header says`) : error
    }
  }

  /** @throws TunnelProtocolError ODPS_UNEXPECTED_ANSWER when it isn't JSON. */
  async json(): Promise<unknown> {
    const text = await this.text()
    try {
      return JSON.parse(text)
    } catch {
      // The cause is left out: its message quotes the answer, in which there may be a token.
      throw this.#unexpected("isn't JSON")
    }
  }

  #unexpected(what: string): TunnelProtocolError {
    return new TunnelProtocolError(
      'ODPS_UNEXPECTED_ANSWER',
      `${this.#purpose}: the answer (HTTP ${this.status}) ${what}. Check that the endpoint belongs to MaxCompute.`,
    )
  }

  async discard(): Promise<void> {
    await this.body.discard()
  }
}
