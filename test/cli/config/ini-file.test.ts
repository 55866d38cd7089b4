import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIni } from '../../../lib/cli/config/ini-file.js'

/* By java.util.Properties.load of JDK 17, keys then in lower case, values trimmed but for delimiters. */
test("a file of Java's properties", () => {
  const text = [
    '\ufeff# comment',
    '! comment too',
    'project_name=p',
    '  Access_Id = id=with=signs  ',
    'end_point: http://host/api',
    'region_id cn-hangzhou',
    'date-format-pattern=yyyy-MM-dd HH\\:mm\\:ss',
    'field-delimiter=\\u0001',
    'record-delimiter=\\r\\n',
    'null-indicator=\\\\N',
    'session-dir=C\\:\\\\a\\tb',
    'columns-name=a,\\',
    '   b,\\',
    '   c',
    'empty=',
    'alone',
    'twice=1',
    'twice=2',
    'a\\=b=c',
    '[section]',
    '; comment of other ini files',
    'last=x\\',
  ].join('\r\n')
  assert.deepEqual(Object.fromEntries(parseIni(text)), {
    project_name: 'p',
    access_id: 'id=with=signs',
    end_point: 'http://host/api',
    region_id: 'cn-hangzhou',
    'date-format-pattern': 'yyyy-MM-dd HH:mm:ss',
    'field-delimiter': '\u0001',
    'record-delimiter': '\r\n',
    'null-indicator': '\\N',
    'session-dir': 'C:\\a\tb',
    'columns-name': 'a,b,c',
    empty: '',
    alone: '',
    twice: '2',
    'a=b': 'c',
    last: 'x',
  })
})
