import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  base64url,
  DocstoreError,
  equalBytes,
  errorCode,
  errorMessage,
  givePerson,
  isOneIdentity,
  KEPT_PERSON_VALUES,
  keptPerson,
  type Storage,
} from '@p2p-docstore/core'

/** What a folder is without its documents, by the names that these values have in the database. */
const KEPT = ['identity', 'network', 'network-chosen'] as const
/** Longest file that is read, bytes: the log of a person may have most of it. */
const MAX_FILE_BYTES: number = 1024 * 1024

type Kept = ReadonlyMap<string, Uint8Array>

/**
 * Who a data folder is, for which person it signs, and in which network, in a file of its own: a database that is lost or damaged does not take that with it, and one that is missing is
 * not taken for one that was never there. Only the owner of the folder writes it.
 */
export class IdentityFile {
  readonly #folder: string
  readonly #path: string

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, 'identity.json')
  }

  /** To be called before the database is opened. Throws `data-missing` where there was one, `data-corrupt` where this file cannot be read. */
  assertDatabase(path: string): void {
    if (!isEmpty(path)) return
    // What takes up space for deletes is made with the first document: a folder from before this file was.
    if (this.#read() === undefined && isEmpty(`${path}-reserve`)) return
    throw dataMissing(this.#folder)
  }

  /** To be called before the database gets an identity. Throws `data-missing` where it has lost it, `other-identity` where it is another one's. */
  async assertSame(storage: Storage): Promise<void> {
    const kept = this.#read()?.get('identity')
    if (kept === undefined) return
    const stored = await storage.getMeta('identity')
    if (stored === undefined) throw dataMissing(this.#folder)
    if (!(await isOneIdentity(stored, kept)))
      throw new DocstoreError(
        'other-identity',
        `The database in ${this.#folder} is of another identity than ${this.#path}. Put the database back that was there, or, to go on with this one, move that file away`,
      )
  }

  /**
   * Keeps what the database says. It was written to the disk before: this file promises that there is one. Without space for it, the next start tries again;
   * with `isNeeded`, it throws.
   */
  async keep(storage: Storage, { isNeeded = false }: { readonly isNeeded?: boolean } = {}): Promise<void> {
    const kept = this.#read()
    const stored = new Map<string, Uint8Array>()
    for (const name of KEPT) {
      const value = await storage.getMeta(name)
      if (value !== undefined) stored.set(name, value)
    }
    // A person is given up by nobody: an older database that was put in place by hand knows of none.
    const person = await keptPerson(storage)
    for (const name of KEPT_PERSON_VALUES) {
      const value = (person.size > 0 ? person : kept)?.get(name)
      if (value !== undefined) stored.set(name, value)
    }
    if (kept !== undefined && isEqual(kept, stored)) return
    try {
      await storage.scrub()
      this.#write(stored)
    } catch (error) {
      if (isNeeded || !['disk-full', 'ENOSPC', 'EDQUOT'].includes(errorCode(error))) throw error
    }
  }

  /** Gives a database without documents, which has no person, the one that is kept here. */
  async givePersonTo(storage: Storage): Promise<void> {
    const kept = this.#read()
    if (kept !== undefined) await givePerson(storage, kept)
  }

  /** Gives an empty database what is kept here. Throws `no-identity` where nothing is. */
  async giveTo(storage: Storage): Promise<void> {
    const kept = this.#read()
    if (kept === undefined) throw new DocstoreError('no-identity', `There is no ${this.#path}: nothing says who this folder was. Restore a backup`)
    for (const name of KEPT) {
      const value = kept.get(name)
      if (value !== undefined) await storage.setMeta(name, value)
    }
    await givePerson(storage, kept)
  }

  /** Descriptor of the network that the folder is in, where one is kept here and can be read. */
  network(): Uint8Array | undefined {
    try {
      return this.#read()?.get('network')
    } catch {
      // Opening it will say what is wrong.
      return undefined
    }
  }

  #read(): Kept | undefined {
    try {
      const { size } = statSync(this.#path)
      if (size > MAX_FILE_BYTES) throw new Error('it is too large')
      const parsed: unknown = JSON.parse(readFileSync(this.#path, 'utf8'))
      const values = new Map<string, Uint8Array>()
      for (const name of [...KEPT, ...KEPT_PERSON_VALUES]) {
        const value: unknown = typeof parsed === 'object' && parsed !== null && name in parsed ? Reflect.get(parsed, name) : undefined
        if (typeof value === 'string') values.set(name, base64url.decode(value))
      }
      const { length = 0 } = values.get('identity') ?? {}
      // A locked one is longer; the database opens it.
      if (length < 32) throw new Error('it has no identity')
      return values
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw new DocstoreError(
        'data-corrupt',
        `${this.#path} cannot be read (${errorMessage(error)}). Restore it; or, where the database beside it is whole, remove it, and it is made anew`,
        { cause: error },
      )
    }
  }

  #write(values: Kept): void {
    const text = JSON.stringify(Object.fromEntries([...values].map(([name, value]) => [name, base64url.encode(value)])), undefined, 2)
    const next = `${this.#path}.new`
    const file = openSync(next, 'w', 0o600)
    try {
      writeSync(file, `${text}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(next, this.#path)
  }
}

function isEmpty(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0
}

function isEqual(one: Kept, other: Kept): boolean {
  return one.size === other.size && [...one].every(([name, value]) => equalBytes(value, other.get(name) ?? new Uint8Array()))
}

function dataMissing(folder: string): DocstoreError {
  return new DocstoreError(
    'data-missing',
    `The database of ${folder} is gone or empty, and was not before. Restore a backup: docstore --data ${folder} relay restore FILE; or begin again without documents, as the same identity in the same network: docstore --data ${folder} relay restore --empty`,
  )
}
