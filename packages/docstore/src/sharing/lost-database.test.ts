import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createSeed, DAG_CBOR, identityFromSeed, parseCid, signDevice } from '@p2p-docstore/core'
import { afterAll, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, restoreFolder } from '../index-node.ts'
import { fileMark, isCopyOf, parseFileMark } from './file-mark.ts'

const root = mkdtempSync(join(tmpdir(), 'docstore-lost-'))
let folders = 0
const folder = (): string => join(root, String(folders++))
const stores: Docstore[] = []
afterAll(async () => {
  for (const store of stores) await store.close()
  rmSync(root, { recursive: true, force: true })
})

async function open(data: string): Promise<Docstore> {
  const store = await createDocstore({ data, network: 'off', networkName: 'ours' })
  stores.push(store)
  return store
}

/** A folder with documents that nobody has open; who and where it is. */
async function filled(data: string, documents = 20) {
  await using store = await createDocstore({ data, network: 'off', networkName: 'ours' })
  const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
  await notes.putMany(Array.from({ length: documents }, (_, n) => ({ _id: `d${n}`, n })))
  return { id: notes.id, identity: store.info.identity, network: store.info.network.id }
}

const database = (data: string): string => join(data, 'docstore.db')
const whoIs = ({ info: { identity, network } }: Docstore) => ({ identity, network: network.id })

describe('a database that was there', () => {
  it('is missed where it is deleted or emptied, and everything else is left as it is', async () => {
    for (const lose of [(path: string) => rmSync(path), (path: string) => truncateSync(path)]) {
      const data = folder()
      await filled(data)
      lose(database(data))
      const before = readdirSync(data)
      await expect(open(data)).rejects.toMatchObject({ code: 'data-missing', message: expect.stringContaining('relay restore') })
      expect(readdirSync(data)).toEqual(before)
    }
  })

  it('is missed in a folder of before identities had a file, which gets one when it is opened', async () => {
    const data = folder()
    const { identity } = await filled(data)
    rmSync(join(data, 'identity.json'))
    const store = await open(data)
    expect(store.info.identity).toBe(identity)
    await store.close()
    expect(statSync(join(data, 'identity.json')).mode & 0o777).toBe(0o600)
    rmSync(join(data, 'identity.json'))
    rmSync(database(data))
    await expect(open(data)).rejects.toMatchObject({ code: 'data-missing' })
  })

  it('begins anew as the same identity in the same network, where that is asked for', async () => {
    const data = folder()
    const { identity, network } = await filled(data)
    truncateSync(database(data))
    expect((await restoreFolder(data, undefined)).before).toBeUndefined()
    const store = await open(data)
    expect(whoIs(store)).toEqual({ identity, network })
    expect(await store.namespaces.list()).toEqual([])
    await store.close()
  })

  it('takes no person with it: who that is, their devices and their words are there without it, until the words are written down', async () => {
    const data = folder()
    const person = await createDocstore({ data, network: 'off', person: 'new' })
    const { person: id } = await person.person.show()
    const words = await person.person.words()
    const key = identityFromSeed(createSeed())
    const cid = parseCid(DAG_CBOR, id ?? '')
    if (cid === undefined) throw new Error('no person')
    await person.replica.changePerson({ type: 'add', key: key.author, label: 'phone', proof: signDevice(cid, key) })
    const devices = await person.person.devices()
    await person.close()
    const restored = async (): Promise<Docstore> => {
      truncateSync(database(data))
      await restoreFolder(data, undefined)
      return open(data)
    }
    const store = await restored()
    expect(await store.person.show()).toEqual({ person: id, devices, words: 'here' })
    expect(await store.person.words()).toEqual(words)
    expect(store.info.person).toBe(id)
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'a' })
    expect(await notes.info()).toMatchObject({ owner: id })
    const places = await store.person.wordPlaces()
    await store.person.checkWords(Object.fromEntries(places.map((place) => [place, words[place - 1] ?? ''])))
    expect(JSON.parse(readFileSync(join(data, 'identity.json'), 'utf8'))).not.toHaveProperty('recovery')
    await store.close()
    const again = await restored()
    expect(await again.person.show()).toEqual({ person: id, devices, words: 'elsewhere' })
    await again.close()
  })

  it('is put back from before there was a person, and the person stays', async () => {
    const data = folder()
    const file = join(root, `${folders++}.backup`)
    const before = await open(data)
    await before.replica.backup(file)
    await before.close()
    const person = await createDocstore({ data, network: 'off', person: 'new' })
    const shown = await person.person.show()
    await person.close()
    await restoreFolder(data, file)
    const store = await open(data)
    expect(await store.person.show()).toEqual(shown)
    await store.close()
  })

  it('is told from that of another identity', async () => {
    const data = folder()
    const other = folder()
    await filled(data)
    await filled(other)
    cpSync(database(other), database(data))
    await expect(open(data)).rejects.toMatchObject({ code: 'other-identity' })
  })

  it('is named where it is damaged, also where only the file of the identity is', async () => {
    const data = folder()
    await filled(data, 2000)
    truncateSync(database(data), statSync(database(data)).size / 2)
    await expect(open(data)).rejects.toMatchObject({ code: 'data-corrupt' })
    const other = folder()
    await filled(other)
    writeFileSync(join(other, 'identity.json'), '{"identity":')
    await expect(open(other)).rejects.toMatchObject({ code: 'data-corrupt', message: expect.stringContaining('identity.json') })
  })

  it('takes no writes once it was deleted under its owner, is saved by a backup, and comes back', async () => {
    const data = folder()
    const { id, identity, network } = await filled(data)
    const owner = await open(data)
    for (const end of ['', '-wal', '-shm']) rmSync(`${database(data)}${end}`, { force: true })
    const found = (await owner.doctor()).find(({ check }) => check === 'storage')
    expect(found).toMatchObject({ ok: false, fault: 'data-missing' })
    const notes = await owner.namespaces.open(id)
    await expect(notes.put({ _id: 'lost' })).rejects.toMatchObject({ code: 'data-missing' })
    // Another program finds the owner, and no new database.
    const second = await open(data)
    expect(second.isOwner).toBe(false)
    const backup = join(root, `${folders++}.backup`)
    await second.replica.backup(backup)
    await second.close()
    await owner.close()
    await expect(open(data)).rejects.toMatchObject({ code: 'data-missing' })
    await restoreFolder(data, backup)
    const store = await open(data)
    expect(whoIs(store)).toEqual({ identity, network })
    expect(await (await store.namespaces.open(id)).count()).toBe(20)
    await store.close()
  })
})

describe('a backup', () => {
  it('that is restored in its place is a copy, also where files do not say when they were made', async () => {
    const data = folder()
    const file = join(root, `${folders++}.backup`)
    await filled(data)
    const store = await open(data)
    await store.replica.backup(file)
    await store.close()
    await restoreFolder(data, file)
    const restored = new DatabaseSync(database(data), { readOnly: true })
    const mark = restored.prepare("SELECT CAST(value AS TEXT) AS mark FROM meta WHERE key = 'file-mark'").get()?.['mark']
    restored.close()
    expect(isCopyOf(parseFileMark(String(mark)), { ...fileMark(database(data)), madeAt: null })).toBe(true)
    const again = await open(data)
    expect(again.isCopy).toBe(true)
    await again.close()
  })

  it('is of one moment and whole while documents are written, for this user alone, and never over another file', async () => {
    const data = folder()
    const { id } = await filled(data, 5000)
    const store = await open(data)
    const notes = await store.namespaces.open(id)
    const file = join(root, `${folders++}.backup`)
    const done = new AbortController()
    const backup = store.replica.backup(file).finally(() => done.abort())
    let written = 0
    while (!done.signal.aborted) await notes.putMany(Array.from({ length: 50 }, () => ({ _id: `w${written++}`, pad: 'x'.repeat(500) })))
    await backup
    await expect(store.replica.backup(file)).rejects.toMatchObject({ code: 'file-exists' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(root).filter((name) => name.endsWith('.part'))).toEqual([])
    await store.close()
    const before = readFileSync(join(data, 'identity.json'))
    const { before: kept } = await restoreFolder(data, file)
    expect(statSync(kept ?? '').size).toBeGreaterThan(0)
    expect(readFileSync(join(data, 'identity.json'))).toEqual(before)
    const restored = await open(data)
    // It has a database id of its own, so that what was written since comes back from peers.
    expect(restored.isCopy).toBe(true)
    const documents = await (await restored.namespaces.open(id)).count()
    expect(documents).toBeGreaterThanOrEqual(5000)
    // Whole writes only.
    expect((documents - 5000) % 50).toBe(0)
    expect(await restored.replica.checkSummaries()).toEqual([])
    await restored.close()
  })

  it('is not restored into a folder that is in use, nor where it is damaged or no backup, and then nothing changes', async () => {
    const data = folder()
    const { id } = await filled(data)
    const store = await open(data)
    const file = join(root, `${folders++}.backup`)
    await store.replica.backup(file)
    await expect(restoreFolder(data, file)).rejects.toMatchObject({ code: 'data-in-use' })
    await store.close()
    truncateSync(file, statSync(file).size - 8192)
    await expect(restoreFolder(data, file)).rejects.toMatchObject({ code: 'bad-backup', message: expect.stringContaining(file) })
    const text = join(root, `${folders++}.text`)
    writeFileSync(text, 'This is no database. '.repeat(100))
    await expect(restoreFolder(data, text)).rejects.toMatchObject({ code: 'bad-backup', message: expect.stringContaining(text) })
    await expect(restoreFolder(data, join(root, 'nothing'))).rejects.toMatchObject({ code: 'bad-backup' })
    const again = await open(data)
    expect(await (await again.namespaces.open(id)).count()).toBe(20)
    await again.close()
  })
})

describe('the doctor', () => {
  it('finds rows that are missing from an index, and makes it anew', async () => {
    const data = folder()
    const { id } = await filled(data)
    loseFromIndex(database(data))
    const store = await open(data)
    const damage = async () => (await store.doctor()).find(({ check }) => check === 'damage')
    expect(await damage()).toMatchObject({ ok: false, fault: 'index-damaged', message: expect.stringContaining('records_by_id') })
    expect(await damage()).toMatchObject({ ok: true, fault: null })
    expect(await (await store.namespaces.open(id)).get('d7')).toMatchObject({ n: 7 })
    await store.close()
  })
})

/** Takes a row out of an index behind SQLite's back: the index is hidden while the row is put in its table again. */
function loseFromIndex(path: string): void {
  // An option of Node's that its types do not have yet.
  const options = { timeout: 0, defensive: false }
  const damaged = new DatabaseSync(path, options)
  damaged.exec(`PRAGMA writable_schema = ON`)
  const sql = damaged.prepare("SELECT * FROM sqlite_schema WHERE name = 'records_by_id'").get()
  damaged.exec(`DELETE FROM sqlite_schema WHERE name = 'records_by_id'; PRAGMA writable_schema = RESET`)
  damaged.exec(`PRAGMA writable_schema = ON; UPDATE records SET id = 'x' || id WHERE id = 'd9'; UPDATE records SET id = 'd9' WHERE id = 'xd9'`)
  damaged.exec(`CREATE TEMP TABLE moved AS SELECT * FROM records WHERE id = 'd8'; DELETE FROM records WHERE id = 'd8'`)
  damaged.exec("INSERT INTO records SELECT * FROM moved; UPDATE records SET rid = rid + 1000 WHERE id = 'd8'")
  damaged
    .prepare('INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)')
    .run(...['type', 'name', 'tbl_name', 'rootpage', 'sql'].map((name) => (sql?.[name] ?? null) as string | number | null))
  damaged.exec('PRAGMA writable_schema = RESET')
  damaged.close()
}

describe.skipIf(process.platform === 'win32')('a folder that cannot be written to', () => {
  const PROGRAM = fileURLToPath(new URL('../testing/reading-program.ts', import.meta.url))
  const isRoot = process.getuid?.() === 0

  /** What a program finds there that may not write: nothing is forbidden to the superuser, so another user tries. */
  async function read(data: string, id: string, backup: string): Promise<unknown> {
    const child = spawn(process.execPath, ['--conditions=@p2p-docstore/source', '--no-warnings', PROGRAM, data, id, backup], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(isRoot ? { uid: 65_534 } : {}),
    })
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
    return JSON.parse(said)
  }

  it('is read and backed up, with what its log still holds, and writes are refused by name', async () => {
    chmodSync(root, 0o755)
    const data = folder()
    const { id } = await filled(data)
    // A process that was killed leaves a log.
    const copy = folder()
    const store = await open(data)
    await (await store.namespaces.open(id)).put({ _id: 'late', n: 7 })
    cpSync(data, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') && !path.endsWith('.pid') })
    await store.close()
    expect(statSync(`${database(copy)}-wal`).size).toBeGreaterThan(0)
    for (const one of [copy, data]) {
      for (const name of readdirSync(one)) chmodSync(join(one, name), 0o444)
      chmodSync(one, 0o555)
    }
    const before = readdirSync(copy)
    const backups = mkdtempSync(join(root, 'backups-'))
    chmodSync(backups, 0o777)
    for (const [n, one] of [copy, data].entries()) {
      const backup = join(backups, String(n))
      // Whether there are relays is not looked at, so none is missed.
      expect(await read(one, id, backup)).toEqual({ count: 21, found: 2, written: 'storage-read-only', faults: ['storage'] })
      const restored = folder()
      await restoreFolder(restored, backup)
      const again = await open(restored)
      expect(await (await again.namespaces.open(id)).count()).toBe(21)
      await again.close()
    }
    expect(readdirSync(copy)).toEqual(before)
    for (const one of [copy, data]) chmodSync(one, 0o755)
  })
})
