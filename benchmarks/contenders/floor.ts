/* The same bytes sent and received by bare undici: nothing is encoded, compressed, decoded or checked. */
import { readFileSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { request } from 'undici'
import { answerJobs, costOf, peakBytes } from './answering.js'
import type { Replayed } from './replay.js'

interface FloorJob {
  readonly url: string
  readonly rows: number
  /** How often the bytes are sent, one after the other. */
  readonly rounds: number
}

let body = Buffer.alloc(0)

/** As large as the chunks in which the library sends a block. */
const chunkBytes = 256 * 1024

function* inChunks(rounds: number): Generator<Buffer, void, undefined> {
  for (let round = 0; round < rounds; round++)
    for (let at = 0; at < body.length; at += chunkBytes) yield body.subarray(at, at + chunkBytes)
}

const put = async ({ url, rows, rounds }: FloorJob): Promise<number> => {
  const answer = await request(url, {
    method: 'PUT',
    body: inChunks(rounds) as Iterable<Uint8Array> as Buffer,
  })
  await answer.body.dump()
  return rows
}

const get = async ({ url, rows, rounds }: FloorJob): Promise<number> => {
  await take({ method: 'GET', url, bytes: rounds * body.length })
  return rows
}

const take = async ({ method, url, bytes: expected }: Replayed): Promise<void> => {
  const answer = await request(url, { method })
  let bytes = 0
  // What has come is not joined, as an iteration would do it.
  answer.body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  await finished(answer.body)
  if (bytes !== expected) throw new Error(`${bytes} bytes came, not ${expected}`)
}

/** What comes in goes out, chunk by chunk. */
const copy = async ({ url, rows }: FloorJob): Promise<number> => {
  const { body: incoming } = await request(url)
  const answer = await request(url, { method: 'PUT', body: incoming })
  await answer.body.dump()
  return rows
}

/** The answers that a download of ours had, one after the other. */
let served: { readonly answers: readonly Replayed[]; readonly rows: number } | undefined

answerJobs({
  arrowServe: (job: typeof served) => {
    served = job
  },
  arrowDownload: ({ rounds }: { rounds: number }) =>
    costOf(async () => {
      for (let round = 0; round < rounds; round++) for (const answer of served!.answers) await take(answer)
      return rounds * served!.rows
    }),
  load: ({ file }: { file: string }) => {
    body = readFileSync(file)
  },
  peak: () => ({ peakBytes: peakBytes() }),
  upload: (job: FloorJob) => costOf(() => put(job)),
  download: (job: FloorJob) => costOf(() => get(job)),
  copy: (job: FloorJob) => costOf(() => copy(job)),
})
