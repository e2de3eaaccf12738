import { DocstoreError } from '../errors.ts'
import { equalBytes, toHex } from '../model/bytes.ts'
import { MAX_TIME, msFromTime } from '../model/clock.ts'
import { flatText } from '../model/encoding/cid.ts'
import { keyOf, PERSON_BYTES, personOf, principalOf } from '../model/people/author.ts'
import {
  type ActingDevices,
  ANY_DEVICE,
  type DecodedGenesis,
  decodeGenesis,
  decodeHead,
  headFault,
  headWins,
  readHead,
  type SignedHead,
  signHead,
} from '../model/namespace/namespace.ts'
import { PROFILE_KIND } from '../model/namespace/static-profile.ts'
import { mayWrite, type RecordScope } from '../model/record.ts'
import type { Refusal } from '../model/verdict.ts'
import type { StoredNamespace } from '../storage/storage.ts'
import type { ReplicaGround } from './ground.ts'
import { profileFacts } from './profile-facts.ts'
import { FORMER_HEAD, HEAD_BODIES, HEAD_HISTORY, LOST_CHANGE, UNJUDGED } from './heads/head-prefixes.ts'
import type { LostChange } from './heads/lost-change.ts'
import { MAX_NAMESPACES } from './limits.ts'
import type { OpenNamespace } from './open-namespace.ts'
import type { Judging, JudgingInit } from './people/judging/judging.ts'
import { principalId } from './people/principal-id.ts'
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
  /** Does what waits for a namespace that is here now; until it has, it is called again with the next comparison. `isNew`: its logs may be on their way still. */
  readonly onArrival: (open: OpenNamespace, isNew: boolean) => Promise<void>
  /** Called when all that is here of a namespace is what its logs accept: after these have `changed`, where it was `opened` with this replica, and at a `later` comparison. */
  readonly onJudged: (id: string, when: 'changed' | 'opened' | 'later') => Promise<void>
  /** See `JudgingInit`. */
  readonly onRolesLost: JudgingInit['onRolesLost']
  /** Called when a namespace has gone from here. */
  readonly onForgotten: (id: string) => Promise<void>
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
  /** Positions of heads that came since this replica was opened, by the ids of their namespaces. */
  readonly #headSeqs = new Map<string, number>()
  #judging: Judging | undefined

  constructor(ground: ReplicaGround, init: NamespacesInit) {
    this.#ground = ground
    this.#init = init
  }

  /** Takes up what the storage holds. Throws `data-corrupt` where it cannot be read. */
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
    const unjudged = await this.#ground.storage.listMeta(UNJUDGED)
    if (unjudged.length > 0) await (await this.judging()).resume(unjudged.map(([key]) => key.slice(UNJUDGED.length)))
    for (const open of this.all()) {
      await this.#removeAfterEnd(open)
      await this.#judgeAgain(open)
      // A process may have ended when logs had changed, and what they accept again had not come back.
      await this.#init.onJudged(open.id, 'opened')
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
    // Its signature was checked when it came, as those of records were: thousands of checks would keep a relay from starting. Should the device that
    // signed it have been revoked since, another one wins over it as soon as it comes.
    const head = genesis.ok ? readHead(stored.head, stored.signature, genesis.value) : genesis
    if (!genesis.ok || !head.ok)
      throw new DocstoreError('data-corrupt', `The stored namespace ${stored.cid} does not verify. Restore the data from a backup`)
    const open = this.#remember(stored.ns, genesis.value, head.value, lost)
    if (open.scope.write === 'members') await this.#lookAtPeople(open)
    await this.#init.onHead(open)
    newest.raise((await storage.times(stored.ns)).newest)
  }

  /** Its owner is one of those whom it needs, and its roles are known from here on. */
  async #lookAtPeople(open: OpenNamespace): Promise<void> {
    const people = await this.#ground.people.load()
    await people.needLog(open.ns, open.genesis.genesis.owner)
    await people.roles(open)
  }

  #remember(ns: number, genesis: DecodedGenesis, head: SignedHead, lost?: LostChange): OpenNamespace {
    const id = flatText(genesis.cid)
    const scope: RecordScope = { net: this.#ground.network.cid, ns: genesis.cid, write: genesis.genesis.write }
    const open: OpenNamespace = { ns, id, genesis, head, scope, ...(lost === undefined ? {} : { lost }) }
    this.#open.set(id, open)
    this.#ground.newest.raise(head.head.at)
    return open
  }

  async #save(genesis: DecodedGenesis, head: SignedHead, lost = this.#open.get(flatText(genesis.cid))?.lost): Promise<OpenNamespace> {
    return this.#show(genesis, head, await this.#store(genesis, head), lost)
  }

  /** Puts a head on disk, and gives the storage's number of its namespace. */
  async #store(genesis: DecodedGenesis, head: SignedHead): Promise<number> {
    const { storage } = this.#ground
    const cid = flatText(genesis.cid)
    const known = this.#open.get(cid)
    const isKnown = known !== undefined
    // What it said is needed when another device of the owner has changed it, too.
    if (isKnown && this.#isOwn(genesis)) await (await import('./heads/head-bodies.ts')).noteFormerHead(storage, cid, known.head)
    if (isKnown && isOfPerson(genesis) && !equalBytes(known.head.head.by, head.head.by))
      await (await import('./heads/former-head.ts')).noteFormer(storage, known)
    if (isKnown && !equalBytes(known.head.hash, head.hash))
      await (await import('./heads/head-history.ts')).notePastHead(storage, cid, known.head, head)
    const ns = await storage.saveNamespace({ cid, genesis: genesis.bytes, head: head.bytes, signature: head.signature })
    this.#headSeqs.set(cid, await storage.lastSeq(ns))
    return ns
  }

  /** From here on everybody sees what is on disk. */
  async #show(genesis: DecodedGenesis, head: SignedHead, ns: number, lost: LostChange | undefined): Promise<OpenNamespace> {
    const cid = flatText(genesis.cid)
    const isKnown = this.#open.has(cid)
    const open = this.#remember(ns, genesis, head, lost)
    if (isOfPerson(genesis) || genesis.genesis.write === 'members') await this.#lookAtPeople(open)
    await this.#init.onHead(open)
    this.#ground.news.tell({ namespace: cid, from: 0, to: 0, collections: [], ...(isKnown ? { head: true } : {}) })
    return open
  }

  /** Takes up one that another process has stored. */
  takeUp(stored: StoredNamespace): Promise<void> {
    return this.#imports.take(() => this.#load(stored, undefined))
  }

  /** Stores a head over one that another process has stored. */
  async storeAgain({ genesis, head }: OpenNamespace): Promise<void> {
    await this.#store(genesis, head)
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

  async createNamespace(init: NamespaceInit): Promise<NamespaceInfo> {
    // Loaded when somebody makes one: most programs use those that are there.
    const { newNamespace } = await import('./heads/new-namespace.ts')
    const { genesis, body } = await newNamespace(init, this.#ground)
    const known = this.#open.get(flatText(genesis.cid))
    if (known !== undefined) return this.#info(known)
    const { network, identity, clock } = this.#ground
    const epoch = await this.#ownEpoch()
    const head = signHead({ net: network.cid, ns: genesis.cid, epoch, seq: 0, prev: null, at: clock.next(0), body }, identity)
    if (init.collections !== undefined) (await import('./changed-head.ts')).checkHeadSize(head)
    const open = await this.#save(genesis, head)
    await this.#judgeAgain(open)
    return this.#info(open)
  }

  async openProfile(): Promise<NamespaceInfo> {
    return this.#imports.take(async () => {
      const { identity, network, clock } = this.#ground
      // Loaded by who has a profile.
      const { firstProfile } = await import('./heads/first-profile.ts')
      const { genesis, head } = firstProfile(network.cid, identity, { at: clock.next(0), epoch: await this.#ownEpoch() })
      return this.#info(this.#open.get(flatText(genesis.cid)) ?? (await this.#save(genesis, head)))
    })
  }

  /** That in which this person signs heads: no device that was revoked before can write one that wins over them. Throws `revoked` where this one was. */
  async #ownEpoch(): Promise<number> {
    const { identity, people, clock } = this.#ground
    return personOf(identity.author) === undefined ? 0 : (await people.load()).actingEpoch(identity.author, clock.wall())
  }

  async namespaces(): Promise<readonly NamespaceInfo[]> {
    return Promise.all([...this.#open.values()].map((open) => this.#shown(open)))
  }

  /** What is known of a namespace, without what a device says of its owner that was revoked. */
  async #shown(open: OpenNamespace): Promise<NamespaceInfo> {
    const { identity, people, clock } = this.#ground
    const info = this.#info(open)
    return people.loaded?.shown(open, info, { author: identity.author, now: clock.wall() }) ?? info
  }

  async namespaceIds(): Promise<readonly string[]> {
    return [...this.#open.keys()]
  }

  async namespace(id: string): Promise<NamespaceInfo | undefined> {
    const open = this.#open.get(id)
    return open && this.#shown(open)
  }

  #isOwn({ genesis }: DecodedGenesis): boolean {
    return equalBytes(genesis.owner, principalOf(this.#ground.identity.author))
  }

  #info({ id, genesis: { genesis }, head: { head }, lost }: Pick<OpenNamespace, 'id' | 'genesis' | 'head' | 'lost'>): NamespaceInfo {
    const { title, description, history, ended, next, listed, created = head.at, collections, profile, split } = head.body
    const { identity, people, clock } = this.#ground
    const mayEver =
      genesis.write === 'members'
        ? people.loaded?.lastRoles(id)?.may(identity.author, clock.wall(), 'write', {}) === 'yes'
        : genesis.write === 'author' || mayWrite(genesis.write, genesis.owner, identity.author, undefined)
    return {
      id,
      name: title,
      ...(description === undefined ? {} : { description }),
      ...(history === undefined ? {} : { history }),
      write: genesis.write,
      owner: principalId(genesis.owner),
      writable: mayEver && ended === undefined,
      createdAt: new Date(msFromTime(created)).toISOString(),
      ...(split === undefined ? {} : { split: 2 ** split }),
      ...(ended === undefined ? {} : { ended: new Date(msFromTime(ended)).toISOString() }),
      ...(next === undefined ? {} : { next: next.toString() }),
      ...(listed === undefined ? {} : { listed }),
      ...(lost === undefined ? {} : { conflict: lost.conflict }),
      ...(collections === undefined ? {} : { collections }),
      ...(genesis.kind === 'app' ? {} : { kind: genesis.kind }),
      ...(profile === undefined ? {} : { profile: profileFacts(profile) }),
    }
  }

  /** The next head of a namespace that this identity owns. */
  async changeHead(id: string, change: HeadChange): Promise<NamespaceInfo> {
    const changed = await this.#imports.take(async () => {
      const open = this.open(id)
      if (this.#isOwn(open.genesis)) await this.#ownEpoch()
      // Loaded when somebody changes one: few do.
      const { changedHead } = await import('./changed-head.ts')
      const head = await changedHead(open, change, this.#ground)
      if (change.isTrial === true) return open
      const ns = head === undefined ? open.ns : await this.#store(open.genesis, head)
      const lost = open.lost && (await this.#settle(open.lost, id, change))
      const isShown = head === undefined && lost === open.lost
      const changed = isShown ? open : await this.#show(open.genesis, head ?? open.head, ns, lost)
      await this.#removeAfterEnd(changed)
      return changed
    })
    await this.#judgeAgain(changed)
    return this.#info(changed)
  }

  /** What somebody sets anew is lost no more. */
  async #settle(lost: LostChange, id: string, change: HeadChange): Promise<LostChange | undefined> {
    return (await import('./heads/lost-change.ts')).stillLost(this.#ground.storage, id, lost, change)
  }

  /** What judges by logs, loaded where some have changed: many peers meet none. */
  async judging(): Promise<Judging> {
    const { Judging } = await import('./people/judging/judging.ts')
    return (this.#judging ??= new Judging({
      ground: this.#ground,
      get: (id) => this.#open.get(id),
      all: () => this.#open.values(),
      renew: (open) => {
        this.#open.set(open.id, open)
      },
      tell: (id) => this.#ground.news.tell({ namespace: id, from: 0, to: 0, collections: [], head: true }),
      settleHead: (id) => this.#settleHead(id),
      onJudged: (id) => this.#init.onJudged(id, 'changed'),
      onRolesLost: this.#init.onRolesLost,
      removing: this.#init.removing,
    }))
  }

  /** Writes the head of a namespace of this person anew in the epoch of now, so that none of before wins over it, and none stands that nobody takes any more. */
  async renewHead({ id, genesis }: OpenNamespace, owner: ActingDevices): Promise<void> {
    if (!isOfPerson(genesis) || !this.#isOwn(genesis)) return
    await this.#imports.take(async () => {
      const open = this.#open.get(id)
      if (open !== undefined && (open.head.head.epoch < owner.epoch || headFault(open.head, owner) !== undefined)) await this.#renew(open, owner)
    })
  }

  /**
   * Where the log of its owner says something else of heads than before: in the place of one that does not count any more comes the last one here that does, or a new one
   * at a device that acts for the owner. Others could not pass on what they have: who does not have the namespace takes no head that does not count.
   */
  async #settleHead(id: string): Promise<void> {
    const settled = await this.#imports.take(async () => {
      const open = this.#open.get(id)
      const owner = open && (await this.#ground.people.loaded?.owner(open.genesis))
      if (open === undefined || owner === undefined) return undefined
      const isVoid = headFault(open.head, owner) !== undefined
      if (isVoid && this.#mayRenew(open.genesis, owner, open.head)) await this.#renew(open, owner)
      else {
        const former = await (await import('./heads/former-head.ts')).formerHead(this.#ground.storage, open, owner)
        if (former === undefined || !(isVoid || headWins(former, open.head))) return undefined
        await this.#save(open.genesis, former)
      }
      const now = this.open(id)
      await this.#removeAfterEnd(now)
      return now
    })
    if (settled !== undefined) await this.#judgeAgain(settled)
  }

  async #renew(open: OpenNamespace, owner: ActingDevices): Promise<void> {
    const { clock, identity, storage } = this.#ground
    const { genesis } = open
    // What a device that acts says in an epoch that is no more, is the owner's word still.
    const former = isByDevice(open.head, owner) ? undefined : await (await import('./heads/former-head.ts')).formerHead(storage, open, owner)
    const { renewedHead } = await import('./heads/renewed-head.ts')
    await this.#save(genesis, renewedHead(open.head, former ?? open.head, { epoch: owner.epoch, clock, identity }))
  }

  /**
   * Takes a namespace away from here, with all of its records. False where it is not here, or where `mayGo` gives no position, or one that is not the last any
   * more.
   */
  async forgetNamespace(id: string, mayGo?: (open: OpenNamespace) => Promise<number | undefined>): Promise<boolean> {
    return this.#imports.take(async () => {
      const { storage, news } = this.#ground
      const open = this.#open.get(id)
      if (open === undefined) return false
      const collections = (await storage.collections(open.ns)).map(({ collection }) => collection)
      const onlyAt = await mayGo?.(open)
      if (mayGo !== undefined && onlyAt === undefined) return false
      if (!(await storage.forgetNamespace(open.ns, onlyAt))) return false
      this.#open.delete(id)
      this.#headSeqs.delete(id)
      await this.#ground.people.loaded?.forgot(open)
      this.#judging?.forget(id)
      await this.#judged?.forget(id)
      await this.#init.onForgotten(id)
      for (const key of [HEAD_BODIES, HEAD_HISTORY, LOST_CHANGE, FORMER_HEAD, UNJUDGED]) await storage.setMeta(key + id, undefined)
      await (await this.#init.removing()).all(open.ns)
      news.tell({ namespace: id, from: 0, to: 0, collections })
      return true
    })
  }

  async headSeq(id: string): Promise<number> {
    return this.#headSeqs.get(id) ?? 0
  }

  async headAndLogs(id: string): Promise<string | undefined> {
    if (!this.#open.has(id)) return undefined
    const logs = await this.#ground.people.loaded?.exchange.logsDigest(id)
    return `${this.#headSeqs.get(id) ?? 0} ${logs === undefined ? '' : toHex(logs)}`
  }

  async exportNamespace(id: string): Promise<NamespaceBytes | undefined> {
    const open = this.#open.get(id)
    return open && bytesOf(open)
  }

  async listedNamespaces(after: string): ReturnType<ReplicaNamespaces['listedNamespaces']> {
    const { listedAfter } = await import('./heads/listing.ts')
    const listed: OpenNamespace[] = []
    for (const open of this.all())
      if (open.head.head.body.listed === true && (await this.#ground.people.loaded?.isVoid(open)) !== true) listed.push(open)
    const { namespaces, more } = listedAfter(listed, after)
    return { namespaces: namespaces.map(bytesOf), more }
  }

  async readNamespace(bytes: NamespaceBytes): ReturnType<ReplicaNamespaces['readNamespace']> {
    const { readForeign } = await import('./heads/listing.ts')
    const read = await readForeign(bytes, this.#ground.network, {
      get: (id) => this.#open.get(id),
      owner: async (person) => this.#ground.people.loaded?.state(person),
    })
    if ('refused' in read) return read
    const { namespace, theirs, isHere } = read
    const { epoch, seq } = namespace.head.head
    return { info: this.#info(namespace), epoch, seq, isListed: theirs.head.body.listed === true, isHere }
  }

  /** One at a time: of two heads that arrive together the winner has to stay. */
  async importNamespace(genesisBytes: Uint8Array, headBytes: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    const imported = await this.#imports.take(async () => {
      const { size } = this.#open
      const imported = await this.#import(genesisBytes, headBytes, signature)
      if ('id' in imported) {
        // Also where nothing is new: a full disk may have kept it from being done the last time.
        await this.#removeAfterEnd(this.open(imported.id))
        await this.#init.onArrival(this.open(imported.id), this.#open.size > size)
      }
      return imported
    })
    // It can take long, and other namespaces need not wait for it.
    const open = 'id' in imported ? this.get(imported.id) : undefined
    if (open !== undefined) {
      await this.#judgeAgain(open)
      // What failed when the logs changed, on a full disk perhaps, is done now.
      await this.#judging?.later(open.id)
      await this.#init.onJudged(open.id, 'later')
    }
    return imported
  }

  async #import(genesisBytes: Uint8Array, headBytes: Uint8Array, signature: Uint8Array): Promise<{ id: string } | { refused: Refusal }> {
    const genesis = decodeGenesis(genesisBytes, this.#ground.network.cid)
    if (!genesis.ok) return { refused: genesis.reason }
    const id = flatText(genesis.value.cid)
    const known = this.#open.get(id)
    // Peers show each other their heads at every comparison; nearly always it is the one that was checked before.
    if (known !== undefined && equalBytes(known.head.bytes, headBytes)) return { id }
    const owner = isOfPerson(genesis.value) ? await (await this.#ground.people.load()).owner(genesis.value) : undefined
    const checked = await decodeHead(headBytes, signature, genesis.value, owner)
    // Without a head nothing of the namespace can be taken, nor a better one be written. A device of its owner writes that at once; to anybody else it would say what a thief says.
    // One of an epoch that is no more is by a device that counted revocations which are void since.
    const isStopgap =
      !checked.ok && ['revoked', 'epoch-ahead'].includes(checked.reason) && known === undefined && this.#mayRenew(genesis.value, owner)
    const head = isStopgap ? await decodeHead(headBytes, signature, genesis.value, ANY_DEVICE) : checked
    if (!head.ok) return { refused: head.reason }
    if (head.value.head.at > this.#ground.latest()) return { refused: 'future' }
    if (known === undefined && this.#open.size >= MAX_NAMESPACES) return { refused: 'too-large' }
    const isOwn = known !== undefined && this.#isOwn(known.genesis)
    const isVoid = known !== undefined && owner !== undefined && headFault(known.head, owner) !== undefined
    if (known !== undefined && !isOwn && !isVoid && !headWins(head.value, known.head)) return { id }
    const { collections } = head.value.head.body
    if (collections !== undefined && 'reason' in (await this.#ground.rules.read(collections))) return { refused: 'unsupported' }
    if (known !== undefined && isOwn && !isVoid) await this.#meet(known, head.value)
    else await this.#save(genesis.value, head.value)
    if (isStopgap && owner !== undefined) await this.#renew(this.open(id), owner)
    return { id }
  }

  /** Whether this device may write the head that takes the place of one by a revoked device. A profile begins anew: what it said can be the thief's. */
  #mayRenew(genesis: DecodedGenesis, owner: ActingDevices | undefined, head?: SignedHead): boolean {
    if (!this.#isOwn(genesis) || owner?.acts(keyOf(this.#ground.identity.author), MAX_TIME) !== 'yes') return false
    return genesis.genesis.kind !== PROFILE_KIND || (head !== undefined && isByDevice(head, owner))
  }

  /** What another device of this owner changed comes together with what was changed here. */
  async #meet(known: OpenNamespace, theirs: SignedHead): Promise<void> {
    const { storage, identity } = this.#ground
    // Loaded where devices of one owner differ: seldom.
    const { metHead } = await import('./heads/met-head.ts')
    const met = await metHead(known, theirs, { storage, identity })
    const lost = met.lost.length === 0 ? known.lost : await (await import('./heads/lost-change.ts')).loseMore(storage, known.id, known.lost, met)
    if (met.head !== known.head) await this.#save(known.genesis, met.head, lost)
    else if (lost !== known.lost) await this.#show(known.genesis, known.head, known.ns, lost)
  }

  /** Gives a head of ours that lies in the future a right time. A newer head wins whatever its time, so it does not matter who has the one of the future. */
  async redateHead({ id, genesis }: OpenNamespace): Promise<boolean> {
    return this.#imports.take(async () => {
      const { clock, identity, latest } = this.#ground
      const { head } = this.open(id)
      if (head.head.at <= latest() || !this.#isOwn(genesis)) return false
      await this.#save(genesis, redatedHead(head, clock.next(0), identity))
      return true
    })
  }
}

function isOfPerson({ genesis }: DecodedGenesis): boolean {
  return genesis.owner.length === PERSON_BYTES
}

/** Whether a device that acts for the owner signed a head, of whatever epoch. */
function isByDevice({ head: { by, at } }: SignedHead, owner: ActingDevices): boolean {
  return owner.acts(keyOf(by), at) === 'yes'
}

function bytesOf({ genesis, head }: OpenNamespace): NamespaceBytes {
  return { genesis: genesis.bytes, head: head.bytes, signature: head.signature }
}
