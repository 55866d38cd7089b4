import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import type { SourceBatch } from '../formats/row-source.js'
import type { BadRecords } from '../transfer/bad-records.js'
import { countOf } from '../transfer/units.js'
import type { RowPartitions } from './partition-columns.js'
import type { OpenInput } from './upload-inputs.js'

/** Reads everything and sends nothing. */
export const scanRows = async (
  call: Call,
  bad: BadRecords,
  partitions: RowPartitions | undefined,
  read: (take: (batch: SourceBatch, opened: OpenInput) => Promise<void>) => Promise<void>,
): Promise<number> => {
  let rows = 0
  await read(async (batch, { name, source }) => {
    const refused = partitions?.refused(batch) ?? []
    for (const each of [...batch.bad, ...refused]) bad.add(each, name, source)
    await bad.flush()
    rows += batch.rows.length - refused.length
  })
  const [badRecords, count] = [bad.count, partitions?.count]
  if (call.json) call.event('done', { scanned: true, rows, partitions: count, badRecords })
  else {
    const into = count === undefined ? '' : ` into ${countOf(count, 'partition')}`
    call.note(
      `${countOf(rows, 'row')} would be sent${into}, ${countOf(badRecords, 'bad record')}; nothing was sent.`,
    )
  }
  return exitCode.done
}
