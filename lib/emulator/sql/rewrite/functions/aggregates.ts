import { refusal } from '../casts.js'
import { asText, type Expression } from '../rewriting.js'
import { hasMark } from '../scope.js'
import {
  aggregate,
  type Call,
  type FunctionFamily,
  type FunctionRule,
  literalText,
  tailOf,
  windowed,
} from './function-rule.js'

/*
 * Functions of a group of rows, and of a window. With an order and without a frame, those that sum up take the rows up to
 * the current one, and not its equals (MaxCompute's mode without compatibility to Hive).
 */

const upToCurrent = 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'

/** The tail with a frame, where MaxCompute's default isn't DuckDB's. */
const framed = (call: Call): string => {
  const { name, over, rewriting, at } = call
  if (over.kind === 'named') throw rewriting.refuse(`${name} OVER the name of a window`, at)
  const tail = tailOf(call)
  return over.kind === 'ordered' ? `${tail.slice(0, -1)} ${upToCurrent})` : tail
}

/** @param convert a macro for the argument */
const summing = (target: string, convert = ''): FunctionRule => ({
  args: [1, 1],
  of: 'group',
  write: call =>
    `${target}(${call.distinct ? 'DISTINCT ' : ''}${convert}(${call.args[0]!.sql}))${framed(call)}`,
})

const ofPairs = (target: string): FunctionRule => ({
  args: [2, 2],
  of: 'group',
  write: call => `${target}(${call.args.map(({ sql }) => `mc_real(${sql})`).join(', ')})${framed(call)}`,
})

/** Of values in their order; the part must be known to DuckDB before it reads a row. */
const percentile = (target: string, convert: string): FunctionRule => ({
  args: [2, 2],
  of: 'group',
  write: call => {
    const [value, part] = call.args as [Expression, Expression]
    if (hasMark(part.sql, 'caw'))
      throw call.rewriting.refuse(`${call.name} of a part that isn't a literal`, part.at)
    return `${target}(${convert}(${value.sql}), ${part.sql})${tailOf(call)}`
  },
})

/** A value of the row in which another is the largest or the least. */
const ofRow = (target: string, isReversed: boolean): FunctionRule => ({
  args: [2, 2],
  of: 'group',
  write: call => {
    const [a, b] = call.args as [Expression, Expression]
    return `${target}(${isReversed ? `${b.sql}, ${a.sql}` : `${a.sql}, ${b.sql}`})${tailOf(call)}`
  },
})

/** The arguments of a function of a frame, behind which TRUE or FALSE says whether NULLs are left out. */
const ofFrameArguments = ({ name, args, rewriting }: Call, count: number): string => {
  const flag = args[count]
  if (flag !== undefined && flag.sql !== 'TRUE' && flag.sql !== 'FALSE')
    throw rewriting.refuse(`${name} with argument ${count + 1} that is neither TRUE nor FALSE`, flag.at)
  const values = args.slice(0, count).map(({ sql }) => sql)
  return `${values.join(', ')}${flag?.sql === 'TRUE' ? ' IGNORE NULLS' : ''}`
}

const firstValue: FunctionRule = {
  ...windowed('first_value', 1, 2),
  write: call => `first_value(${ofFrameArguments(call, 1)})${call.over.sql}`,
}

/** A value of a frame; where the frame ends matters, and so its default has to be known. */
const ofFrame = (target: string, count: number): FunctionRule => ({
  ...windowed(target, count, count + 1),
  write: call => {
    const { name, over, rewriting, at } = call
    if (over.kind === 'ordered' || over.kind === 'named')
      throw rewriting.refuse(`${name} with an order and without ROWS, or OVER the name of a window`, at)
    return `${target}(${ofFrameArguments(call, count)})${over.sql}`
  },
})

const count = (call: Call): string => {
  const { args, distinct, star, rewriting, at } = call
  const tail = framed(call)
  if (star) return `count(*)${tail}`
  if (args.length === 1) return `count(${distinct ? 'DISTINCT ' : ''}${args[0]!.sql})${tail}`
  if (!distinct || tail !== '')
    throw rewriting.refuse('COUNT of several columns without DISTINCT, or with OVER or FILTER', at)
  const isWhole = args.map(({ sql }) => `${sql} IS NOT NULL`).join(' AND ')
  return `count(DISTINCT (${args.map(({ sql }) => sql).join(', ')})) FILTER (WHERE ${isWhole})`
}

/** Texts or values that are put together, in the order of WITHIN GROUP; NULLs are left out. */
const collecting = (target: string, count: number, write: (call: Call) => string): FunctionRule => ({
  args: [count, count],
  of: 'group',
  isOrdered: true,
  write: call => {
    if (call.over.kind !== 'none') throw call.rewriting.refuse(`${call.name} with OVER`, call.at)
    const value = write(call)
    const isDistinct = call.distinct || call.name === 'collect_set'
    // Without an order any will do; that of the values is the same each time.
    const keys = call.within === '' && isDistinct && target === 'list' ? value : call.within
    const order = keys === '' ? '' : ` ORDER BY ${keys}`
    const distinct = isDistinct ? 'DISTINCT ' : ''
    const filter = `${call.filter === '' ? '' : `${call.filter} AND `}${call.args.at(-1)!.sql} IS NOT NULL`
    const sql = `${target}(${distinct}${value}${order}) FILTER (WHERE ${filter})`
    return target === 'list' ? `coalesce(${sql}, ${refusal(`${call.name} of no value`)})` : sql
  },
})

export const aggregates: FunctionFamily = {
  functions: {
    count: { args: [1, 255], of: 'group', write: count },
    sum: { ...summing('sum', 'mc_addend'), isSum: true },
    avg: summing('avg', 'mc_real'),
    min: summing('min'),
    max: summing('max'),
    stddev: summing('stddev_pop', 'mc_real'),
    stddev_pop: summing('stddev_pop', 'mc_real'),
    stddev_samp: summing('stddev_samp', 'mc_real'),
    variance: summing('var_pop', 'mc_real'),
    var_pop: summing('var_pop', 'mc_real'),
    var_samp: summing('var_samp', 'mc_real'),
    covar_pop: ofPairs('covar_pop'),
    covar_samp: ofPairs('covar_samp'),
    corr: ofPairs('corr'),
    median: {
      ...aggregate('median', 1),
      write: call => `median(mc_real(${call.args[0]!.sql}))${tailOf(call)}`,
    },
    percentile: percentile('quantile_cont', 'mc_real'),
    percentile_cont: percentile('quantile_cont', 'mc_real'),
    percentile_disc: percentile('quantile_disc', ''),
    max_by: ofRow('arg_max_null', false),
    min_by: ofRow('arg_min_null', false),
    arg_max: ofRow('arg_max_null', true),
    arg_min: ofRow('arg_min_null', true),
    bool_and: aggregate('bool_and', 1),
    bool_or: aggregate('bool_or', 1),
    approx_distinct: {
      ...aggregate('count', 1),
      write: call => `count(DISTINCT ${call.args[0]!.sql})${tailOf(call)}`,
    },
    any_value: aggregate('any_value', 1),
    count_if: { ...aggregate('count_if', 1), isSum: true },
    wm_concat: collecting('string_agg', 2, call => {
      const separator = literalText(call, 0).replaceAll("'", "''")
      return `${asText(call.args[1]!)}, '${separator}'`
    }),
    collect_list: collecting('list', 1, ({ args }) => args[0]!.sql),
    collect_set: collecting('list', 1, ({ args }) => args[0]!.sql),
    row_number: windowed('row_number', 0),
    rank: windowed('rank', 0),
    dense_rank: windowed('dense_rank', 0),
    percent_rank: windowed('percent_rank', 0),
    cume_dist: windowed('cume_dist', 0),
    ntile: windowed('ntile', 1),
    lead: windowed('lead', 1, 3),
    lag: windowed('lag', 1, 3),
    first_value: firstValue,
    last_value: ofFrame('last_value', 1),
    nth_value: ofFrame('nth_value', 2),
    grouping: aggregate('grouping', 1),
  },
  macros: [
    'mc_narrow(x HUGEINT) AS x::BIGINT, (x) AS x',
    `mc_addend(x VARCHAR) AS x::DOUBLE, (x BOOLEAN) AS ${refusal('SUM of BOOLEAN')}, (x) AS x`,
  ],
}
