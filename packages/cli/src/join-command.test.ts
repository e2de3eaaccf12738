import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DocstoreProcess, Workbench } from './testing/docstore-process.ts'

const BIN = fileURLToPath(new URL('../bin/docstore.js', import.meta.url))

const bench = new Workbench()
let relay: DocstoreProcess
let command = ''
let link = ''

beforeAll(async () => {
  relay = bench.start('relay', '--port', '0', '--data', bench.folder())
  link = (await relay.line('join link')).trim().split(/\s+/).at(-1) ?? ''
  command = (await relay.line('  docstore join ')).trim()
})
afterAll(() => bench.close())

/** What a shell makes of a line, with `docstore` as a command on some data. */
function shell(line: string, data: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const docstore = `docstore() { '${process.execPath}' --disable-warning=ExperimentalWarning '${BIN}' --data '${data}' "$@"; }`
  return spawnSync('bash', ['-c', `${docstore}\n${line}`], { encoding: 'utf8' })
}

describe('what a relay prints', () => {
  it('is a command that works as it is', () => {
    expect(shell(command, bench.folder())).toMatchObject({ status: 0, stdout: 'Joined the network "my network".\n' })
  })

  it('is a link that works as it is, in a command and in a variable', () => {
    for (const line of [`docstore join ${link}`, `LINK=${link}; docstore join $LINK`, `docstore --join ${link} id`])
      expect(shell(line, bench.folder())).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('`join`', () => {
  it('takes an address as people type it', async () => {
    const { host } = new URL(link)
    const { network } = await bench.json(['join', link, '--data', bench.folder()])
    for (const address of [host, `${host}/`, `http://${host}`, `http://${host}/#/network`])
      expect(await bench.json(['join', address, '--data', bench.folder()])).toEqual({ network, name: 'my network' })
  })

  it('says what it takes, and leaves no folder behind for what it does not', async () => {
    const folder = bench.folder()
    for (const wrong of ['hello', 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', link.slice(0, -1), `${new URL(link).origin}/j/`])
      expect(await bench.failure(['join', wrong, '--data', join(folder, 'new')])).toMatchObject({ exit: 1, code: 'bad-link' })
    expect((await bench.failure(['join', 'hello', '--data', folder])).message).toContain('host:8080')
    // No port means that of web servers, which is rarely meant.
    const bare = await bench.failure(['join', '127.0.0.1', '--data', join(folder, 'new')])
    expect(bare).toMatchObject({ exit: 1, code: 'relay-unreachable', message: expect.stringContaining('127.0.0.1:8080') })
    expect(existsSync(folder)).toBe(false)
  })
})
