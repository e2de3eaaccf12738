import { sha256 } from '#crypto'
import { concatBytes, equalBytes, toHex, utf8 } from '../../model/bytes.ts'
import { CHUNK_BYTES } from '../../files/limits.ts'
import { spansOfParts } from '../../sets/part-spans.ts'
import { ALL_PARTS, type Parts } from '../../sets/parts.ts'
import { highOf, type Span } from '../../sets/ranges.ts'
import { fileNamedBy } from '../../files/named-file.ts'
import { SLOT_BYTES } from '../../model/record.ts'
import type { Version } from '../../storage/storage.ts'
import type { ReplicaFiles } from '../files/types.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { NamespacePrint, ProvedNamespace, ReplicaPlacing } from '../types.ts'
import type { Comparing } from './comparing.ts'

/** Before all times. */
const BEFORE_ALL = -1
/** Records that are read at a time. */
const PAGE = 64
/** More than one document has of records that are kept, edits and those that lost included. */
const MAX_DOCUMENT_RECORDS = 256
/** Stands for the logs of a namespace that needs none. */
const NO_LOGS = new Uint8Array(32)
/** Pieces of each file that a proof reads: all of a small one, and of a greater one those that the salt names. Who has less than half of it passes one time in sixteen, and each proof has another salt. */
const PROVED_PIECES = 4

/** What relays tell each other of what lies where. Source: docs/spec/placement.md. */
export class Placing implements ReplicaPlacing {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #files: Pick<ReplicaFiles, 'file' | 'readFile' | 'missingBlocks'>
  readonly #prints: Pick<Comparing, 'printOf' | 'removed'>

  constructor(
    ground: ReplicaGround,
    namespaces: Namespaces,
    files: Pick<ReplicaFiles, 'file' | 'readFile' | 'missingBlocks'>,
    prints: Pick<Comparing, 'printOf' | 'removed'>,
  ) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#files = files
    this.#prints = prints
  }

  async print(id: string, parts?: Parts): Promise<NamespacePrint | undefined> {
    const open = this.#namespaces.get(id)
    return open && this.#print(open, parts)
  }

  async #print(open: OpenNamespace, parts?: Parts): Promise<NamespacePrint> {
    const logs = await this.#logs(open)
    const { fingerprint, seq, count } = await (parts === undefined ? this.#ground.storage.total(open.ns) : this.#prints.printOf(open.ns, parts))
    return { print: sha256(concatBytes(digestOf(open), open.head.hash, logs, fingerprint)), seq, count }
  }

  async #logs({ id }: OpenNamespace): Promise<Uint8Array> {
    return (await this.#ground.people.loaded?.exchange.logsDigest(id)) ?? NO_LOGS
  }

  async prove(namespaces: readonly ProvedNamespace[], salt: Uint8Array): Promise<Uint8Array | undefined> {
    let proof = sha256(salt)
    for (const { id, parts } of namespaces) {
      const open = this.#namespaces.get(id)
      if (open === undefined) return undefined
      proof = sha256(concatBytes(proof, digestOf(open), open.head.hash, await this.#logs(open)))
      const cids = new Set<string>()
      for (const span of spansOfParts(parts ?? ALL_PARTS)) proof = await this.#proveRecords(open.ns, span, proof, cids)
      // Which record shows a document that was edited differs between peers: files go by their CIDs.
      for (const cid of [...cids].sort()) {
        const proved = await this.#proveFile(id, cid, proof, salt)
        if (proved === undefined) return undefined
        proof = proved
      }
    }
    return proof
  }

  /** Pieces of a file that nobody can name beforehand; `undefined` where it is not whole here. One that cannot be counts for nothing. */
  async #proveFile(id: string, cid: string, before: Uint8Array, salt: Uint8Array): Promise<Uint8Array | undefined> {
    const file = await this.#files.file(id, cid)
    if (file?.state === 'bad') return before
    if (file === undefined) return undefined
    // What came from here was never looked at as a whole.
    if (file.state === 'partial' && (await this.#files.missingBlocks(id, cid, { from: 0, to: file.size })).length > 0) return undefined
    const pieces = Math.max(1, Math.ceil(file.size / CHUNK_BYTES))
    let proof = sha256(concatBytes(before, utf8(cid)))
    for (const piece of provedPieces(pieces, cid, salt)) {
      const bytes = await this.#files.readFile(id, cid, piece * CHUNK_BYTES)
      if (bytes === undefined) return undefined
      proof = sha256(concatBytes(proof, bytes))
      await this.#ground.pause()
    }
    return proof
  }

  /** By rising slot, each record and what it says itself. Adds the CIDs of files that documents name. */
  async #proveRecords(ns: number, span: Span, before: Uint8Array, cids: Set<string>): Promise<Uint8Array> {
    const { storage, pause } = this.#ground
    let proof = before
    for (let { low } = span; ; await pause()) {
      const versions = await storage.versionsBetween(ns, low, highOf(span), PAGE)
      const last = versions.at(-1)
      if (last === undefined) return proof
      const records = new Map(
        (
          await storage.recordsBySlot(
            ns,
            versions.map(({ slot }) => slot),
          )
        ).map((record) => [record.seq, record]),
      )
      for (const { seq, hash } of versions) {
        const record = records.get(seq)
        proof = sha256(concatBytes(proof, hash, utf8(record?.own ?? record?.content ?? '')))
        const file = fileNamedBy(record)
        if (file !== undefined) cids.add(file.cid)
      }
      if (versions.length < PAGE) return proof
      low = next(last.slot)
    }
  }

  async takeAway(...[id, { print }, some]: Parameters<ReplicaPlacing['takeAway']>): Promise<boolean> {
    const { storage } = this.#ground
    const forget = (): Promise<boolean> =>
      this.#namespaces.forgetNamespace(id, async (open) => {
        const now = await this.#print(open, some?.parts)
        if (some !== undefined && (await storage.total(open.ns)).count > now.count) return undefined
        // Acts have no position of their own; records and heads that come from here on have.
        return equalBytes(now.print, print) ? now.seq : undefined
      })
    if (some === undefined) return forget()
    if (some.isLast && (await forget())) return true
    const open = this.#namespaces.get(id)
    return open !== undefined && this.#takeParts(open, print, some.parts)
  }

  /** Takes the records of some parts away that a print covers. What takes the place of one, or comes besides, has a later position, and stays. */
  async #takeParts(open: OpenNamespace, print: Uint8Array, parts: Parts): Promise<boolean> {
    const { storage, pause, news } = this.#ground
    const now = await this.#print(open, parts)
    if (!equalBytes(now.print, print)) return false
    if (now.count === 0) return true
    try {
      for (const span of spansOfParts(parts)) {
        for (let { low } = span; ; await pause()) {
          const versions = await this.#documentsFrom(open.ns, low, highOf(span))
          const last = versions.at(-1)
          if (last === undefined) break
          const behind = next(last.slot)
          await this.#takeDocuments(
            open.ns,
            low,
            behind,
            versions.filter(({ seq }) => seq <= now.seq),
          )
          low = behind
        }
      }
    } finally {
      // Also what was taken away before something failed.
      await this.#prints.removed(open.ns)
      const collections = (await storage.collections(open.ns)).map(({ collection }) => collection)
      // Who follows the namespace here is to look at it again: it is not whole any more.
      news.tell({ namespace: open.id, from: 0, to: 0, collections, head: true })
    }
    return true
  }

  /** The next versions, the last document among them whole. */
  async #documentsFrom(ns: number, low: Uint8Array, high: Uint8Array | undefined): Promise<readonly Version[]> {
    const { storage } = this.#ground
    const versions = await storage.versionsBetween(ns, low, high, PAGE)
    const last = versions.at(-1)
    if (last === undefined || versions.length < PAGE) return versions
    const end = last.slot.slice().fill(0xff, SLOT_BYTES / 2)
    return [...versions, ...(await storage.versionsBetween(ns, next(last.slot), next(end), MAX_DOCUMENT_RECORDS))]
  }

  /** Takes documents away, by what they say: one of which something is left for a moment is shown anew, at a later position. */
  async #takeDocuments(ns: number, low: Uint8Array, high: Uint8Array, versions: readonly Version[]): Promise<void> {
    const { storage } = this.#ground
    const going = new Set(versions.map(({ hash }) => toHex(hash)))
    for (let left = versions; left.length > 0; ) {
      const only = left.map(({ seq }) => seq)
      if ((await storage.removeLater(ns, { after: BEFORE_ALL, since: 0, limit: only.length, only })) === 0) return
      const still = await storage.versionsBetween(ns, low, high, PAGE + MAX_DOCUMENT_RECORDS)
      left = still.filter(({ hash }) => going.has(toHex(hash)))
    }
  }
}

/** Which pieces of a file a salt names, by their number: some may be named twice. */
function provedPieces(pieces: number, cid: string, salt: Uint8Array): readonly number[] {
  if (pieces <= PROVED_PIECES) return Array.from({ length: pieces }, (_, i) => i)
  const drawn = sha256(concatBytes(salt, utf8(cid)))
  const view = new DataView(drawn.buffer, drawn.byteOffset)
  return Array.from({ length: PROVED_PIECES }, (_, i) => view.getUint32(4 * i) % pieces)
}

function digestOf({ genesis }: OpenNamespace): Uint8Array {
  return genesis.cid.multihash.digest
}

/** The first slot behind one. */
function next(slot: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(slot)
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = ((bytes[i] ?? 0) + 1) & 0xff
    if (bytes[i] !== 0) return bytes
  }
  return Uint8Array.from([...slot, 0])
}
