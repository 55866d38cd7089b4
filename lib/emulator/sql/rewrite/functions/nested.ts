import { refusal } from '../casts.js'
import { quoteName } from '../names.js'
import { type FunctionFamily, literalText, sameAs, written } from './function-rule.js'

/** Functions of ARRAY, MAP and STRUCT. */
export const nested: FunctionFamily = {
  functions: {
    array: written(0, 255, args => `[${args.join(', ')}]`),
    map: written(2, 255, (args, { rewriting, args: [first] }) => {
      if (args.length % 2 !== 0) throw rewriting.refuse('MAP with a key without a value', first!.at)
      const [keys, values] = [0, 1].map(odd => args.filter((_, i) => i % 2 === odd).join(', '))
      return `MAP([${keys}], [${values}])`
    }),
    struct: written(
      1,
      255,
      args => `struct_pack(${args.map((arg, i) => `col${i + 1} := ${arg}`).join(', ')})`,
    ),
    named_struct: written(2, 255, (args, call) => {
      if (args.length % 2 !== 0)
        throw call.rewriting.refuse('NAMED_STRUCT with a name without a value', call.args[0]!.at)
      const fields = args.flatMap((arg, i) =>
        i % 2 === 0 ? [] : [`${quoteName(literalText(call, i - 1))} := ${arg}`],
      )
      return `struct_pack(${fields.join(', ')})`
    }),
    size: sameAs('mc_size', 1),
    array_contains: sameAs('list_contains', 2),
    sort_array: written(1, 1, ([list]) => `list_sort(${list}, 'ASC', 'NULLS FIRST')`),
    map_keys: sameAs('map_keys', 1),
    map_values: sameAs('map_values', 1),
  },
  macros: [
    `mc_size(x MAP(VARCHAR, VARCHAR)) AS (CASE WHEN x IS NULL THEN ${refusal('SIZE of NULL')} ELSE cardinality(x)::INTEGER END), ` +
      `(x VARCHAR) AS ${refusal('SIZE of a text')}, (x) AS (CASE WHEN x IS NULL THEN ${refusal('SIZE of NULL')} ELSE len(x)::INTEGER END)`,
  ],
}
