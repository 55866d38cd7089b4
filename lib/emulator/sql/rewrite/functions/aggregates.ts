import { aggregate, type FunctionFamily, windowed } from './function-rule.js'

/** Functions of a group of rows, and of a window. */
export const aggregates: FunctionFamily = {
  functions: {
    count: {
      args: [1, 255],
      of: 'group',
      write: ({ args, distinct, star, tail, rewriting }) => {
        if (star) return `count(*)${tail}`
        if (args.length === 1) return `count(${distinct ? 'DISTINCT ' : ''}${args[0]!.sql})${tail}`
        if (!distinct || tail !== '')
          throw rewriting.refuse('count of several columns without DISTINCT, or with OVER', args[1]!.at)
        const isWhole = args.map(({ sql }) => `${sql} IS NOT NULL`).join(' AND ')
        return `count(DISTINCT (${args.map(({ sql }) => sql).join(', ')})) FILTER (WHERE ${isWhole})`
      },
    },
    sum: aggregate('sum', 1, 1, 'mc_sum'),
    avg: aggregate('avg', 1),
    min: aggregate('min', 1),
    max: aggregate('max', 1),
    row_number: windowed('row_number', 0),
    rank: windowed('rank', 0),
    dense_rank: windowed('dense_rank', 0),
    percent_rank: windowed('percent_rank', 0),
    cume_dist: windowed('cume_dist', 0),
    ntile: windowed('ntile', 1),
    lead: windowed('lead', 1, 3),
    lag: windowed('lag', 1, 3),
    first_value: windowed('first_value', 1),
    last_value: windowed('last_value', 1),
    nth_value: windowed('nth_value', 2),
  },
  macros: ['mc_sum(x HUGEINT) AS x::BIGINT, (x) AS x'],
}
