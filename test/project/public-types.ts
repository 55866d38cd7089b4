import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Reads the declarations that the compiler wrote: which names does an entry of the package give out, and which does their
 * text speak of? The compiler itself has no opinion on a type that users see and cannot name.
 */

/** Work of the compiler alone: what they make is seen, and their names never are. */
const helpers = new Set(['ReadValues', 'InputValues', 'SelectedSchema', 'ValueOf'])

interface Declared {
  readonly file: string
  /** The names as the file itself has them. */
  readonly names: readonly string[]
}

/** What stands between the braces of imports and exports that name a file. */
const listed = (text: string, word: 'import' | 'export'): Declared[] =>
  [...text.matchAll(new RegExp(`^${word} (?:type )?\\{([^}]*)\\} from '(\\.[^']+)';`, 'gm'))].map(match => ({
    file: match[2]!.replace(/\.js$/, '.d.ts'),
    names: match[1]!
      .split(',')
      .map(name => name.trim().replace(/^type /, ''))
      .filter(name => name !== ''),
  }))

const readDeclarations = (path: string): string =>
  readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')

/** The declarations of a name in a file: an overloaded function has several. */
const declarationsOf = (text: string, name: string): string =>
  text
    .split(/^(?=export |declare |interface |type |import )/m)
    .filter(part =>
      new RegExp(
        `^(?:export )?(?:declare )?(?:abstract )?(?:class|const|function|interface|type) ${name}\\b`,
      ).test(part),
    )
    .join('\n')

/** The file that declares a name which this one may only hand on. */
const home = (path: string, name: string): string => {
  const from = listed(readDeclarations(path), 'export').find(({ names }) => names.includes(name))
  return from === undefined ? path : home(join(path, '..', from.file), name)
}

/** `name: other` for every exported type that the declaration of a public name speaks of, and that is not public itself. */
export const unnamedTypes = (...entries: readonly string[]): string[] => {
  const exported = entries.flatMap(entry =>
    listed(readDeclarations(entry), 'export').map(({ file, names }) => ({
      file: join(entry, '..', file),
      names,
    })),
  )
  const all = new Set(exported.flatMap(({ names }) => names))
  const found: string[] = []
  for (const { file, names } of exported)
    for (const name of names) {
      const path = home(file, name)
      const text = readDeclarations(path)
      const declaration = declarationsOf(text, name)
      if (declaration === '') found.push(`${name}: not declared in ${file}`)
      const near = new Set([
        ...listed(text, 'import').flatMap(each => each.names),
        ...[...text.matchAll(/^export (?:declare )?(?:class|interface|type) (\w+)/gm)].map(
          match => match[1]!,
        ),
      ])
      for (const [other] of declaration.matchAll(/\b[A-Z]\w*/g))
        if (near.has(other) && !all.has(other) && !helpers.has(other)) found.push(`${name}: ${other}`)
    }
  return [...new Set(found)].sort()
}
