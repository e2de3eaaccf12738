import { sha256 } from '#crypto'
import { concatBytes, equalBytes, utf8 } from '../../model/bytes.ts'
import { CHUNK_BYTES } from '../../files/limits.ts'
import { FILES_COLLECTION, fileNamedBy } from '../../files/named-file.ts'
import type { ReplicaFiles } from '../files/types.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { NamespacePrint, ReplicaPlacing } from '../types.ts'

/** Records that are read at a time. */
const PAGE = 64
/** Stands for the logs of a namespace that needs none. */
const NO_LOGS = new Uint8Array(32)
/** Pieces of each file that a proof reads: all of a small one, and of a greater one those that the salt names. Who has less than half of it passes one time in sixteen, and each proof has another salt. */
const PROVED_PIECES = 4

/** What relays tell each other of what lies where. Source: docs/spec/placement.md. */
export class Placing implements ReplicaPlacing {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #files: Pick<ReplicaFiles, 'file' | 'readFile' | 'missingBlocks'>

  constructor(ground: ReplicaGround, namespaces: Namespaces, files: Pick<ReplicaFiles, 'file' | 'readFile' | 'missingBlocks'>) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#files = files
  }

  async print(id: string): Promise<NamespacePrint | undefined> {
    const open = this.#namespaces.get(id)
    return open && this.#print(open)
  }

  async #print(open: OpenNamespace): Promise<NamespacePrint> {
    const { storage } = this.#ground
    const logs = await this.#logs(open)
    const { fingerprint, seq, collections } = await storage.overview(open.ns)
    return {
      print: sha256(concatBytes(digestOf(open), open.head.hash, logs, fingerprint)),
      seq,
      hasFiles: collections.some(({ collection }) => collection === FILES_COLLECTION),
    }
  }

  async #logs({ id }: OpenNamespace): Promise<Uint8Array> {
    return (await this.#ground.people.loaded?.exchange.logsDigest(id)) ?? NO_LOGS
  }

  async prove(ids: readonly string[], salt: Uint8Array): Promise<Uint8Array | undefined> {
    let proof = sha256(salt)
    for (const id of ids) {
      const open = this.#namespaces.get(id)
      if (open === undefined) return undefined
      proof = sha256(concatBytes(proof, digestOf(open), open.head.hash, await this.#logs(open)))
      const cids = new Set<string>()
      proof = await this.#proveRecords(open.ns, proof, cids)
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
  async #proveRecords(ns: number, before: Uint8Array, cids: Set<string>): Promise<Uint8Array> {
    const { storage, pause } = this.#ground
    let proof = before
    for (let low: Uint8Array = new Uint8Array(); ; await pause()) {
      const versions = await storage.versionsBetween(ns, low, undefined, PAGE)
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

  async takeAway(id: string, { print }: NamespacePrint): Promise<boolean> {
    return this.#namespaces.forgetNamespace(id, async (open) => {
      const now = await this.#print(open)
      // Acts have no position of their own; records and heads that come from here on have.
      return equalBytes(now.print, print) ? now.seq : undefined
    })
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
