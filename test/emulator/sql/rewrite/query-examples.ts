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
]
