import {
  type Batch,
  canonicalJson,
  createGenesis,
  createSeal,
  createSeed,
  type DecodedGenesis,
  type DocRecord,
  encodeBatch,
  type Identity,
  identityFromSeed,
  keyHash,
  type Network,
  recordHash,
  type RecordScope,
  type Seal,
  sha256,
  type SignedHead,
  signHead,
  slotOf,
  SummedTree,
  timeFromMs,
  utf8,
  type WireRecord,
} from '@p2p-docstore/core'

/** One record with the batch in which it travels alone. */
export interface Note {
  readonly slot: Uint8Array
  readonly hash: Uint8Array
  readonly at: number
  readonly batch: Batch
}

/** A small namespace of our own, of which we know every byte that a peer should have. */
export class Notebook {
  readonly genesis: DecodedGenesis
  readonly head: SignedHead
  readonly id: string
  /** What the peer should hold. */
  readonly tree: SummedTree = new SummedTree()
  readonly #owner: Identity
  readonly #scope: RecordScope

  constructor({ cid: net }: Network) {
    this.#owner = identityFromSeed(createSeed())
    this.genesis = createGenesis({ net, owner: this.#owner, write: 'owner' })
    const ns = this.genesis.cid
    this.id = ns.toString()
    this.#scope = { net, ns, write: 'owner' }
    this.head = signHead({ net, ns, epoch: 0, seq: 0, prev: null, at: timeFromMs(Date.now()), body: { title: 'conformance' } }, this.#owner)
  }

  /** Its head under another title. */
  renamed(): SignedHead {
    const { net, ns, epoch, seq, at } = this.head.head
    return signHead({ net, ns, epoch, seq: seq + 1, prev: this.head.hash, at: at + 1, body: { title: 'conformance again' } }, this.#owner)
  }

  /** A document, `ago` milliseconds ago; `text` is its content where that is not the one of its value. */
  note(id: string, value: number, { ago = 0, text, by = this.#owner }: { ago?: number; text?: string; by?: Identity } = {}): Note {
    const content = utf8(text ?? canonicalJson({ _id: id, value }))
    const key = `notes/${id}`
    const at = timeFromMs(Date.now() - ago)
    const record: DocRecord = { del: false, k: key, at, digest: sha256(content), size: content.length, by: by.author }
    return this.#noted(record, { key, at, content, seal: 0, prev: null, exp: null }, by)
  }

  /** A tombstone for a document. */
  tombstone(id: string): Note {
    const at = timeFromMs(Date.now())
    const kh = keyHash(this.#scope.ns, `notes/${id}`)
    return this.#noted({ del: true, kh, at, by: this.#owner.author }, { key: kh, at, content: null, seal: 0, prev: null, exp: null }, this.#owner)
  }

  /** Notes that the peer holds a record from now on. */
  held({ slot, hash, at }: Note): void {
    this.tree.set(slot, hash, at)
  }

  #noted(record: DocRecord, wire: WireRecord, by: Identity): Note {
    const hash = recordHash(this.#scope, record)
    const kh = record.del ? record.kh : keyHash(this.#scope.ns, record.k)
    const batch = { seals: [createSeal(this.#scope.net, hash, by)], records: [wire] }
    return { slot: slotOf('owner', kh, by.author), hash, at: record.at, batch }
  }
}

/** All of them in one batch, each under its own seal. */
export function together(notes: readonly Note[], change: (seal: Seal, index: number) => Seal = (seal) => seal): Uint8Array {
  return encodeBatch({
    seals: notes.flatMap(({ batch }, index) => batch.seals.map((seal) => change(seal, index))),
    records: notes.flatMap(({ batch }, index) => batch.records.map((record) => ({ ...record, seal: index }))),
  })
}
