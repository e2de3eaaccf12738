import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createReadStream,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const BIN = fileURLToPath(new URL('../bin/docstore.js', import.meta.url))
const bench = new Workbench()
const data = bench.folder()
const files = bench.folder()
let whole: Buffer

/** Makes a node of the file system with a program of the system; false where this user may not. */
function make(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const path = (name: string): string => join(files, name)
const exportTo = (target: string, ...args: readonly string[]) => bench.run(['export', 'notes', '-o', target, '--data', data, ...args])
const restored = async (file: string): Promise<unknown> => bench.json(['restore', file, '--data', bench.folder()])

beforeAll(async () => {
  mkdirSync(files)
  await bench.namespace(data, 'notes', '--offline')
  await bench.json(['import', 'notes', '-', '--offline', '--data', data], Array.from({ length: 300 }, (_, n) => `{"_id":"${n}"}`).join('\n'))
  expect((await exportTo(path('whole.car'))).code).toBe(0)
  whole = readFileSync(path('whole.car'))
})
afterAll(() => bench.close())

describe('export -o', () => {
  it('writes into a device and leaves it one', async ({ skip }) => {
    if (!make('mknod', path('null'), 'c', '1', '3')) skip('only the superuser makes devices')
    expect((await exportTo(path('null'))).code).toBe(0)
    expect(lstatSync(path('null')).isCharacterDevice()).toBe(true)
  })

  it('writes into a pipe that somebody reads, and restore reads from one', async () => {
    expect(make('mkfifo', path('pipe'))).toBe(true)
    const reading = buffer(createReadStream(path('pipe')))
    expect((await exportTo(path('pipe'))).code).toBe(0)
    expect((await reading).equals(whole)).toBe(true)
    const restoring = restored(path('pipe'))
    expect((await exportTo(path('pipe'))).code).toBe(0)
    expect(await restoring).toMatchObject({ documents: 300 })
  })

  it('writes to standard output however that is named, a file or a pipe', async () => {
    for (const [redirect, name] of [
      ['>', 'redirected'],
      ['| cat >', 'piped'],
    ] as const) {
      const command = `"$0" "$@" ${redirect} "${path(name)}"`
      const args = ['--no-warnings', BIN, 'export', 'notes', '-o', '/dev/stdout', '--data', data]
      expect(await once(spawn('/bin/sh', ['-c', command, process.execPath, ...args]), 'exit')).toEqual([0, null])
      expect(readFileSync(path(name)).equals(whole)).toBe(true)
    }
  })

  it('replaces the file behind links, and leaves the links', async () => {
    writeFileSync(path('real'), 'old')
    symlinkSync('real', path('link'))
    symlinkSync(path('link'), path('link-to-link'))
    symlinkSync('not-yet', path('ahead'))
    expect((await exportTo(path('link-to-link'), '--force')).code).toBe(0)
    expect(readFileSync(path('real')).equals(whole)).toBe(true)
    expect(lstatSync(path('link')).isSymbolicLink()).toBe(true)
    expect((await exportTo(path('ahead'))).code).toBe(0)
    expect(lstatSync(path('not-yet')).isFile()).toBe(true)
  })

  it('keeps the mode of a file, and takes none that may not be written', async () => {
    writeFileSync(path('private'), 'old', { mode: 0o600 })
    chmodSync(path('private'), 0o640)
    expect((await exportTo(path('private'), '--force')).code).toBe(0)
    expect(statSync(path('private')).mode & 0o777).toBe(0o640)
  })

  it('does not hurt another one that writes the same file, and leaves no parts', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => exportTo(path('same'), '--force')))
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, expect.anything()]))
    expect(readFileSync(path('same')).equals(whole)).toBe(true)
    // One of a run that was killed goes; one that may still be written stays.
    const [old, young] = ['.same.0123456789ab.part', '.same.ba9876543210.part'].map(path) as [string, string]
    for (const part of [old, young]) writeFileSync(part, 'half')
    const yesterday = Date.now() / 1000 - 86_400
    utimesSync(old, yesterday, yesterday)
    expect((await exportTo(path('same'), '--force')).code).toBe(0)
    expect([existsSync(old), existsSync(young)]).toEqual([false, true])
    expect(readdirSync(files).filter((name) => name.endsWith('.part'))).toHaveLength(1)
  })

  it('says what is wrong with a target', async () => {
    linkSync(path('whole.car'), path('whole-again.car'))
    symlinkSync('round', path('round'))
    const failures = [
      [files, 'no-file', 'folder'],
      [path('missing/a.car'), 'no-folder', 'no folder'],
      [path('round'), 'no-file', 'circle'],
      [path('whole.car'), 'file-exists', '--force'],
    ] as const
    for (const [target, code, text] of failures)
      expect(await bench.failure(['export', 'notes', '-o', target, '--data', data])).toMatchObject({
        exit: 1,
        code,
        message: expect.stringContaining(text),
      })
    expect(readFileSync(path('whole.car')).equals(whole)).toBe(true)
    expect(await bench.failure(['export', 'notes', '-o', '', '--data', data])).toMatchObject({ exit: 2, code: 'usage' })
  })
})

describe('options', () => {
  it('--data takes every name as a folder, "memory" too', async () => {
    const child = spawn(process.execPath, ['--no-warnings', BIN, 'namespace', 'create', 'a', '--offline', '--data', 'memory'], { cwd: files })
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await bench.json(['namespace', 'list', '--data', path('memory')])).toMatchObject([{ name: 'a' }])
  })

  it('refuse empty values, with a sentence', async () => {
    for (const args of [
      ['id', '--data', ''],
      ['id', '--data', data, '--join', ''],
      ['relay', '--data', data, '--host', ''],
      ['relay', '--data', data, '--port', ''],
      ['id', '--data', data, '--timeout', ''],
      ['put', 'notes', '--id', '', '--offline', '--data', data],
    ])
      expect(await bench.failure(args), args.join(' ')).toMatchObject({ exit: 2, code: 'usage', message: expect.stringMatching(/empty|number/) })
  })

  it('take names of namespaces that look like options, behind --', async () => {
    const other = bench.folder()
    expect((await bench.run(['namespace', 'create', '--offline', '--data', other, '--', '--json'])).code).toBe(0)
    expect((await bench.run(['put', '--offline', '--data', other, '--', '--json'], '{"_id":"a"}')).code).toBe(0)
    expect((await bench.run(['get', '--data', other, '--', '--json', 'a'])).stdout.trim()).toBe('{"_id":"a"}')
  })

  it('read standard input however it is named', async () => {
    expect(await bench.json(['put', 'notes', '/dev/stdin', '--offline', '--data', data], '{"_id":"in"}')).toMatchObject({ _id: 'in' })
    expect(await bench.json(['import', 'notes', '/dev/stdin', '--offline', '--data', data], '{"_id":"in2"}')).toMatchObject({ written: 1 })
  })
})
