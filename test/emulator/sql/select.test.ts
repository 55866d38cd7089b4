import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Emulator } from '../../../lib/emulator/index.js'
import { idAndName, TableCalls, twoRows, withEmulator } from '../emulator-client.js'
import { runSql } from '../rest-calls.js'

describe('SELECT', () => {
  const withPartitions = (run: (emulator: Emulator) => Promise<void>): Promise<void> =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: idAndName,
        partitionColumns: { pt: 'string', hh: 'bigint' },
      })
      for (const partition of ['pt=a,hh=1', 'pt=a,hh=2', 'pt=b,hh=1'])
        await new TableCalls(emulator, undefined, partition).upload([twoRows], 'uploads=&create_partition=')
      await run(emulator)
    })

  const cases: [string, string][] = [
    ['select count(*) from t', '"_c0"\n6\n'],
    ["select count(*) as n from t where pt='a' and hh=2", '"n"\n2\n'],
    ["select count(*) from t where pt='zz'", '"_c0"\n0\n'],
    ["select * from t where pt='b'", '"id","name","pt","hh"\n1,"abc","b",1\n2,\\N,"b",1\n'],
    ['select hh, id as x from t limit 3', '"hh","x"\n1,1\n1,2\n2,1\n'],
  ]
  for (const [sql, csv] of cases)
    test(sql, () =>
      withPartitions(async emulator => assert.deepEqual(await runSql(emulator, sql), ['Success', csv])),
    )
})
