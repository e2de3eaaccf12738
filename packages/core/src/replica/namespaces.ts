import { DocstoreError } from '../errors.ts'
import { equalBytes } from '../model/bytes.ts'
import { msFromTime } from '../model/clock.ts'
import type { HeadBody } from '../model/namespace/head-body.ts'
import { didOf } from '../model/keys/identity.ts'
import {
  createGenesis,
  type DecodedGenesis,
  decodeGenesis,
  decodeHead,
  headWins,
  type SignedHead,
  signHead,
  WRITE_POLICIES,
  type WritePolicy,
} from '../model/namespace/namespace.ts'
import { isHistoryDays } from '../model/namespace/head-body.ts'
import { isTitle } from '../model/network/network.ts'
import { mayWrite, type RecordScope } from '../model/record.ts'
import type { Refusal } from '../model/verdict.ts'
import type { StoredNamespace } from '../storage/storage.ts'
import { badHistory } from './history/bad-history.ts'
import { badName } from './bad-name.ts'
import type { ReplicaGround } from './ground.ts'
import { HEAD_BODIES, LOST_CHANGE } from './heads/head-prefixes.ts'
import type { LostChange } from './heads/lost-change.ts'
import { MAX_NAMESPACES } from './limits.ts'
import type { OpenNamespace } from './open-namespace.ts'
import type { Removing } from './removing.ts'
import { Turns } from './turns.ts'
import type { JudgedHeads } from './rules/judged-heads.ts'
import { JUDGED_PREFIX } from './rules/judged-prefix.ts'
import type { HeadChange, NamespaceBytes, NamespaceInfo, NamespaceInit, ReplicaNamespaces } from './types.ts'
import { redatedHead } from './writing/redated-head.ts'

/** What happens when a namespace comes, changes or goes. */
export interface NamespacesInit {
  /** Called with each namespace that is here, and when its head has changed, before anything is written there. */
  readonly onHead: (open: OpenNamespace) => Promise<void>
  /** Does what waits for a namespace that is here now; until it has, it is called again with the next comparison. */
  readonly onArrival: (open: OpenNamespace) => Promise<void>
  /** Loaded when something is to be removed: seldom. */
  readonly removing: () => Promise<Removing>
}

/** The namespaces of this replica, all of them in memory: made here, or brought by peers. The winning head of each stays. */
export class Namespaces implements ReplicaNamespaces {
  readonly #ground: ReplicaGround
  readonly #open = new Map<string, OpenNamespace>()
  readonly #imports = new Turns()
  readonly #init: NamespacesInit
  #judged: JudgedHeads | undefined

  constructor(ground: ReplicaGround, init: NamespacesInit) {
    this.#ground = ground
    this.#init = init
  }

  /** Takes up what the storage holds. Throws `data-corrupt` where it does not verify. */
  async load(): Promise<void> {
    const { storage } = this.#ground
    // Where devices of one owner have changed the same: seldom.
    const hasLost = (await storage.listMeta(LOST_CHANGE)).length > 0
    const lost = hasLost ? await (await import('./heads/lost-change.ts')).lostChanges(storage) : undefined
    for (const stored of await storage.namespaces()) await this.#load(stored, lost?.get(stored.cid))
  }

  /** Removes what a process left that ended while it removed it. */
  async finishRemoving(): Promise<void> {
    for (const ns of await this.#ground.storage.halfForgotten()) await (await this.#init.removing()).all(ns)
    // A process may have ended when a head without rules had come, and nothing was done about it.
    if ((await this.#ground.storage.listMeta(JUDGED_PREFIX)).length > 0) await this.#loadJudged()
    for (const open of this.all()) {
      await this.#removeAfterEnd(open)
      await this.#judgeAgain(open)
    }
  }

  /** By the rules of its head: of one that has none, or the same as before, nothing is looked at. */
  async #judgeAgain(open: OpenNamespace): Promise<void> {
    if (open.head.head.body.collections !== undefined) await this.#loadJudged()
    await this.#judged?.judge(open.id)
  }

  async #loadJudged(): Promise<void> {
    if (this.#judged !== undefined) return
    const { JudgedHeads } = await import('./rules/judged-heads.ts')
    const judged = await JudgedHeads.open({
      storage: this.#ground.storage,
      get: (id) => this.#open.get(id),
      judge: async (open) => (await this.#init.removing()).againstRules(open, () => this.#open.get(open.id) === open),
    })
    this.#judged ??= judged
  }

  async #removeAfterEnd(open: OpenNamespace): Promise<void> {
    if (open.head.head.body.ended !== undefined) await (await this.#init.removing()).afterEnd(open)
  }

  async #load(stored: StoredNamespace, lost: LostChange | undefined): Promise<void> {
    const { storage, network, newest } = this.#ground
    const genesis = decodeGenesis(stored.genesis, network.cid)
    const head = genesis.ok ? await decodeHead(stored.head, stored.signature, genesis.value) : genesis
    if (!genesis.ok || !head.ok)
      throw new DocstoreError('data-corrupt', `The stored namespace ${stored.cid} does not verify. Restore the data from a backup`)
    await this.#init.onHead(this.#remember(stored.ns, genesis.value, head.value, lost))
    newest.raise((await storage.times(stored.ns)).newest)
  }

  #remember(ns: number, genesis: DecodedGenesis, head: SignedHead, lost?: LostChange): OpenNamespace {
    const id = genesis.cid.toString()
    const scope: RecordScope = { net: this.#ground.network.cid, ns: genesis.cid, write: genesis.genesis.write }
    const open: OpenNamespace = { ns, id, genesis, head, scope, ...(lost === undefined ? {} : { lost }) }
    this.#open.set(id, open)
    this.#ground.newest.raise(head.head.at)
    return open
  }

  async #save(genesis: DecodedGenesis, head: SignedHead, lost = this.#open.get(genesis.cid.toString())?.lost): Promise<OpenNamespace> {
    const { storage, news } = this.#ground
    const cid = genesis.cid.toString()
    const known = this.#open.get(cid)
    const isKnown = known !== undefined
    // What it said is needed when another device of the owner has changed it, too.
    if (isKnown && this.#isOwn(genesis)) await (await import('./heads/head-bodies.ts')).noteFormerHead(storage, cid, known.head)
    const ns = await storage.saveNamespace({ cid, genesis: genesis.bytes, head: head.bytes, signature: head.signature })
    const open = this.#remember(ns, genesis, head, lost)
    await this.#init.onHead(open)
    news.tell({ namespace: cid, from: 0, to: 0, collections: [], ...(isKnown ? { head: true } : {}) })
    return open
  }

  /** The namespace, where it is here: reading one that is not finds nothing. */
  get(id: string): OpenNamespace | undefined {
    return this.#open.get(id)
  }

  /** The namespace. Throws `unknown-namespace` where it is not here. */
  open(id: string): OpenNamespace {
    const open = this.#open.get(id)
    if (open === undefined) {
      throw new DocstoreError(
        'unknown-namespace',
        `The namespace ${id.slice(0, 80)} is not here. Check the id; if a peer has it, connect to the network and try again`,
      )
    }
    return open
  }

  /** The id of a namespace by the storage's number for it, where it is here. */
  idOf(ns: number): string | undefined {
    for (const open of this.#open.values()) if (open.ns === ns) return open.id
    return undefined
  }

  all(): Iterable<OpenNamespace> {
    return this.#open.values()
  }

  async createNamespace({ name, write, nonce, listed = false, collections, history }: NamespaceInit): Promise<NamespaceInfo> {
    if (!isTitle(name)) throw badName()
    if (typeof listed !== 'boolean') throw new DocstoreError('bad-option', 'listed is true or false')
    if (!WRITE_POLICIES.includes(write)) {
      throw new DocstoreError('unsupported-policy', `There is no write policy ${JSON.stringify(write)}. Use owner, author or anyone`)
    }
    if (write === 'members') {
      throw new DocstoreError('unsupported-policy', 'The write policy "members" is not available yet. Use owner, author or anyone')
    }
    if (history !== undefined && !isHistoryDays(history)) throw badHistory()
    const { network, identity, clock } = this.#ground
    const genesis = createGenesis({ net: network.cid, owner: identity, write, ...(nonce === undefined ? {} : { nonce }) })
    const known = this.#open.get(genesis.cid.toString())
    if (known !== undefined) return this.#info(known)
    const body: HeadBody = { title: name, ...(listed ? { listed } : {}), ...(history === undefined ? {} : { history }) }
    const ruled = collections === undefined ? body : await this.#ruledBody(body, write, collections)
    const head = signHead({ net: network.cid, ns: genesis.cid, epoch: 0, seq: 0, prev: null, at: clock.next(0), body: ruled }, identity)
    if (collections !== undefined) (await import('./changed-head.ts')).checkHeadSize(head)
    const open = await this.#save(genesis, head)
    await this.#judgeAgain(open)
    return this.#info(open)
  }

  async #ruledBody(body: HeadBody, write: WritePolicy, change: NonNullable<NamespaceInit['collections']>): Promise<HeadBody> {
    const { changedCollections } = await import('./changed-collections.ts')
    const { checkedRules } = await import('./rules/checked-collections.ts')
    const collections = changedCollections(undefined, change, { isNew: true })
    const ruled = { ...body, ...(collections === undefined ? {} : { collections }) }
    await checkedRules(ruled, write, this.#ground)
    return ruled
  }

  async namespaces(): Promise<readonly NamespaceInfo[]> {
    return [...this.#open.values()].map((open) => this.#info(open))
  }

  async namespaceIds(): Promise<readonly string[]> {
    return [...this.#open.keys()]
  }

  async namespace(id: string): Promise<NamespaceInfo | undefined> {
    const open = this.#open.get(id)
    return open && this.#info(open)
  }

  #isOwn({ genesis }: DecodedGenesis): boolean {
    return equalBytes(genesis.owner, this.#ground.identity.author)
  }

  #info({ id, genesis: { genesis }, head: { head }, lost }: Pick<OpenNamespace, 'id' | 'genesis' | 'head' | 'lost'>): NamespaceInfo {
    const { title, description, history, ended, next, listed, created = head.at, collections } = head.body
    const mayEver = genesis.write === 'author' || mayWrite(genesis.write, genesis.owner, this.#ground.identity.author, undefined)
    return {
      id,
      name: title,
      ...(description === undefined ? {} : { description }),
      ...(history === undefined ? {} : { history }),
      write: genesis.write,
      owner: didOf(genesis.owner),
      writable: mayEver && ended === undefined,
      createdAt: new Date(msFromTime(created)).toISOString(),
      ...(ended === undefined ? {} : { ended: new Date(msFromTime(ended)).toISOString() }),
      ...(next === undefined ? {} : { next: next.toString() }),
      ...(listed === undefined ? {} : { listed }),
      ...(lost === undefined ? {} : { conflict: lost.conflict }),
      ...(collections === undefined ? {} : { collections }),
    }
  }

  /** The next head of a namespace that this identity owns. */
  async changeHead(id: string, change: HeadChange): Promise<NamespaceInfo> {
    const changed = await this.#imports.take(async () => {
      const open = this.open(id)
      // Loaded when somebody changes one: few do.
      const { changedHead } = await import('./changed-head.ts')
      const head = await changedHead(open, change, this.#ground)
      const changed = head === undefined ? open : await this.#save(open.genesis, head)
      await this.#removeAfterEnd(changed)
      return changed.lost === undefined ? changed : await this.#settle(changed, changed.lost, change)
    })
    await this.#judgeAgain(changed)
    return this.#info(changed)
  }

  /** What somebody sets anew is lost no more. */
  async #settle({ ns, id, genesis, head }: OpenNamespace, lost: LostChange, change: HeadChange): Promise<OpenNamespace> {
    const { stillLost } = await import('./heads/lost-change.ts')
    return this.#remember(ns, genesis, head, await stillLost(this.#ground.storage, id, lost, change))
  }

  /** Takes a namespace away from here, with all of its records. False where it is not here. */
  async forgetNamespace(id: string): Promise<boolean> {
    return this.#imports.take(async () => {
      const { storage, news } = this.#ground
      const open = this.#open.get(id)
      if (open === undefined) return false
      const collections = (await storage.collections(open.ns)).map(({ collection }) => collection)
      await storage.forgetNamespace(open.ns)
      this.#open.delete(id)
      await this.#judged?.forget(id)
      for (const key of [HEAD_BODIES, LOST_CHANGE]) await storage.setMeta(key + id, undefined)
      await (await this.#init.removing()).all(open.ns)
      news.tell({ namespace: id, from: 0, to: 0, collections })
      return true
    })
  }

  async exportNamespace(id: string): Promise<NamespaceBytes | undefined> {
    const open = this.#open.get(id)
    return open && bytesOf(open)
  }

  async listedNamespaces(after: string): ReturnType<ReplicaNamespaces['listedNamespaces']> {
    const { listedAfter } = await import('./heads/listing.ts')
    const { namespaces, more } = listedAfter(this.all(), after)
    return { namespaces: namespaces.map(bytesOf), more }
  }

  async readNamespace(bytes: NamespaceBytes): ReturnType<ReplicaNamespaces['readNamespace']> {
    const { readForeign } = await import('./heads/listing.ts')
    const read = await readForeign(bytes, this.#ground.network, (id) => this.#open.get(id))
    if ('refused' in read) return read
    const { namespace, theirs, isHere } = read
    return { info: this.#info(namespace), seq: namespace.head.head.seq, isListed: theirs.head.body.listed === true, isHere }
  }

  /** One at a time: of two heads that arrive together the winner has to stay. */
  async importNamespace(genesisBytes: Uint8Array, headBytes: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    const imported = await this.#imports.take(async () => {
      const imported = await this.#import(genesisBytes, headBytes, signature)
      if ('id' in imported) {
        // Also where nothing is new: a full disk may have kept it from being done the last time.
        await this.#removeAfterEnd(this.open(imported.id))
        await this.#init.onArrival(this.open(imported.id))
      }
      return imported
    })
    // It can take long, and other namespaces need not wait for it.
    const open = 'id' in imported ? this.get(imported.id) : undefined
    if (open !== undefined) await this.#judgeAgain(open)
    return imported
  }

  async #import(genesisBytes: Uint8Array, headBytes: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    const genesis = decodeGenesis(genesisBytes, this.#ground.network.cid)
    if (!genesis.ok) return { refused: genesis.reason }
    const id = genesis.value.cid.toString()
    const known = this.#open.get(id)
    // Peers show each other their heads at every comparison; nearly always it is the one that was checked before.
    if (known !== undefined && equalBytes(known.head.bytes, headBytes)) return { id }
    const head = await decodeHead(headBytes, signature, genesis.value)
    if (!head.ok) return { refused: head.reason }
    if (head.value.head.at > this.#ground.latest()) return { refused: 'future' }
    if (known === undefined && this.#open.size >= MAX_NAMESPACES) return { refused: 'too-large' }
    const isOwn = known !== undefined && this.#isOwn(known.genesis)
    if (known !== undefined && !isOwn && !headWins(head.value, known.head)) return { id }
    const { collections } = head.value.head.body
    if (collections !== undefined && 'reason' in (await this.#ground.rules.read(collections))) return { refused: 'unsupported' }
    if (known !== undefined && isOwn) await this.#meet(known, head.value)
    else await this.#save(genesis.value, head.value)
    return { id }
  }

  /** What another device of this owner changed comes together with what was changed here. */
  async #meet(known: OpenNamespace, theirs: SignedHead): Promise<void> {
    const { storage, identity } = this.#ground
    // Loaded where devices of one owner differ: seldom.
    const { metHead } = await import('./heads/met-head.ts')
    const met = await metHead(known.id, known.head, theirs, { storage, identity })
    const lost = met.lost.length === 0 ? known.lost : await (await import('./heads/lost-change.ts')).loseMore(storage, known.id, known.lost, met)
    if (met.head !== known.head) await this.#save(known.genesis, met.head, lost)
    else if (lost !== known.lost) this.#remember(known.ns, known.genesis, known.head, lost)
  }

  /** Gives a head of ours that lies in the future a right time. A newer head wins whatever its time, so it does not matter who has the one of the future. */
  async redateHead({ id, genesis }: OpenNamespace): Promise<boolean> {
    return this.#imports.take(async () => {
      const { clock, identity, latest } = this.#ground
      const { head } = this.open(id)
      if (head.head.at <= latest() || !equalBytes(genesis.genesis.owner, identity.author)) return false
      await this.#save(genesis, redatedHead(head, clock.next(0), identity))
      return true
    })
  }
}

function bytesOf({ genesis, head }: OpenNamespace): NamespaceBytes {
  return { genesis: genesis.bytes, head: head.bytes, signature: head.signature }
}
