import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

export const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** The pages that users read, as paths in the repository. */
export const pages: readonly string[] = [
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
].filter(name => name.endsWith('.md'))

export interface Snippet {
  /** `docs-upload-17.ts`, with the line of the block. */
  readonly file: string
  readonly code: string
  readonly isRun: boolean
}

/**
 * The blocks of TypeScript and JavaScript of a page. A comment before a block, invisible to readers, may hold code to put in front of it:
 * `<!-- setup: code -->`. With `<!-- run -->` or `<!-- run: code -->` the block is run too, not only compiled.
 */
export const snippetsOf = (page: string): Snippet[] => {
  const text = read(page)
  const blocks = text.matchAll(
    /(?:<!-- (setup|run)(?::\s*([\s\S]*?))? *-->\n)?```(?:[tj]s|typescript|javascript)\n([\s\S]*?)```/g,
  )
  return [...blocks].map(({ 0: all, 1: mark, 2: setup = '', 3: code = '', index }) => {
    const line = text.slice(0, index + all.lastIndexOf('```', all.length - 4)).split('\n').length
    const file = `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${line}.ts`
    return { file, code: `${setup}\n${code}\nexport {}\n`, isRun: mark === 'run' }
  })
}
