import { TunnelProtocolError } from '../errors.js'
import type { ResponseBody } from './response-body.js'

/** No answer that is read as a whole comes near it. */
const textLimit = 256 * 1024 * 1024

/** An answer with a status below 300. Its body must be read, discarded or destroyed. */
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

  async text(): Promise<string> {
    return this.body.text(textLimit)
  }

  /** @throws TunnelProtocolError ODPS_UNEXPECTED_ANSWER when it is no JSON. */
  async json(): Promise<unknown> {
    const text = await this.text()
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new TunnelProtocolError(
        'ODPS_UNEXPECTED_ANSWER',
        `${this.#purpose}: the answer (HTTP ${this.status}) is no JSON. Check that the endpoint is one of MaxCompute.`,
        { cause },
      )
    }
  }

  async discard(): Promise<void> {
    await this.body.discard()
  }
}
