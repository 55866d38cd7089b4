/* llms.txt: the pages in the order of docs/README.md, and the examples, each with its first sentence. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const firstSentence = text => text.replaceAll('\n', ' ').split(/(?<=[.!?])\s/)[0]

const lineOf = (docs, page) => {
  const text = readFileSync(join(docs, page), 'utf8').replace(/^<!--.*-->\n/, '')
  const title = /^# (.*)/.exec(text)[1]
  const prose = text.split('\n\n').find(part => /^(?:[A-Z]|`(?!``))/.test(part))
  return `- [${title}](docs/${page}): ${firstSentence(prose.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))}`
}

const exampleOf = (docs, name) => {
  const [, head] = /^\/\*\n \* (.*?)\n \*\/?\n/s.exec(readFileSync(join(docs, 'examples', name), 'utf8'))
  return `- [${name}](docs/examples/${name}): ${firstSentence(head.replaceAll('\n * ', '\n'))}`
}

export const llmsText = root => {
  const docs = join(root, 'docs')
  const map = readFileSync(join(docs, 'README.md'), 'utf8')
  const pages = new Set([...map.matchAll(/\]\(([a-z-]+\.md)/g)].map(match => match[1]))
  const examples = readdirSync(join(docs, 'examples'), { recursive: true })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => /\.(ts|mjs)$/.test(name))
  return [
    '# odps-tunnel',
    '',
    '> Node.js streams in and out of MaxCompute (ODPS) tables through the Tunnel service, a command line, and an emulator for tests.',
    '',
    'Start with [AGENTS.md](AGENTS.md) or [README.md](README.md).',
    '',
    '## Documentation',
    '',
    ...[...pages].map(page => lineOf(docs, page)),
    '',
    '## Examples',
    '',
    ...examples.sort().map(name => exampleOf(docs, name)),
    '',
    '## Optional',
    '',
    '- [CHANGELOG.md](CHANGELOG.md): what changed',
    '',
  ].join('\n')
}
