import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type DocstoreOptions } from '../index-node.ts'

const PROGRAM = fileURLToPath(new URL('../testing/folder-program.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'docstore-folders-'))
let folders = 0
function folder(): string {
  const path = join(root, String(folders++))
  mkdirSync(path)
  return path
}

/** Another program on a data folder. */
class Program {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: Interface

  constructor(data: string, { env = {}, uid }: { env?: Readonly<Record<string, string>>; uid?: number } = {}) {
    this.child = spawn(process.execPath, ['--conditions=@p2p-docstore/source', '--no-warnings', PROGRAM, data], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid }),
    })
    this.#lines = createInterface({ input: this.child.stdout })
    programs.push(this)
  }

  async says(): Promise<unknown> {
    const [line]: unknown[] = await once(this.#lines, 'line')
    return line === 'busy' ? line : JSON.parse(String(line))
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}

const programs: Program[] = []
const stores: Docstore[] = []
afterAll(async () => {
  await Promise.all(programs.map((program) => program.end()))
  for (const store of stores.toReversed()) await store.close()
  rmSync(root, { recursive: true, force: true })
})

async function open(data: string, options: DocstoreOptions = {}): Promise<Docstore> {
  const store = await createDocstore({ network: 'off', ...options, data })
  stores.push(store)
  return store
}

describe('programs meet', () => {
  it('in a folder whose path is longer than that of a socket may be, whatever TMPDIR says', async () => {
    const data = join(folder(), 'a'.repeat(60), 'b'.repeat(60))
    await open(data)
    expect(await new Program(data, { env: { TMPDIR: folder() } }).says()).toMatchObject({ isOwner: false })
  })

  it('in a folder that they reach through links', async () => {
    const data = folder()
    const link = `${data}-link`
    symlinkSync(data, link)
    await open(data)
    expect(await new Program(link).says()).toMatchObject({ isOwner: false })
  })
})

describe('a folder that cannot be used is named', () => {
  it('where it is a file, or below one, or has no name', async () => {
    const file = join(folder(), 'file')
    writeFileSync(file, 'text')
    const dangling = join(folder(), 'link')
    symlinkSync(join(root, 'nowhere', 'at', 'all'), dangling)
    for (const [data, text] of [
      [file, file],
      [join(file, 'data'), file],
      ['', 'empty'],
      [' ', 'empty'],
      [join(root, 'x'.repeat(300)), 'longer'],
    ] as const)
      await expect(createDocstore({ data, network: 'off' }), data).rejects.toMatchObject({
        code: 'bad-folder',
        message: expect.stringContaining(text),
      })
  })

  it.skipIf(process.platform !== 'linux')('where a file system makes no folders, and does not wait for one', async () => {
    await expect(createDocstore({ data: '/proc/docstore/data', network: 'off' })).rejects.toMatchObject({
      code: 'bad-folder',
      message: expect.stringContaining('/proc/docstore/data cannot be made'),
    })
  })

  it('where somebody may not write, or not enter', async () => {
    const isRoot = process.getuid?.() === 0
    if (isRoot) chmodSync(root, 0o755)
    for (const mode of [0o555, 0o444, 0o666]) {
      const data = folder()
      chmodSync(data, mode)
      // Nothing is forbidden to the superuser, so another user tries.
      expect(await new Program(data, isRoot ? { uid: 65_534 } : {}).says()).toMatchObject({
        code: 'no-permission',
        message: expect.stringContaining(data),
      })
      chmodSync(data, 0o700)
    }
  })
})

describe('a copied folder', () => {
  it('gets a database id and a peer key of its own, once; a moved one keeps them', async () => {
    const data = folder()
    const original = await open(data)
    const { identity, epoch } = original.info
    const peer = await original.peerId()
    await original.close()
    const copy = `${data}-copy`
    cpSync(data, copy, { recursive: true, preserveTimestamps: true })
    const moved = `${data}-moved`
    renameSync(data, moved)
    const first = await open(copy)
    expect(first.isCopy).toBe(true)
    expect(first.info).toMatchObject({ identity, network: original.info.network })
    expect(first.info.epoch).not.toBe(epoch)
    const own = { epoch: first.info.epoch, peer: await first.peerId() }
    expect(own.peer).not.toBe(peer)
    await first.close()
    expect(await new Program(copy).says()).toEqual({ isOwner: true, isCopy: false, ...own })
    expect(await new Program(moved).says()).toEqual({ isOwner: true, isCopy: false, epoch, peer })
  })
})

describe.skipIf(process.platform !== 'linux')('an owner that', () => {
  it.concurrent('stands still is named, by calls and by programs that come; who gives up waits for nothing', { timeout: 30_000 }, async () => {
    const data = folder()
    const owner = new Program(data)
    await owner.says()
    const store = await open(data)
    const { id } = await store.namespaces.create({ name: 'notes' })
    owner.child.kill('SIGSTOP')
    const pid = String(owner.child.pid)
    const silent = { code: 'owner-silent', message: expect.stringContaining(pid) }
    const giveUp = new AbortController()
    const notes = await store.namespaces.open(id)
    const given = notes.delivered({ signal: giveUp.signal })
    giveUp.abort(new Error('no more'))
    await expect(given).rejects.toThrow()
    await expect(store.namespaces.list()).rejects.toMatchObject(silent)
    await expect(createDocstore({ data, network: 'off' })).rejects.toMatchObject({ code: 'data-in-use', message: expect.stringContaining(pid) })
    owner.child.kill('SIGCONT')
    await notes.put({ _id: 'a' })
  })

  it.concurrent('is busy for seconds is waited for', { timeout: 30_000 }, async () => {
    const data = folder()
    const owner = new Program(data)
    await owner.says()
    const store = await open(data)
    owner.child.stdin.write('6000\n')
    expect(await owner.says()).toBe('busy')
    const [list, second] = await Promise.all([store.namespaces.list(), new Program(data).says()])
    expect(list).toEqual([])
    expect(second).toMatchObject({ isOwner: false })
  })
})
