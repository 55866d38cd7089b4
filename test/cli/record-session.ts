/*
 * Records docs/cli-session.txt in a real terminal (tmux) against an emulator; nothing in it is written by hand but the
 * titles below. `npm run build && node --import tsx test/cli/record-session.ts [--rows 1500000] [--cli dist/cli/main.js]`
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1500000' },
    cli: { type: 'string', default: fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)) },
    output: {
      type: 'string',
      default: fileURLToPath(new URL('../../docs/cli-session.txt', import.meta.url)),
    },
  },
})

const columns = 100
const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-session-'))
const session = `odps-tunnel-${process.pid}`

const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', session, ...args], { encoding: 'utf8' })

const screen = (): string =>
  tmux('capture-pane', '-p', '-t', session)
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
    .trim()

/** Waits for what stands on the screen. */
const until = async (isThere: (text: string) => boolean): Promise<string> => {
  for (let i = 0; i < 3000; i++) {
    const text = screen()
    if (isThere(text)) return text
    await sleep(40)
  }
  throw new Error(`this is still on the screen:\n${screen()}`)
}

/** A prompt alone on the last line: the command has ended. */
const isIdle = (text: string): boolean => text.endsWith('\n$') || text === '$'

const type = (text: string): void => {
  tmux('send-keys', '-t', session, '-l', text)
  tmux('send-keys', '-t', session, 'Enter')
}

/** What the screen shows from the command on. */
const run = async (...commands: string[]): Promise<string> => {
  tmux('send-keys', '-t', session, 'C-l')
  await until(text => text === '$')
  for (const command of commands) {
    const lines = screen().length
    type(command)
    await until(text => isIdle(text) && text.length > lines)
  }
  return withoutPrompt(screen())
}

const withoutPrompt = (text: string): string => text.replace(/\n\$$/, '')

const start = async (command: string): Promise<void> => {
  tmux('send-keys', '-t', session, 'C-l')
  await until(text => text === '$')
  type(command)
}

const rowsShown = (text: string): number =>
  Number(/^([\d,]+) rows, /m.exec(text)?.[1]?.replaceAll(',', '') ?? 0)

const flights = (count: number): string => {
  const airports = ['SFO', 'JFK', 'LAX', 'ORD']
  const lines = ['flight,origin,destination,delay,departure']
  for (let i = 0; i < count; i++) {
    const at = new Date(Date.UTC(2001, 0, 1) + (i % 365) * 90_061_000).toISOString()
    lines.push(
      `CA${String(i % 10_000).padStart(4, '0')},${airports[i % 4]},${airports[(i * 7 + 3) % 4]},${((i * 37) % 97) - 30},${at}`,
    )
  }
  return `${lines.join('\n')}\n`
}

const record = async (): Promise<string> => {
  const upload = 'odps-tunnel upload flights.csv flights --create --block-size 2M'
  const total = Number(values.rows)
  const parts: string[] = [
    `A session in a terminal of ${columns} columns, against \`odps-tunnel emulate\` (its environment variables are set), recorded by\ntest/cli/record-session.ts. Bars and lines are as they stood at that moment.`,
  ]
  const add = (title: string, ...shown: string[]): void => void parts.push(`--- ${title} ---`, ...shown)

  writeFileSync(join(folder, 'flights.csv'), flights(total))
  await start(upload)
  await until(text => rowsShown(text) > total / 10)
  tmux('send-keys', '-t', session, 'C-c')
  add(
    `a file of ${total / 1e6} million records, into a table made for it; Ctrl-C at a tenth`,
    withoutPrompt(await until(isIdle)),
  )

  await start(`${upload} --resume`)
  const midway = await until(text => rowsShown(text) > total / 2)
  add('the command that was printed: midway, and done', midway, withoutPrompt(await until(isIdle)))
  add('a look at the table', await run('odps-tunnel head flights -n 3', 'odps-tunnel count flights'))
  add(
    'as Parquet',
    await run('odps-tunnel download flights flights.parquet', 'odps-tunnel infer flights.parquet -q'),
  )
  add('what a transfer needs', await run('odps-tunnel doctor flights'))

  await run('mkdir new && cd new')
  add(
    'a table from another program, and out again',
    await run(
      "printf 'origin,destination,delay\\nSFO,JFK,-3\\nJFK,SFO,12\\n' | odps-tunnel upload - trips --create",
      'odps-tunnel head trips',
      'odps-tunnel download trips trips.parquet',
      'odps-tunnel download trips - --format ndjson',
    ),
  )
  return `${parts.join('\n\n')}\n`
}

const main = async (): Promise<void> => {
  const emulator = spawn(process.execPath, [values.cli, 'emulate'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let told = ''
  for await (const chunk of emulator.stdout) {
    told += chunk
    if (told.endsWith('\n\n') && told.includes('ODPS_ENDPOINT')) break
  }
  const settings = told.split('\n').filter(line => line.startsWith('export '))
  symlinkSync(resolve(values.cli), join(folder, 'odps-tunnel'))
  const environment = [...settings, `export PATH=${folder}:$PATH HOME=${folder} PS1='$ '`, 'unset HISTFILE']
  writeFileSync(join(folder, 'shell'), environment.join('\n'))
  execFileSync('chmod', ['+x', values.cli])
  try {
    tmux(
      ...['new-session', '-d', '-s', session, '-x', String(columns), '-y', '40', '-c', folder],
      `bash --noprofile --rcfile ${join(folder, 'shell')} -i`,
    )
    await until(isIdle)
    const text = await record()
    if (text.includes(folder)) throw new Error('the recording names a folder of this machine')
    writeFileSync(values.output, text)
  } finally {
    tmux('kill-server')
    emulator.kill()
    await once(emulator, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
