import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM } from './chromium.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PACKAGES = ['p2p-docstore', '@p2p-docstore/core', '@p2p-docstore/relay', '@p2p-docstore/cli']

const PROGRAM = `
import { createDocstore, type DocstoreOptions } from 'p2p-docstore'

const store = await createDocstore({ data: 'memory', network: 'on' })
const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
const { _id } = await notes.put({ title: 'Hello' })
const title: unknown = (await notes.get(_id))?.title
// @ts-expect-error A folder is a text.
export const wrong: DocstoreOptions = { data: 1 }
console.log(title, store.libp2p?.services.pubsub.getTopics().length)
await store.close()
`

const PAGE = `<!doctype html>
<script type="module">
  import { createDocstore } from 'p2p-docstore'

  const store = await createDocstore({ data: 'page' })
  const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
  const { _id } = await notes.put({ title: 'Hello' })
  document.title = (await notes.get(_id)).title
</script>
`

/** A folder that belongs to nothing but itself, as a user's does. */
const folder = mkdtempSync(join(tmpdir(), 'docstore-packages-'))
const modules = join(folder, 'node_modules')

/** Runs a program in that folder that has nothing to complain about; resolves with what it printed. */
function run(command: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' })
  return stdout.trim()
}

beforeAll(() => {
  const workspaces = PACKAGES.flatMap((name) => ['--workspace', name])
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, ...workspaces], ROOT)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs.map((name) => `./${name}`)])
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the packages, installed in an empty folder', () => {
  it('bring no more than ours, SQLite for browsers, WebRTC for relays and Yjs for shared documents', () => {
    const names = readdirSync(modules).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((part) => `${name}/${part}`) : [name],
    )
    const isNative = (name: string): boolean => name.startsWith('@node-datachannel/')
    expect(names.filter((name) => !name.startsWith('.') && !isNative(name)).sort()).toEqual(
      [...PACKAGES, '@sqlite.org/sqlite-wasm', 'detect-libc', 'node-datachannel', 'yjs', 'lib0', 'isomorphic.js'].sort(),
    )
  })

  it('run as a command under both names', () => {
    expect(run('npx', ['p2p-docstore', '--version'])).toMatch(/^\d+\.\d+\.\d+$/)
    const { identity } = JSON.parse(run('npx', ['docstore', '--data', 'data', 'id', '--json'])) as { identity: string }
    expect(identity).toMatch(/^did:key:/)
  })

  it('run in a program, with types that need no other package', () => {
    writeFileSync(join(folder, 'program.ts'), PROGRAM)
    // One topic: that of the directory.
    expect(run(process.execPath, ['program.ts'])).toBe('Hello 1')
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    run(process.execPath, [tsc, '--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext', 'program.ts'])
  })

  it('run in a browser, bundled without any configuration', async () => {
    writeFileSync(join(folder, 'index.html'), PAGE)
    run(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error'])
    const browser = await chromium.launch(CHROMIUM)
    try {
      const page = await browser.newPage()
      await page.route('http://localhost/**', (route) => {
        const { pathname } = new URL(route.request().url())
        return route.fulfill({ path: join(folder, 'dist', pathname === '/' ? 'index.html' : pathname) })
      })
      await page.goto('http://localhost/')
      await page.waitForFunction(() => document.title === 'Hello')
    } finally {
      await browser.close()
    }
  })

  it('run a relay with its page, which peers reach in every way', async () => {
    const relay = spawn(join(modules, '.bin/docstore'), ['relay', '--data', 'relay', '--port', '0', '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((done) => relay.once('exit', done))
    try {
      const [line] = (await once(createInterface({ input: relay.stdout }), 'line')) as [string]
      const ready = JSON.parse(line) as { http: string; join: string; addresses: string[] }
      for (const way of ['/tcp/', '/ws/', '/webrtc-direct/']) expect(ready.addresses.some((address) => address.includes(way))).toBe(true)
      expect(await (await fetch(ready.http)).text()).toContain('<script type="module"')
      const [peer] = JSON.parse(run(join(modules, '.bin/docstore'), ['peers', '--data', 'data', '--join', ready.join, '--json'])) as {
        state: string
      }[]
      expect(peer).toMatchObject({ state: 'connected' })
    } finally {
      relay.kill('SIGTERM')
      await ended
    }
  })
})
