import type { DataType } from '../../index.js'

/** The type with STRING in the place of JSON, also inside nested types, so that JSON values are taken as they come. */
export const withoutJson = (type: DataType): DataType => {
  switch (type.kind) {
    case 'json':
      return { kind: 'string' }
    case 'array':
      return { ...type, element: withoutJson(type.element) }
    case 'map':
      return { ...type, value: withoutJson(type.value) }
    case 'struct':
      return { ...type, fields: type.fields.map(field => ({ ...field, type: withoutJson(field.type) })) }
    default:
      return type
  }
}

type Printer = (value: unknown) => unknown

/** A function that prints the JSON values in a value of the type; undefined when there can be none. */
export const jsonPrinterOf = (type: DataType, print: Printer): Printer | undefined => {
  switch (type.kind) {
    case 'json':
      return print
    case 'array': {
      const element = orNull(jsonPrinterOf(type.element, print))
      return element && (value => (Array.isArray(value) ? value.map(element) : value))
    }
    case 'map': {
      const member = orNull(jsonPrinterOf(type.value, print))
      return (
        member &&
        (value => (value instanceof Map ? new Map([...value].map(([k, v]) => [k, member(v)])) : value))
      )
    }
    case 'struct':
      return structPrinter(type.fields, print)
    default:
      return undefined
  }
}

const orNull = (print: Printer | undefined): Printer | undefined =>
  print && (value => (value === null || value === undefined ? null : print(value)))

const structPrinter = (
  fields: readonly { readonly name: string; readonly type: DataType }[],
  print: Printer,
): Printer | undefined => {
  const printers = new Map(
    fields.flatMap(({ name, type }) => {
      const printer = orNull(jsonPrinterOf(type, print))
      return printer ? [[name.toLowerCase(), printer] as const] : []
    }),
  )
  if (printers.size === 0) return undefined
  return value =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, member]) => [
            name,
            printers.get(name.toLowerCase())?.(member) ?? member,
          ]),
        )
      : value
}
