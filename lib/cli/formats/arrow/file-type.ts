import type { ArrowField } from '../../../arrow/ipc/schema.js'
import type { FileType } from '../file-values/file-type.js'

/** What the values of a field are, as `columnOf` reads them; types without values to read by the name they have here. */
export const fileTypeOf = (field: ArrowField): FileType => {
  const { type, extension } = field
  const storage = storageTypeOf(field)
  switch (extension) {
    case 'arrow.json':
      return storage.kind === 'text' ? { kind: 'json' } : storage
    case 'arrow.uuid':
      return type.name === 'fixed_size_binary' && type.size === 16 ? { kind: 'uuid' } : storage
    case 'arrow.parquet.variant':
      return { kind: 'unsupported', name: extension }
    default:
      return storage
  }
}

const storageTypeOf = ({ type, children }: ArrowField): FileType => {
  switch (type.name) {
    case 'null':
      return { kind: 'null' }
    case 'bool':
      return { kind: 'boolean' }
    case 'int':
      return { kind: 'integer', bits: type.bits as 8 | 16 | 32 | 64, signed: type.signed }
    case 'float':
      return { kind: 'float', bits: type.bits as 16 | 32 | 64 }
    case 'decimal':
      return { kind: 'decimal', precision: type.precision, scale: type.scale }
    case 'utf8':
      return { kind: 'text' }
    case 'binary':
      return { kind: 'bytes' }
    case 'fixed_size_binary':
      return { kind: 'bytes', length: type.size }
    case 'date':
      return { kind: 'date' }
    case 'timestamp':
      return { kind: 'timestamp', unit: type.unit, zoned: type.timezone !== '' }
    case 'time':
    case 'duration':
      return { kind: type.name, unit: type.unit }
    case 'interval':
      return { kind: 'unsupported', name: `interval(${type.unit})` }
    case 'union':
      return { kind: 'unsupported', name: `${type.mode} union` }
    default:
      return nestedTypeOf(type.name, children)
  }
}

const nestedTypeOf = (name: string, children: readonly ArrowField[]): FileType => {
  switch (name) {
    case 'struct':
      return {
        kind: 'struct',
        fields: children.map(child => ({ name: child.name, type: fileTypeOf(child) })),
      }
    case 'map': {
      const [key, value] = children[0]!.children
      return { kind: 'map', key: fileTypeOf(key!), value: fileTypeOf(value!) }
    }
    case 'run_end_encoded':
      return fileTypeOf(children[1]!)
    default:
      return { kind: 'list', element: fileTypeOf(children[0]!) }
  }
}
