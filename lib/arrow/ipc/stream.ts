import { ArrowError } from './error.js'
import { readMetadata } from './flatbuffer.js'
import type { Message, StreamMessage } from './message.js'
import { MessageSplitter } from './message-splitter.js'
import { type ArrowField, readSchema } from './schema.js'

/*
 * Arrow's stream: messages one behind the other, the schema first, and a mark at the end.
 * The format lets a writer just stop instead of writing the end. A stream that was cut between two messages looks the
 * same, so here the end must be there, and nothing behind it.
 */

export interface ArrowMessages {
  readonly fields: readonly ArrowField[]
  /** Dictionaries and record batches; a dictionary comes before those that need it. */
  readonly messages: AsyncGenerator<Message, void, undefined>
}

export const openArrowStream = async (chunks: AsyncIterable<Uint8Array>): Promise<ArrowMessages> => {
  const messages = readMessages(chunks)
  try {
    const first = await messages.next()
    if (first.done || first.value.kind !== 'schema') throw new ArrowError('it does not begin with a schema')
    const { header } = first.value
    return { fields: readMetadata(() => readSchema(header)), messages }
  } catch (error) {
    await messages.return()
    throw error
  }
}

async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Message, void, undefined> {
  const splitter = new MessageSplitter()
  const messages: StreamMessage[] = []
  for await (const chunk of chunks) {
    splitter.push(chunk, messages)
    yield* messages.splice(0)
  }
  splitter.end()
  if (!splitter.hasEnded)
    throw new ArrowError('it ends without an end mark; either it was cut, or its writer was not closed')
}
