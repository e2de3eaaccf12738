import { sha256 } from '#crypto'
import { concatBytes, equalBytes, utf8 } from '../../model/bytes.ts'
import { FILES_COLLECTION } from '../../files/named-file.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { NamespacePrint, ReplicaPlacing } from '../types.ts'

/** Records that are read at a time. */
const PAGE = 64
/** Stands for the logs of a namespace that needs none. */
const NO_LOGS = new Uint8Array(32)

/** What relays tell each other of what lies where. Source: docs/spec/placement.md. */
export class Placing implements ReplicaPlacing {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces

  constructor(ground: ReplicaGround, namespaces: Namespaces) {
    this.#ground = ground
    this.#namespaces = namespaces
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
      proof = await this.#proveRecords(open.ns, proof)
    }
    return proof
  }

  /** By rising slot, each record and what it says itself. */
  async #proveRecords(ns: number, before: Uint8Array): Promise<Uint8Array> {
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
