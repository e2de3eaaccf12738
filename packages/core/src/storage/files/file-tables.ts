import { DocstoreError } from '../../errors.ts'
import type { FileKey } from '../../files/file-cid.ts'
import { bytesOrUndefined } from '../rows.ts'
import type { Statements } from '../statements.ts'
import type { FileState, FileStorage, NamedFile, NewBlock, PartialFile } from './file-storage.ts'

const STATES: readonly FileState[] = ['partial', 'whole', 'bad']
/** Sizes of one CID that are looked at to find the file of a namespace: all but one of them are lies, each of which somebody has signed. */
const MAX_SIZES = 4096
/** Number of no namespace: of what keeps files and is no document. */
const NO_NAMESPACE = 0
/** Size of an upload, which no file has. */
const UPLOAD = -1

/** What file tables work with. */
export interface FileTablesInit {
  readonly statements: Statements
  /** Runs a transaction that may make the database larger by so many bytes. */
  readonly growing: (work: () => void, bytes: number) => void
  /** Runs one that makes room, or adds little. */
  readonly shrinking: <T>(work: () => T) => T
  /** Runs a transaction that removes blocks, where it says so: their pages may be left as they are until `giveBack` has come to its end. */
  readonly clearing: (work: () => boolean) => boolean
  readonly giveBack: () => boolean
  /** Called before blocks are read, or removed, which reads them too. */
  readonly onRead: () => void
}

/** The file tables of a database. */
export class FileTables implements FileStorage {
  readonly #init: FileTablesInit

  constructor(init: FileTablesInit) {
    this.#init = init
  }

  named(ns: number, cid: string): NamedFile | undefined {
    const find = this.#init.statements.own(
      // One reference is looked up, however many documents name the same file, and the order is that of the index.
      `SELECT (SELECT min(id) FROM file_references r WHERE r.file = f.file AND r.ns = ?1) AS id, f.size
        FROM (SELECT file, size FROM files WHERE cid = ?2 AND state = ?3 ORDER BY file LIMIT ${MAX_SIZES}) f
        WHERE EXISTS (SELECT 1 FROM file_references r WHERE r.file = f.file AND r.ns = ?1) LIMIT 1`,
    )
    // Only one size of a CID can be whole; one that is not known to be bad may be.
    for (const state of ['whole', 'partial', 'bad'] as const) {
      const row = find.get(ns, cid, STATES.indexOf(state))
      if (row !== undefined) return { cid, id: String(row['id']), size: Number(row['size']), state }
    }
    return undefined
  }

  partial(after: number, limit: number): PartialFile[] {
    return this.#init.statements
      .own(
        // From one namespace of a file to the next: there can be any number of documents in each.
        `WITH RECURSIVE place (file, ns) AS (
          SELECT file, (SELECT min(ns) FROM file_references r WHERE r.file = f.file AND r.ns > ${NO_NAMESPACE})
            FROM (SELECT file FROM files WHERE state = 0 AND uses > 0 AND size >= 0 AND file > ?
              AND EXISTS (SELECT 1 FROM file_references r WHERE r.file = files.file AND r.ns > ${NO_NAMESPACE}) ORDER BY file LIMIT ?) f
          UNION ALL SELECT file, (SELECT min(ns) FROM file_references r WHERE r.file = p.file AND r.ns > p.ns) FROM place p WHERE ns IS NOT NULL)
        SELECT f.file, f.cid, f.size, p.ns FROM place p CROSS JOIN files f WHERE f.file = p.file AND p.ns IS NOT NULL ORDER BY f.file, p.ns`,
      )
      .all(after, limit)
      .map((row) => ({ file: Number(row['file']), cid: String(row['cid']), size: Number(row['size']), ns: Number(row['ns']) }))
  }

  setState({ cid, size }: FileKey, state: FileState): void {
    this.#init.shrinking(() =>
      this.#init.statements.own('UPDATE files SET state = ? WHERE cid = ? AND size = ? AND uses > 0').run(STATES.indexOf(state), cid, size),
    )
  }

  hold(key: FileKey, digests: readonly Uint8Array[]): boolean[] {
    return this.#init.shrinking(() => {
      const file = this.#file(key)
      return digests.map((digest) => this.#hold(file, digest))
    })
  }

  store(key: FileKey, blocks: readonly NewBlock[]): void {
    this.#init.growing(() => this.#store(this.#file(key), blocks), lengthOf(blocks))
  }

  upload(name: string, blocks: readonly NewBlock[], now: number): void {
    this.#init.growing(() => {
      this.#init.statements
        .own(
          'INSERT INTO files (cid, size, uses, touched) VALUES (?, ?, 1, ?) ON CONFLICT (cid, size) DO UPDATE SET uses = 1, touched = excluded.touched',
        )
        .run(name, UPLOAD, now)
      this.#store(this.#file({ cid: name, size: UPLOAD }), blocks)
    }, lengthOf(blocks))
  }

  endUploads(which: { readonly name: string } | { readonly before: number }): void {
    this.#init.shrinking(() => {
      if ('name' in which) this.#init.statements.own('UPDATE files SET uses = 0 WHERE cid = ? AND size = ?').run(which.name, UPLOAD)
      else this.#init.statements.own('UPDATE files SET uses = 0 WHERE size = ? AND touched < ?').run(UPLOAD, which.before)
    })
  }

  keepFor(name: string, files: readonly FileKey[]): void {
    this.#init.shrinking(() => {
      const { statements } = this.#init
      for (const { cid, size } of files) {
        const id = `${name}/${cid}/${size}`
        if (statements.own('SELECT 1 FROM file_references WHERE ns = ? AND id = ?').get(NO_NAMESPACE, id) !== undefined) continue
        // Where it is not here at all there is nothing to keep.
        const file = statements.own('UPDATE files SET uses = uses + 1 WHERE cid = ? AND size = ? AND uses > 0 RETURNING file').get(cid, size)
        if (file !== undefined)
          statements.own('INSERT INTO file_references (ns, id, file) VALUES (?, ?, ?)').run(NO_NAMESPACE, id, file['file'] ?? null)
      }
    })
  }

  letGo(name: string): void {
    this.#init.shrinking(() => {
      const { statements } = this.#init
      const gone = statements
        .own('DELETE FROM file_references WHERE ns = ? AND id >= ? AND id < ? RETURNING file')
        .all(NO_NAMESPACE, `${name}/`, `${name}0`)
      for (const { file = null } of gone)
        statements.own('UPDATE files SET uses = uses - 1, state = CASE uses WHEN 1 THEN 0 ELSE state END WHERE file = ?').run(file)
    })
  }

  block(digest: Uint8Array, withUploads = false): Uint8Array | undefined {
    this.#init.onRead()
    const row = this.#init.statements
      .own(
        `SELECT bytes FROM blocks b WHERE digest = ? AND EXISTS (SELECT 1 FROM held_blocks h JOIN files f ON f.file = h.file
          WHERE h.block = b.block AND f.uses > 0 AND f.size >= ?
          AND (f.size < 0 OR EXISTS (SELECT 1 FROM file_references r WHERE r.file = f.file AND r.ns > ${NO_NAMESPACE})))`,
      )
      .get(digest, withUploads ? UPLOAD : 0)
    return bytesOrUndefined(row?.['bytes'])
  }

  clear(limit: number): boolean {
    if (this.#init.statements.own('SELECT 1 FROM files WHERE uses = 0 LIMIT 1').get() === undefined) return false
    this.#init.onRead()
    return this.#init.clearing(() => {
      const { statements } = this.#init
      const unused = statements.own('SELECT file FROM files WHERE uses = 0 LIMIT 1').get()
      if (unused === undefined) return false
      const file = Number(unused['file'])
      const held = statements.own('SELECT block FROM held_blocks WHERE file = ? LIMIT ?').all(file, limit)
      for (const { block = null } of held) {
        statements.own('DELETE FROM held_blocks WHERE file = ? AND block = ?').run(file, block)
        statements.own('DELETE FROM blocks WHERE block = ?1 AND NOT EXISTS (SELECT 1 FROM held_blocks WHERE block = ?1)').run(block)
      }
      if (held.length < limit) statements.own('DELETE FROM files WHERE file = ? AND uses = 0').run(file)
      return true
    })
  }

  giveBack(): boolean {
    return this.#init.giveBack()
  }

  #file({ cid, size }: FileKey): number {
    const row = this.#init.statements.own('SELECT file FROM files WHERE cid = ? AND size = ? AND uses > 0').get(cid, size)
    if (row === undefined) throw new DocstoreError('not-found', 'No document names this file any more')
    return Number(row['file'])
  }

  #store(file: number, blocks: readonly NewBlock[]): void {
    for (const { digest, bytes } of blocks) {
      if (this.#hold(file, digest)) continue
      this.#init.statements.own('INSERT INTO blocks (digest, bytes) VALUES (?, ?)').run(digest, bytes)
      this.#hold(file, digest)
    }
  }

  #hold(file: number, digest: Uint8Array): boolean {
    const row = this.#init.statements.own('SELECT block FROM blocks WHERE digest = ?').get(digest)
    if (row === undefined) return false
    this.#init.statements.own('INSERT INTO held_blocks (block, file) VALUES (?, ?) ON CONFLICT DO NOTHING').run(row['block'] ?? null, file)
    return true
  }
}

function lengthOf(blocks: readonly NewBlock[]): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
