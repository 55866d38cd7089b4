/* Queries and their rows. Where MaxCompute's reference has an example it is that; otherwise what standard SQL says, by hand. */

export interface QueryExample {
  readonly about: string
  readonly sql: string
  readonly rows: readonly (readonly string[])[]
}

const prices =
  'VALUES (1, 4.5), (1, 5.5), (1, 5.5), (1, 6.5), (2, NULL), (2, 3.0) AS test_src(user_id, price)'
const sales = "t AS (SELECT * FROM VALUES ('x', 1), ('x', 2), ('y', 3), (NULL, 4) AS v(k, n))"

/** The salaries of the reference's table emp. */
const employees = `VALUES ('SMITH', 800, 20), ('ALLEN', 1600, 30), ('WARD', 1250, 30), ('JONES', 2975, 20), ('MARTIN', 1250, 30),
  ('BLAKE', 2850, 30), ('CLARK', 2450, 10), ('SCOTT', 3000, 20), ('KING', 5000, 10), ('TURNER', 1500, 30), ('ADAMS', 1100, 20), ('JAMES', 950, 30),
  ('FORD', 3000, 20), ('MILLER', 1300, 10), ('JACCKA', 5000, 10), ('WELAN', 2450, 10), ('TEBAGE', 1300, 10) AS emp(ename, sal, deptno)`

export const queryExamples: readonly QueryExample[] = [
  {
    // Window functions, COUNT and AVG with odps.sql.hive.compatible=false
    about: 'a window with an order takes the rows up to the current one, not its equals',
    sql: `SELECT user_id, price, COUNT(price) OVER (PARTITION BY user_id ORDER BY price) AS c,
      AVG(price) OVER (PARTITION BY user_id ORDER BY price) AS a FROM ${prices} ORDER BY user_id, price, c`,
    rows: [
      ['1', '4.5', '1', '4.5'],
      ['1', '5.5', '2', '5.0'],
      ['1', '5.5', '3', '5.166666666666667'],
      ['1', '6.5', '4', '5.5'],
      ['2', 'NULL', '0', 'NULL'],
      ['2', '3.0', '1', '3.0'],
    ],
  },
  {
    // Aggregate functions, WITHIN GROUP
    about: 'texts are put together in the order of WITHIN GROUP',
    sql: "SELECT x, WM_CONCAT(',', y) WITHIN GROUP (ORDER BY y DESC) FROM VALUES ('k', 1), ('k', 3), ('k', 2) AS t(x, y) GROUP BY x",
    rows: [['k', '3,2,1']],
  },
  {
    // Aggregate functions, FILTER
    about: 'aggregates with FILTER',
    sql: `SELECT SUM(x), SUM(x) FILTER (WHERE y > 1), SUM(x) FILTER (WHERE y > 2), COUNT_IF(x > 2)
      FROM VALUES (NULL, 1), (1, 2), (2, 3), (3, NULL) AS t(x, y)`,
    rows: [['6', '3', '2', '1']],
  },
  {
    // Aggregate functions: PERCENTILE, MEDIAN, STDDEV, STDDEV_SAMP, VAR_SAMP, COLLECT_SET, COUNT_IF, MAX_BY, MIN_BY over emp, by department
    about: 'aggregates of the reference, by department',
    sql: `SELECT deptno, SUM(sal), MEDIAN(sal), PERCENTILE(sal, 0.3), PERCENTILE(sal, ARRAY(0.3, 0.5, 0.8)), STDDEV(sal), STDDEV_SAMP(sal),
        COLLECT_SET(sal), MIN_BY(ename, sal) FROM ${employees} GROUP BY deptno ORDER BY deptno`,
    rows: [
      [
        '10',
        '17500',
        '2450.0',
        '1875.0',
        '[1875, 2450, 5000]',
        '1546.1421524412158',
        '1693.7138680032901',
        '[1300, 2450, 5000]',
        'MILLER',
      ],
      [
        '20',
        '10875',
        '2975.0',
        '1475.0',
        '[1475, 2975, 3000]',
        '1004.7387720198718',
        '1123.3320969330487',
        '[800, 1100, 2975, 3000]',
        'SMITH',
      ],
      [
        '30',
        '9400',
        '1375.0',
        '1250.0',
        '[1250, 1375, 1600]',
        '610.1001739241043',
        '668.3312551921141',
        '[950, 1250, 1500, 1600, 2850]',
        'JAMES',
      ],
    ],
  },
  {
    about: 'aggregates of the reference, over all',
    sql: `SELECT SUM(sal), PERCENTILE(sal, 0.3), STDDEV(sal), STDDEV_SAMP(sal), VAR_SAMP(sal), COUNT_IF(sal > 1000), COUNT_IF(sal <= 1000), MIN_BY(ename, sal),
        SUM(sal) FILTER (WHERE deptno = 20), COUNT(DISTINCT deptno) FROM ${employees}`,
    rows: [
      [
        '37775',
        '1290.0',
        '1262.7549932628976',
        '1301.6180541247609',
        '1694209.5588235292',
        '15',
        '2',
        'SMITH',
        '10875',
        '3',
      ],
    ],
  },
  {
    // Other functions, POSEXPLODE and EXPLODE
    about: 'lateral views make rows of arrays and maps, and keep rows without any only when OUTER',
    sql: `SELECT p.pos, p.val, e.k, e.v, o.x FROM (SELECT ARRAY('a', 'c') AS a, MAP('m', 1) AS m) t
      LATERAL VIEW POSEXPLODE(t.a) p AS pos, val LATERAL VIEW EXPLODE(t.m) e AS k, v
      LATERAL VIEW OUTER EXPLODE(SPLIT(',', ',')) o AS x ORDER BY p.pos`,
    rows: [
      ['0', 'a', 'm', '1', 'NULL'],
      ['1', 'c', 'm', '1', 'NULL'],
    ],
  },
  {
    // Operators: LIKE, RLIKE, <=>, arithmetic
    about: 'operators',
    sql: `SELECT 'a%b' LIKE 'a\\\\%b', 'axb' LIKE 'a\\\\%b', 'aaa' LIKE 'a__', 'aaa' LIKE 'aab', 'abc' RLIKE '^a.c', NULL <=> NULL, 1 <=> NULL,
      1 + '1', 7 / 2, 7 DIV 2, -7 % 4, 1 / 0, 7 DIV 0, 5 ^ 3, ~5, 6 & 3, 6 | 3, 'a' || 1, NOT TRUE OR !FALSE, 2 BETWEEN '1' AND 3, 3 NOT IN (1, '2')`,
    rows: [
      'true false true false true true false 2.0 3.5 3 -3 NULL NULL 6 -6 2 7 a1 true true true'.split(' '),
    ],
  },
  {
    // Type conversions, CAST
    about: 'conversions',
    sql: `SELECT CAST(1.6 AS BIGINT), CAST('1.6' AS BIGINT), CAST('1' AS DOUBLE), CAST('' AS BOOLEAN), CAST('false' AS BOOLEAN),
      CAST('2015-10-01 00:00:00' AS DATETIME), CAST(DATETIME '2015-10-01 00:00:00' AS STRING), CAST(12 AS STRING), CAST('2.50' AS DECIMAL(5, 2)),
      CAST(NULL AS BIGINT), CAST('2015-10-01' AS DATE) < '2015-10-02', 1 = '1.0', '10' > 9`,
    rows: [
      [
        '1',
        '1',
        '1.0',
        'false',
        'true',
        '2015-10-01 00:00:00',
        '2015-10-01 00:00:00',
        '12',
        '2.50',
        'NULL',
        'true',
        'true',
        'true',
      ],
    ],
  },
  {
    about: 'literals by suffix, texts that follow each other, escapes',
    sql: `SELECT 1Y, 2S, 3L, 4.50BD, 1.5D, 2F, 99999999999999999999, 'abc' 'xyz', "it's", 'it''s', 'a\\tb', '\\u4e2d', '\\ue000c0\\ue001', '😀', \`x\` FROM VALUES (5) AS t(x)`,
    rows: [
      [
        '1',
        '2',
        '3',
        '4.50',
        '1.5',
        '2',
        '100000000000000000000',
        'abcxyz',
        "it's",
        "it's",
        'a\tb',
        '中',
        '\ue000c0\ue001',
        '😀',
        '5',
      ],
    ],
  },
  {
    about: 'NULL comes first in ascending and last in descending order',
    sql: `WITH ${sales} SELECT k, n FROM t ORDER BY k, n DESC`,
    rows: [
      ['NULL', '4'],
      ['x', '2'],
      ['x', '1'],
      ['y', '3'],
    ],
  },
  {
    about: 'calculations with aggregates, in any clause',
    sql: `WITH ${sales} SELECT k, CONCAT('n=', COUNT(*)) AS c, ROUND(SUM(n) / COUNT(*), 1) AS a, IF(MAX(n) > '2', 'big', 'small') FROM t
      WHERE k IS NOT NULL GROUP BY k HAVING COUNT(*) > '0' AND SUM(n) = 3 ORDER BY COUNT(*) + 1 DESC, k`,
    rows: [
      ['x', 'n=2', '1.5', 'small'],
      ['y', 'n=1', '3.0', 'big'],
    ],
  },
  {
    about: 'groups by an expression, by the name of one, and by sets',
    sql: `WITH ${sales} SELECT UPPER(k) AS u, CONCAT(UPPER(k), '!') AS x, COUNT(1) AS c FROM t GROUP BY u
      UNION ALL SELECT IF(n > 2, 'b', 'a'), IF(n > 2, 'b', 'a') || n, COUNT(1) FROM t WHERE n > 2 GROUP BY IF(n > 2, 'b', 'a'), n
      UNION ALL SELECT k, CAST(GROUPING(k) AS STRING), SUM(n) FROM t WHERE k = 'x' GROUP BY k WITH ROLLUP
      ORDER BY c, u`,
    rows: [
      ['NULL', 'NULL', '1'],
      ['Y', 'Y!', '1'],
      ['b', 'b3', '1'],
      ['b', 'b4', '1'],
      ['X', 'X!', '2'],
      ['NULL', '1', '3'],
      ['x', '0', '3'],
    ],
  },
  {
    about: 'windows over groups, named windows, QUALIFY, a * beside a sum',
    sql: `WITH ${sales} SELECT a.*, b.share FROM (SELECT *, SUM(n) OVER (PARTITION BY k ORDER BY n) AS s, n - LAG(n, 1, 0) OVER w AS d FROM t
        WINDOW w AS (PARTITION BY k ORDER BY n)) a
      JOIN (SELECT k, ROUND(SUM(n) / SUM(SUM(n)) OVER (), 2) AS share FROM t GROUP BY k QUALIFY RANK() OVER (ORDER BY SUM(n)) = 1) b
      ON a.k = b.k ORDER BY a.n`,
    rows: [
      ['x', '1', '1', '1', '0.3'],
      ['x', '2', '3', '1', '0.3'],
      ['y', '3', '3', '3', '0.3'],
    ],
  },
  {
    about: 'sub-queries that name columns of the query around them compare by the types of both',
    sql: `WITH ${sales}, u AS (SELECT * FROM VALUES ('x', '01'), ('z', '3') AS v(k, n))
      SELECT t.k, t.n FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.n = t.n)
        OR t.n IN (SELECT n + 2 FROM t) AND t.k = 'y' ORDER BY t.n`,
    rows: [
      ['x', '1'],
      ['y', '3'],
    ],
  },
  {
    about: 'sub-queries with groups that name columns without their table',
    sql: `WITH ${sales}, u AS (SELECT * FROM VALUES ('x', 5), ('y', 6) AS w(k2, m))
      SELECT k2, (SELECT MAX(n) FROM t WHERE k = k2), (SELECT COUNT(*) FROM t WHERE k = u.k2 AND n < u.m) FROM u ORDER BY k2`,
    rows: [
      ['x', '2', '2'],
      ['y', '3', '1'],
    ],
  },
  {
    about: 'sub-queries that name columns of a query with groups or windows',
    sql: `WITH ${sales}, u AS (SELECT * FROM VALUES ('x', 5), ('y', 6) AS w(k, m))
      SELECT t.k, COUNT(*), (SELECT MAX(u.m) FROM u WHERE u.k = t.k), MAX(t.n) FROM t GROUP BY t.k
        HAVING EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.m > '4')
      UNION ALL SELECT t.k, ROW_NUMBER() OVER (ORDER BY t.n) + 0, (SELECT u.m FROM u WHERE u.k = t.k AND u.m IN (SELECT z.m FROM u z WHERE z.m > '4')), t.n
        FROM t WHERE t.n IN (SELECT u.m - 3 FROM u WHERE u.k < t.k OR u.k = t.k)
      ORDER BY k`,
    rows: [
      ['x', '2', '5', '2'],
      ['x', '1', '5', '2'],
      ['y', '1', '6', '3'],
      ['y', '2', '6', '3'],
    ],
  },
  {
    // Type conversions (ARRAY), Date functions (EXTRACT), the FAQ about ROUND (DECIMAL of 0.25375)
    about: 'CAST of arrays and to DECIMAL, EXTRACT, USING',
    sql: `SELECT CAST(ARRAY(1, 2) AS ARRAY<STRING>), CONCAT_WS(',', CAST(ARRAY(1, 2) AS ARRAY<STRING>)), CAST(0.25375 AS DECIMAL),
      EXTRACT(YEAR FROM '2019-05-01 11:21:00'), EXTRACT(MINUTE FROM '2019-05-01 11:21:00'), x
      FROM VALUES (1) AS a(x) JOIN (SELECT 1 AS x) b USING (x)`,
    rows: [['[1, 2]', '1,2', '0.253750000000000000', '2019', '21', '1']],
  },
  {
    about: 'joins: semi, anti, outer, natural, of tables in brackets',
    sql: `WITH ${sales}, u AS (SELECT 'x' AS k, 9 AS m)
      SELECT 'semi' AS j, t.n FROM t LEFT SEMI JOIN u ON t.k = u.k
      UNION ALL SELECT 'anti', t.n FROM t LEFT ANTI JOIN u ON t.k = u.k
      UNION ALL SELECT 'left', COALESCE(u.m, 0) FROM t LEFT OUTER JOIN u ON t.k = u.k WHERE t.n < 4
      UNION ALL SELECT 'natural', n + m FROM t NATURAL JOIN u
      UNION ALL SELECT 'brackets', t.n FROM (t JOIN u ON t.k = u.k) ORDER BY j, n`,
    rows: [
      ['anti', '3'],
      ['anti', '4'],
      ['brackets', '1'],
      ['brackets', '2'],
      ['left', '0'],
      ['left', '9'],
      ['left', '9'],
      ['natural', '10'],
      ['natural', '11'],
      ['semi', '1'],
      ['semi', '2'],
    ],
  },
  {
    about: 'sets of rows, and parts of a result',
    sql: `WITH ${sales} (SELECT k FROM t UNION SELECT 'z') MINUS SELECT 'x' ORDER BY k LIMIT 1, 2`,
    rows: [['y'], ['z']],
  },
  {
    about: 'the sum of DECIMALs keeps their digits, and that of whole numbers is a BIGINT',
    sql: `SELECT SUM(CAST(x AS DECIMAL(10, 2))), CAST(SUM(CAST(x AS INT)) AS STRING), SUM(x) FROM VALUES (1.25), (2.5) AS t(x)`,
    rows: [['3.75', '3', '3.75']],
  },
  {
    // Other functions, EXPLODE: a row of NULL gives no row, a NULL in an ARRAY does
    about: 'EXPLODE as all that a SELECT has',
    sql: `SELECT EXPLODE(arr) AS col FROM (SELECT ARRAY('1', '2', '3', NULL, 'agb') AS arr UNION ALL SELECT NULL UNION ALL
      SELECT ARRAY('1', '2', '3', NULL, 'ag')) t`,
    rows: [['1'], ['2'], ['3'], ['NULL'], ['agb'], ['1'], ['2'], ['3'], ['NULL'], ['ag']],
  },
  {
    about: 'EXPLODE of a MAP',
    sql: `SELECT EXPLODE(t_map) AS (key, value) FROM VALUES (1000, MAP('k11', 86, 'k21', 15)), (1001, MAP('k12', 97, 'k22', 2)) AS t(c1, t_map)
      WHERE c1 > 0`,
    rows: [
      ['k11', '86'],
      ['k21', '15'],
      ['k12', '97'],
      ['k22', '2'],
    ],
  },
  {
    about: 'POSEXPLODE counts from 0; ORDER BY and LIMIT are of its rows',
    sql: "SELECT POSEXPLODE(ARRAY('a', 'c', 'f', 'b')) AS (pos, val) ORDER BY val DESC LIMIT 3",
    rows: [
      ['2', 'f'],
      ['1', 'c'],
      ['3', 'b'],
    ],
  },
  {
    // Other functions, JSON_TUPLE; what isn't there, and what isn't JSON, is NULL
    about: 'JSON_TUPLE as all that a SELECT has',
    sql: `SELECT JSON_TUPLE(j, 'name', 'age', 'city', 'x.y[1]') AS (name, age, city, deep) FROM VALUES
      ('{"name":"Alice","age":"30","city":"Shanghai"}'), ('{"x":{"y":["a","b"]}}'), ('nothing'), (NULL) AS t(j)`,
    rows: [
      ['Alice', '30', 'Shanghai', 'NULL'],
      ['NULL', 'NULL', 'NULL', 'b'],
      ['NULL', 'NULL', 'NULL', 'NULL'],
      ['NULL', 'NULL', 'NULL', 'NULL'],
    ],
  },
  {
    about: 'lateral views of what is calculated, also with columns of a view before',
    sql: `SELECT t.id, v.word, w.part, p.pos FROM VALUES (1, 'a-b,c'), (2, 'd'), (3, NULL) AS t(id, words)
      LATERAL VIEW EXPLODE(SPLIT(words, ',')) v AS word LATERAL VIEW EXPLODE(SPLIT(CONCAT(v.word, '-', t.id), '-')) w AS part
      LATERAL VIEW POSEXPLODE(ARRAY(t.id, t.id)) p AS pos, item WHERE pos = 1 ORDER BY t.id, word, part`,
    rows: [
      ['1', 'a-b', '1', '1'],
      ['1', 'a-b', 'a', '1'],
      ['1', 'a-b', 'b', '1'],
      ['1', 'c', '1', '1'],
      ['1', 'c', 'c', '1'],
      ['2', 'd', '2', '1'],
      ['2', 'd', 'd', '1'],
    ],
  },
  {
    about: 'a lateral view of a column keeps the order of the rows',
    sql: "SELECT id, x FROM VALUES (3, ARRAY('c', 'a')), (1, ARRAY()), (2, ARRAY('b')) AS t(id, a) LATERAL VIEW EXPLODE(a) v AS x",
    rows: [
      ['3', 'c'],
      ['3', 'a'],
      ['2', 'b'],
    ],
  },
  {
    about: 'JSON_TUPLE behind LATERAL VIEW',
    sql: `SELECT t.id, v.b, v.a FROM VALUES (1, '{"a":"x","b":"y"}') AS t(id, j) LATERAL VIEW JSON_TUPLE(t.j, 'a', 'b') v AS a, b`,
    rows: [['1', 'y', 'x']],
  },
  {
    about: 'a sub-query that calculates with aggregates over rows of the query around',
    sql: `WITH ${sales} SELECT k, (SELECT MAX(u.n) + 1 FROM t u WHERE u.k = t.k), (SELECT SUM(u.n) * 10 + COUNT(*) FROM t u WHERE u.k = t.k),
      (SELECT IF(COUNT(*) > 1, 'many', 'one') FROM t u WHERE u.k <=> t.k) FROM t WHERE n + 1 IN (SELECT MIN(u.n) + 1 FROM t u WHERE u.k <=> t.k) ORDER BY n`,
    rows: [
      ['x', '3', '32', 'many'],
      ['y', '4', '31', 'one'],
      ['NULL', 'NULL', 'NULL', 'one'],
    ],
  },
  {
    // The frames of the SQL standard, over n = 1, 1, 2, 4
    about: 'frames of groups of equals, and without some of their rows',
    sql: `SELECT n, SUM(n) OVER (ORDER BY n GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW),
      SUM(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING), SUM(n) OVER (ORDER BY n RANGE UNBOUNDED PRECEDING EXCLUDE CURRENT ROW),
      SUM(n) OVER (ORDER BY n RANGE UNBOUNDED PRECEDING EXCLUDE GROUP), SUM(n) OVER (ORDER BY n RANGE UNBOUNDED PRECEDING EXCLUDE TIES),
      SUM(n) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING EXCLUDE NO OTHERS) FROM VALUES (1), (1), (2), (4) AS t(n) ORDER BY n, _c6`,
    rows: [
      ['1', '2', '4', '1', 'NULL', '1', '1'],
      ['1', '2', '4', '1', 'NULL', '1', '2'],
      ['2', '4', '4', '2', '2', '4', '4'],
      ['4', '6', '4', '4', '4', '8', '8'],
    ],
  },
  {
    // Window functions, FIRST_VALUE, LAST_VALUE and NTH_VALUE with ignore_nulls
    about: 'windows that leave NULLs out',
    sql: `SELECT n, FIRST_VALUE(x, TRUE) OVER (ORDER BY n), FIRST_VALUE(x, FALSE) OVER (ORDER BY n),
      LAST_VALUE(x, TRUE) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
      NTH_VALUE(x, 2, TRUE) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
      FROM VALUES (1, NULL), (2, 'a'), (3, NULL), (4, 'b') AS t(n, x) ORDER BY n`,
    rows: [
      ['1', 'NULL', 'NULL', 'NULL', 'b'],
      ['2', 'a', 'NULL', 'a', 'b'],
      ['3', 'a', 'NULL', 'a', 'b'],
      ['4', 'a', 'NULL', 'b', 'b'],
    ],
  },
]

/** Calls that MaxCompute has, and for which its reference gives no value. */
export const refusedCalls: readonly string[] = [
  "SUBSTR('abc', -5)",
  "REGEXP_EXTRACT('abc', 'x(.)')",
  "INSTR('aaa', 'aa', 1, 2)",
  "TO_DATE('2008718', 'yyyymmdd')",
  "TO_DATE('2010-24-01', 'yyyy-mm-dd')",
  "TO_CHAR(DATETIME '2010-12-03 00:00:00', 'YYYYMMDD')",
  "DATE_FORMAT(DATETIME '2010-12-03 00:00:00', 'yyyy-MM-dd HH:mm')",
  "CAST('2024-1-1' AS DATETIME)",
  'CAST(1e20 AS STRING)',
  'CAST(TRUE AS STRING)',
  'CAST(CAST(1 AS DECIMAL(5, 2)) AS STRING)',
  'CAST(1 AS DECIMAL(5, 2)) / 2',
  "CAST(1 AS DECIMAL(5, 2)) = '1'",
  "DATE '2024-01-01' + 1",
  'LN(0)',
  'SQRT(-1)',
  'ARRAY(1)[-1]',
  "GET_JSON_OBJECT('{\"a\":1.50}', '$.a')",
  'SIZE(CAST(NULL AS STRING))',
  "CONCAT_WS(',', ARRAY('a', NULL))",
  "CAST('2.55' AS DECIMAL(5, 1))",
  "TRUE = 'true'",
  'ARRAY_UNION(ARRAY(1, NULL), ARRAY(1))',
  'ARRAY_EXCEPT(ARRAY(), ARRAY(1))',
  "ARRAY_JOIN(ARRAY(1.0), ',')",
  'SLICE(ARRAY(1, 2), 0, 1)',
  'SLICE(ARRAY(1, 2), 3, 1)',
  'SLICE(ARRAY(1, 2), 1, -1)',
  "STR_TO_MAP('a=1,b')",
  "STR_TO_MAP('a=1=2')",
  "STR_TO_MAP('exception', 'a=1')",
]
