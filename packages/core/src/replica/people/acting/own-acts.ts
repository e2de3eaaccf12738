import { sha256 } from '#crypto'
import { DocstoreError, errorCode } from '../../../errors.ts'
import { compareBytes, equalBytes, toHex, utf8 } from '../../../model/bytes.ts'
import { BytesMap } from '../../../model/bytes-map.ts'
import { MAX_ACT_PARENTS, MAX_LOG_ACTS } from '../../../model/limits.ts'
import { MAX_TIME, msFromTime, timeFromMs } from '../../../model/clock.ts'
import { cidOf, DAG_CBOR } from '../../../model/encoding/cid.ts'
import type { ActContent, PersonAct, RoleAct } from '../../../model/people/act-content.ts'
import { decodeActs, signAct, signDevice, type SignedAct, storedAct } from '../../../model/people/act.ts'
import { identityFor, keyOf, personOf, principalOf } from '../../../model/people/author.ts'
import type { ActingDevices } from '../../../model/namespace/namespace.ts'
import { decodePerson, keyCommitment } from '../../../model/people/person.ts'
import { grownPersonState, personState, type PersonState } from '../../../model/people/person-state.ts'
import { parentsWithout } from '../../../model/people/undoing.ts'
import type { RolesState } from '../../../model/people/roles-state.ts'
import type { ReplicaGround } from '../../ground.ts'
import { UNDONE_MS } from '../../limits.ts'
import type { LogParcel, MemberFacts, PersonFacts, PersonLog, ReplicaPeople } from '../../types.ts'
import { Turns } from '../../turns.ts'
import { type Identity, identityFromSeed } from '../../../model/keys/identity.ts'
import type { Namespaces } from '../../namespaces.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import { canAct, isFilled } from '../logs/can-act.ts'
import { KnownActs } from '../logs/known-acts.ts'
import { saidAgain, settledActs, withdrawableActs } from './acts-ahead.ts'
import { ACTED, newestActed } from './newest-acted.ts'
import { hideSeed, showSeed } from '../choosing/hidden-seed.ts'
import type { People } from '../people.ts'
import type { PersonLookup } from '../finding/person-lookup.ts'
import { RECOVERY } from '../person-meta.ts'
import { principalId } from '../principal-id.ts'

interface OwnActsInit {
  readonly namespaces: Namespaces
  /** That of the identity. */
  readonly seed: Uint8Array
  /** See `LocalReplicaInit`. */
  readonly onPerson?: (() => Promise<void>) | undefined
}

/** The log of a person, and what it says, for who adds to it. */
interface SettledLog {
  readonly acts: readonly SignedAct[]
  readonly state: PersonState
}

/** A log in which this device can have acted. */
interface ActedIn {
  readonly log: Uint8Array
  readonly acts: readonly SignedAct[]
  /** Does once more what an act did; resolves with whether it could. */
  readonly sign: (content: ActContent) => Promise<boolean>
}

/** Devices that end: what the log of their person says before and afterwards. */
interface EndedDevices {
  readonly before: PersonState
  readonly after: PersonState
  /** By key, the time up to which what each did is done once more. */
  readonly ended: BytesMap<number>
}

/** What is done here to the logs in which this key acts. */
export class OwnActs implements Omit<ReplicaPeople, keyof PersonLookup | 'learnPerson' | 'devicesOf' | 'personsOfKey' | 'namespaceHistory'> {
  readonly #ground: ReplicaGround
  readonly #people: People
  readonly #namespaces: Namespaces
  readonly #seed: Uint8Array
  readonly #onPerson: () => Promise<void>
  readonly #turns = new Turns()

  constructor(ground: ReplicaGround, people: People, { namespaces, seed, onPerson }: OwnActsInit) {
    this.#seed = seed
    this.#onPerson = onPerson ?? (async () => undefined)
    this.#namespaces = namespaces
    this.#ground = ground
    this.#people = people
  }

  async cutTime(): Promise<number> {
    const { clock, latest, newest, storage, identity } = this.#ground
    const now = clock.wall()
    let last = now
    if (newest.time <= now) return last
    // That is a bound, which can lie a minute beyond all that is here: who is ended now would act for that long.
    for (const { ns, id } of this.#namespaces.all()) {
      last = Math.max(last, this.#namespaces.open(id).head.head.at)
      if ((await storage.times(ns)).newest > last) last = Math.max(last, (await storage.future(ns, now, identity.author)).last)
    }
    return Math.min(last, latest())
  }

  async person(): Promise<PersonLog | undefined> {
    const person = personOf(this.#ground.identity.author)
    const known = person && this.#people.logs.get(person)
    if (known === undefined) return undefined
    // What lies ahead nobody takes, nor what follows it.
    const acts = settledActs((await this.#people.logs.graph(known.log)).acts, (act) => this.#isAhead(act))
    const log: LogParcel = {
      log: known.log,
      ...(known.genesis && { genesis: known.genesis }),
      acts: acts.map(({ bytes, signature }) => ({ bytes, signature })),
    }
    return { id: cidOf(DAG_CBOR, known.log).toString(), log }
  }

  async personFacts(): Promise<PersonFacts | undefined> {
    const digest = personOf(this.#ground.identity.author)
    const state = digest && (await this.#people.state(digest))
    if (digest === undefined || state === undefined) return undefined
    const { acts } = await this.#people.logs.graph(digest)
    const { devices, epoch, recovery, proposed, parents } = state
    const newest = acts.reduce((at, { act }) => Math.max(at, act.at), 0)
    const revocations = acts.flatMap(({ hash, act: { by, do: content } }) => {
      if (content.type !== 'revoke' || !state.standing.has(toHex(hash))) return []
      return [{ key: content.key, by: keyOf(by), until: content.until, isVoid: content.void === true }]
    })
    return { id: cidOf(DAG_CBOR, digest).toString(), digest, devices, epoch, recovery, proposed, parents, newest, revocations }
  }

  async becomeDevice(log: LogParcel): Promise<void> {
    await this.#turns.take(async () => {
      const { storage, identity } = this.#ground
      const key = identityOfKey(identity)
      const { choosePerson } = await import('../choosing/choose-person.ts')
      const person = await choosePerson(storage, { identity: key, seed: this.#seed }, { log })
      if (person === undefined)
        throw new DocstoreError('not-allowed', 'This data has documents that its own key wrote. Join the person with new data')
      // The words of the person before are those of somebody who has nothing.
      await storage.setMeta(RECOVERY, undefined)
      await this.#people.logs.reload()
      this.#ground.identity = identityFor(person, key)
      await this.#onPerson()
    })
  }

  async recoverySeed(): Promise<Uint8Array | undefined> {
    const hidden = await this.#ground.storage.getMeta(RECOVERY)
    const seed = hidden && showSeed(hidden, this.#seed)
    const { recovery, proposed } = (await this.personFacts()) ?? {}
    if (seed === undefined || recovery === undefined) return undefined
    const key = identityFromSeed(seed)
    const commitment = keyCommitment(key.author)
    if (equalBytes(recovery, commitment)) return seed
    if (proposed?.some((one) => equalBytes(one, commitment)) !== true) return undefined
    await this.#act({ type: 'confirm' }, key)
    await this.#witness()
    return seed
  }

  async restorePerson({ log, genesis, acts }: LogParcel, { seed, label }: { readonly seed: Uint8Array; readonly label: string }): Promise<void> {
    const person = genesis && decodePerson(genesis)
    if (person?.ok !== true) throw new DocstoreError('bad-person', 'The log of the person does not begin as a person does')
    // What a relay adds that has no place there keeps nobody from coming back.
    const graph = new KnownActs()
    for (const act of await decodeActs(acts)) {
      if (!act.ok || !equalBytes(act.value.act.log.multihash.digest, log) || graph.get(act.value.hash) !== undefined) continue
      if (canAct(act.value, graph, person.value.genesis)) graph.add(act.value)
    }
    const read = graph.acts
    const state = personState(person.value, read)
    const key = recoveryOf(seed, state)
    const device = identityOfKey(this.#ground.identity)
    const cid = cidOf(DAG_CBOR, person.value.digest)
    const all: LogParcel['acts'][number][] = read.map(({ bytes, signature }) => ({ bytes, signature }))
    // Added before, where this is done once more after it was ended in the middle.
    if (!state.devices.some((one) => equalBytes(one.key, device.author))) {
      const at = this.#ground.clock.next(read.reduce((newest, { act }) => Math.max(newest, act.at), 0))
      const content: ActContent = { type: 'add', key: device.author, label, proof: signDevice(cid, device) }
      // Behind nothing that a thief may have done: so the device can speak of all that.
      all.push(signAct({ log: cid, parents: proofOf(state, read), at, do: content }, key))
    }
    await this.becomeDevice({ log, ...(genesis && { genesis }), acts: all })
  }

  async actAsRecovery(seed: Uint8Array, content: ActContent): Promise<void> {
    const facts = await this.personFacts()
    if (facts === undefined) throw noPerson()
    await this.#act(content, recoveryOf(seed, facts))
  }

  async rotateRecovery({ seed, next }: { readonly seed: Uint8Array; readonly next: Uint8Array }): Promise<void> {
    const facts = await this.personFacts()
    if (facts === undefined) throw noPerson()
    const key = recoveryOf(seed, facts)
    const after = identityFromSeed(next)
    if ((await this.#people.logs.graph(facts.digest)).size > MAX_LOG_ACTS - 2)
      throw new DocstoreError('not-allowed', `Nothing was changed: ${FULL_LOG}`)
    // Until this is there the other one holds, which may lie here alone; from then on who finds the next one here goes on with it.
    await this.#act({ type: 'rotate', next: keyCommitment(after.author) }, key)
    await this.keepRecoverySeed(next)
    await this.#act({ type: 'confirm' }, after)
    await this.#witness()
  }

  /** This device says what it is called behind a rotation: who has only the words of before cannot pass off another one as that. */
  async #witness(): Promise<void> {
    const key = keyOf(this.#ground.identity.author)
    const facts = await this.personFacts()
    const device = facts?.devices.find((one) => equalBytes(one.key, key))
    if (device === undefined || device.until !== undefined) return
    try {
      await this.changePerson({ type: 'label', key, label: device.label })
    } catch (error) {
      // In a log that takes nothing of devices any more. The rotation holds all the same.
      if (errorCode(error) !== 'not-allowed') throw error
    }
  }

  /** Adds an act that a recovery key signs to the log of this person. */
  async #act(content: ActContent, key: Identity): Promise<void> {
    const log = this.#own()
    const { acts, state } = await this.#settled(log)
    // Where somebody fills a log, others may have come to have other acts of it: what would follow these has no place there.
    const parents = isFilled(acts.length) ? chiefParents(acts, state) : this.#parentsFor({ acts, state }, content, proofOf(state, acts))
    // Nothing is judged by it, and by no clock it cannot lie ahead: else what the words do waits for that time, and takes away then what they did since. The key is not here to do it anew.
    const signed = signAct({ log: cidOf(DAG_CBOR, log), parents, at: newestOf(acts) + 1, do: content }, key)
    await this.#assertRoom(signed)
    await this.#assertAdoptable(signed)
    await this.addToPerson([{ bytes: signed.bytes, signature: signed.signature }])
  }

  /** Of which acts the one that does this says that it knew them. */
  #parentsFor({ acts, state }: SettledLog, content: ActContent, needed: readonly Uint8Array[]): readonly Uint8Array[] {
    const own = keyOf(this.#ground.identity.author)
    if (content.type !== 'revoke' || content.void !== true || equalBytes(content.key, own)) return state.parents
    const since = timeFromMs(Math.max(0, msFromTime(this.#ground.clock.wall()) - UNDONE_MS))
    return parentsWithout(acts, state.standing, { key: content.key, own, since, needed })
  }

  /** Nobody else may have what would be void: a device that does not act, and would not then, cannot write it again. */
  async #assertAdoptable(signed: SignedAct): Promise<void> {
    const own = keyOf(this.#ground.identity.author)
    const { do: change } = signed.act
    if (change.type !== 'revoke' || change.void !== true || equalBytes(change.key, own)) return
    if (isActing(await this.#stateAfter(signed), own)) return
    throw new DocstoreError(
      'not-allowed',
      'This device is revoked itself, and what the other one wrote would be lost. Restore the person from the words in a new folder, and revoke it there',
    )
  }

  async keepRecoverySeed(seed: Uint8Array | undefined): Promise<void> {
    await this.#ground.storage.setMeta(RECOVERY, seed && hideSeed(seed, this.#seed))
    // What it was must not stay on the disk.
    if (seed === undefined) await this.#ground.storage.scrub()
    await this.#onPerson()
  }

  async changePerson(change: PersonAct): Promise<void> {
    await this.#turns.take(() => this.#changePerson(change))
  }

  async #changePerson(change: PersonAct): Promise<void> {
    const log = this.#own()
    const { acts, state } = await this.#settled(log)
    const { identity, clock } = this.#ground
    const key = identityOfKey(identity)
    const via = state.devices.find((device) => equalBytes(device.key, key.author))?.via
    const at = clock.next(newestOf(acts, state.parents))
    const parents = this.#parentsFor({ acts, state }, change, via === undefined ? [] : [via])
    const act = signAct({ log: cidOf(DAG_CBOR, log), parents, at, do: change, ...(via === undefined ? {} : { via }) }, key)
    await this.#assertRoom(act)
    const after = grownPersonState(state, act) ?? this.#people.stateOf(log, [...acts, act])
    // Before anything is written: what would not count must not look as if it had been done.
    if (after?.standing.has(toHex(act.hash)) !== true)
      throw new DocstoreError(
        'not-allowed',
        'This device was revoked: it changes nothing of the person any more. Use another one, or the recovery words',
      )
    const later = await this.#adopt(act, after)
    await this.#noteActed(at)
    const { refused } = await this.#people.exchange.addActs({ log, acts: [act] })
    if (refused > 0) throw new DocstoreError('not-allowed', `This device cannot change the person now: ${cannotAdd('the person')}`)
    await later?.()
    await this.#renewHeads(log)
    await this.#onPerson()
  }

  async changeRoles(id: string, ...changes: readonly RoleAct[]): Promise<void> {
    await this.#turns.take(() => this.#changeRoles(this.#namespaces.open(id), changes))
  }

  async #changeRoles(open: OpenNamespace, changes: readonly RoleAct[]): Promise<void> {
    const { identity } = this.#ground
    const { title } = open.head.head.body
    if (open.scope.write !== 'members') throw new DocstoreError('unsupported-policy', `"${title}" has no roles: its write policy is not members`)
    await this.#people.need(open, [identity.author])
    const log = open.genesis.cid
    let { acts, roles } = await this.#settledRoles(open)
    const signed: SignedAct[] = []
    for (const change of changes) {
      const act = this.#signRoleAct(open, { acts, roles }, change)
      const after = (await this.#people.grownRoles(roles, act)) ?? (await this.#people.rolesOf(open, [...acts, act]))
      if (!after.standing.has(toHex(act.hash))) throw wouldNotCount(change, title)
      signed.push(act)
      acts = [...acts, act]
      roles = after
    }
    if (await this.#people.exchange.isFullFor(signed, open.genesis.genesis.owner))
      throw new DocstoreError('not-allowed', `Nothing was changed in "${title}": ${FULL_LOG}`)
    await this.#noteActed(newestOf(signed))
    const { refused } = await this.#people.exchange.importActs(open.id, [{ log: log.multihash.digest, acts: signed }])
    if (refused > 0) throw new DocstoreError('not-allowed', `Nothing was changed in "${title}": ${cannotAdd('the namespace')}`)
  }

  /** An act of roles behind those that are known, by the role that allows it. Throws `not-allowed`. */
  #signRoleAct(
    open: OpenNamespace,
    { acts, roles }: { readonly acts: readonly SignedAct[]; readonly roles: RolesState },
    change: RoleAct,
  ): SignedAct {
    const { identity, clock } = this.#ground
    const at = clock.next(newestOf(acts, roles.parents))
    const place = change.type === 'remove' ? 'moderate' : 'manage'
    const isOwner = equalBytes(principalOf(identity.author), open.genesis.genesis.owner)
    const held = roles.members.find(({ who }) => equalBytes(who, principalOf(identity.author)))?.roles ?? []
    const via = isOwner
      ? undefined
      : held.find((one) => one.void !== true && (one.role === place || one.role === 'manage') && at >= one.from && at <= (one.until ?? at))?.via
    if (!isOwner && via === undefined) throw new DocstoreError('not-allowed', `You cannot change who may what in "${open.head.head.body.title}"`)
    return signAct({ log: open.genesis.cid, parents: roles.parents, at, do: change, ...(via === undefined ? {} : { via }) }, identity)
  }

  /** The log of this person, for who adds to it: without what lies ahead of everybody, of this device or of a recovery key. */
  async #settled(log: Uint8Array): Promise<SettledLog> {
    const [{ acts }, state] = [await this.#people.logs.graph(log), await this.#people.state(log)]
    if (state === undefined) throw noPerson()
    const isDevice = (key: Uint8Array): boolean => state.devices.some((one) => equalBytes(one.key, key))
    const settled = settledActs(acts, (act) => this.#isAhead(act) && (this.#isOwnKey(act) || !isDevice(keyOf(act.act.by))))
    return settled.length === acts.length ? { acts, state } : { acts: settled, state: this.#people.stateOf(log, settled) ?? state }
  }

  /** The same of the log of roles of a namespace. */
  async #settledRoles(open: OpenNamespace): Promise<{ readonly acts: readonly SignedAct[]; readonly roles: RolesState }> {
    const { acts } = await this.#people.logs.graph(open.genesis.cid.multihash.digest)
    const settled = settledActs(acts, (act) => this.#isAhead(act) && this.#isOwnKey(act))
    const roles = settled.length === acts.length ? await this.#people.roles(open) : undefined
    return { acts: settled, roles: roles ?? (await this.#people.rolesOf(open, settled)) }
  }

  #isAhead({ act: { at } }: SignedAct): boolean {
    return at > this.#ground.latest()
  }

  #isOwnKey({ act: { by } }: SignedAct): boolean {
    return equalBytes(keyOf(by), keyOf(this.#ground.identity.author))
  }

  /** Before an act is added: how far those of this device reach, so that it costs nothing to know that none lies ahead. */
  async #noteActed(at: number): Promise<void> {
    const { storage } = this.#ground
    if (at > (await newestActed(storage))) await storage.setMeta(ACTED, utf8(String(at)))
  }

  async redateActs(): Promise<number> {
    return this.#turns.take(async () => {
      let redated = 0
      for (const { acts, log, sign } of await this.#logsActedIn()) {
        const ahead = withdrawableActs(acts, (act) => this.#isAhead(act) && this.#isOwnKey(act))
        // First what takes their place: whoever is ended here does both once more.
        let done = 0
        for (const one of ahead) done += Number(saidAgain(one, acts, (act) => this.#isOwnKey(act) && !this.#isAhead(act)) || (await sign(one.act.do)))
        const hashes = ahead.map(({ hash }) => hash)
        // What follows another one would have no place without it.
        if (done > 0 && done === ahead.length) await this.#people.exchange.withdraw(log, hashes)
        redated += done
      }
      await this.#ground.storage.setMeta(ACTED, utf8(String(this.#ground.clock.wall())))
      if (redated > 0) await this.#onPerson()
      return redated
    })
  }

  /** The logs in which this device can have acted, and how it does so: whether it could. */
  async #logsActedIn(): Promise<readonly ActedIn[]> {
    const { logs } = this.#people
    const person = personOf(this.#ground.identity.author)
    const again = async (work: () => Promise<void>): Promise<boolean> => {
      try {
        await work()
        return true
      } catch (error) {
        // The right to it was taken away meanwhile.
        if (errorCode(error) !== 'not-allowed') throw error
        return false
      }
    }
    const now = this.#ground.clock.wall()
    const all: ActedIn[] = []
    if (person !== undefined && logs.get(person) !== undefined) {
      const { acts } = await logs.graph(person)
      const sign = async (content: ActContent): Promise<boolean> =>
        isPersonAct(content) && again(() => this.#changePerson(redatedPersonAct(content, now)))
      all.push({ log: person, acts: [...acts], sign })
    }
    for (const open of this.#namespaces.all()) {
      const log = open.genesis.cid.multihash.digest
      if (open.scope.write !== 'members' || logs.get(log) === undefined) continue
      const { acts } = await logs.graph(log)
      const sign = async (content: ActContent): Promise<boolean> =>
        isRoleAct(content) && again(() => this.#changeRoles(open, [redatedRoleAct(content, now)]))
      all.push({ log, acts: [...acts], sign })
    }
    return all
  }

  async members(id: string): Promise<readonly MemberFacts[]> {
    const roles = await this.#people.roles(this.#namespaces.open(id))
    return (roles?.members ?? []).flatMap(({ who, roles }) =>
      roles.map(({ role, from, until, void: isVoid, collection }) => ({
        who: principalId(who),
        role,
        from,
        ...(until === undefined ? {} : { until }),
        ...(isVoid === true ? { void: isVoid } : {}),
        ...(collection === undefined ? {} : { collection }),
      })),
    )
  }

  async addToPerson(acts: LogParcel['acts']): Promise<void> {
    await this.#turns.take(async () => {
      const log = this.#own()
      for (const { bytes, signature } of acts) {
        const act = storedAct(bytes, signature)
        // A device that acts again once this is there writes it before: all of that is void then.
        const isRevocation = act.ok && act.value.act.do.type === 'revoke'
        if (act.ok && equalBytes(act.value.act.log.multihash.digest, log)) await this.#assertRoom(act.value)
        const later = isRevocation ? await this.#adopt(act.value, await this.#stateAfter(act.value)) : undefined
        // In another network of this data, under a clock that was not right.
        if (act.ok && this.#isOwnKey(act.value)) await this.#noteActed(act.value.act.at)
        const { refused } = await this.#people.exchange.addActs({ log, acts: [{ bytes, signature }] })
        if (refused > 0)
          throw new DocstoreError('bad-person', 'An act cannot be read, is by nobody who acts for the person, or comes before what it follows')
        await later?.()
      }
      await this.#renewHeads(log)
      await this.#onPerson()
    })
  }

  /**
   * Before all that devices signed becomes void, what is here of it is written again, where this one acts then: of the device that is revoked up to that time, and of those that end with it,
   * because it let them in behind what is undone; and so is what they said of roles. Where this one does not act before, resolves with how to do that then.
   */
  async #adopt({ act: { do: change } }: SignedAct, after: PersonState): Promise<(() => Promise<void>) | undefined> {
    const own = keyOf(this.#ground.identity.author)
    const before = change.type === 'revoke' && isActing(after, own) ? await this.#people.state(this.#own()) : undefined
    if (change.type !== 'revoke' || before === undefined) return undefined
    const left = new BytesMap(after.devices.map((device) => [device.key, device.void !== true]))
    const gone = before.devices.filter((one) => one.void !== true && !equalBytes(one.key, own) && left.get(one.key) !== true)
    // What was let in after the cut, by the one that is ended, is a thief's as what that one did itself.
    const adopted = gone.flatMap(({ key, until = MAX_TIME, from }) =>
      equalBytes(key, change.key) ? [{ key, until: Math.min(until, change.until) }] : from > change.until ? [] : [{ key, until }],
    )
    // Said once more, of a device that was void: it can be known here since.
    if (change.void === true && !equalBytes(change.key, own) && !adopted.some(({ key }) => equalBytes(key, change.key))) adopted.push(change)
    if (adopted.length === 0) return undefined
    const { adoptRecords } = await import('./adopting.ts')
    for (const open of this.#namespaces.all()) await adoptRecords(this.#ground, open, adopted)
    const ended = new BytesMap(adopted.map(({ key, until }) => [key, until]))
    const wanted: (readonly [OpenNamespace, readonly RoleAct[]])[] = []
    for (const open of this.#namespaces.all())
      if (open.scope.write === 'members') wanted.push([open, await this.#rolesToSay(open, { before, after, ended })])
    const say = async (): Promise<void> => {
      for (const [open, acts] of wanted) for (const act of acts) await this.#sayRole(open, act)
    }
    if (!isActing(before, own)) return say
    await say()
    return undefined
  }

  /**
   * What devices that end have said of roles, as far as it counts, and is to be said once more. What they said after the cut is not: that is a thief's. Nor is what they took away of late: as what a
   * stolen device revoked of late, it can be one's. Where one has filled the log with it, nothing is.
   */
  async #rolesToSay(open: OpenNamespace, { before, after, ended }: EndedDevices): Promise<readonly RoleAct[]> {
    const digest = this.#own()
    const { acts } = await this.#people.logs.graph(open.genesis.cid.multihash.digest)
    const theirs = acts.filter(({ act: { by } }) => ended.has(keyOf(by)) && equalBytes(principalOf(by), digest))
    if (theirs.length === 0 || isFilled(acts.length)) return []
    const since = timeFromMs(Math.max(0, msFromTime(this.#ground.clock.wall()) - UNDONE_MS))
    const late = new Set(theirs.flatMap(({ act }) => (act.do.type !== 'grant' && act.at >= since ? [act.at] : [])))
    const isLeft = (key: Uint8Array, at: number): boolean => at > (ended.get(key) ?? at) || (ended.has(key) && late.has(at))
    const state: ActingDevices = { epoch: before.epoch, acts: (key, at) => (isLeft(key, at) ? 'revoked' : before.acts(key, at)) }
    const { adoptedRoles } = await import('./adopted-roles.ts')
    const isOwner = equalBytes(open.genesis.genesis.owner, digest)
    const said = await this.#people.rolesOf(open, acts, { digest, state })
    return adoptedRoles(said, await this.#people.rolesOf(open, acts, { digest, state: after }), { isOwner })
  }

  /**
   * Gives roles again that a device had given which another one ended with all that it signed, in a namespace that the other one may not have. Only those that counted here before that was
   * heard of, as `before` says: a thief can add to the log later, with any time. What the device took away stays undone here, or two who do this at once would end what the other one gives.
   */
  async giveRolesAgain(id: string, before: RolesState): Promise<void> {
    await this.#turns.take(async () => {
      const open = this.#namespaces.get(id)
      const digest = personOf(this.#ground.identity.author)
      const state = digest && (await this.#people.state(digest))
      if (open === undefined || digest === undefined || state === undefined || !isActing(state, keyOf(this.#ground.identity.author))) return
      const ended = new BytesMap(
        state.devices.flatMap(({ key, until, void: isVoid }) => (isVoid === true && until !== undefined ? [[key, until] as const] : [])),
      )
      const { acts } = await this.#people.logs.graph(open.genesis.cid.multihash.digest)
      const theirs = acts.filter(({ act: { by, at, do: content }, hash }) => {
        const isTheirs = content.type === 'grant' && equalBytes(principalOf(by), digest) && at <= (ended.get(keyOf(by)) ?? -1)
        return isTheirs && before.standing.has(toHex(hash))
      })
      if (theirs.length === 0 || isFilled(acts.length)) return
      const given = new Set(theirs.map(({ hash }) => toHex(hash)))
      const acting: ActingDevices = { epoch: state.epoch, acts: (key, at) => (at <= (ended.get(key) ?? -1) ? 'yes' : state.acts(key, at)) }
      const [was, is] = [await this.#people.rolesOf(open, acts, { digest, state: acting }), await this.#people.roles(open)]
      const held = new BytesMap((is?.members ?? []).map(({ who, roles }) => [who, roles]))
      const { grantsOf } = await import('./adopted-roles.ts')
      for (const { who, roles } of was.members) {
        const wanted = roles.filter(({ via }) => given.has(toHex(via)))
        for (const grant of grantsOf(who, wanted, held.get(who) ?? [])) await this.#sayRole(open, grant)
      }
    })
  }

  async #sayRole(open: OpenNamespace, act: RoleAct): Promise<void> {
    try {
      await this.#changeRoles(open, [act])
    } catch (error) {
      // Who manages no more, or never could give this role, keeps nothing else from being said.
      if (errorCode(error) !== 'not-allowed') throw error
    }
  }

  /** What the log of this person says once an act is there. */
  async #stateAfter(signed: SignedAct): Promise<PersonState> {
    const log = this.#own()
    const state = await this.#people.state(log)
    const { acts } = await this.#people.logs.graph(log)
    const after = (state && grownPersonState(state, signed)) ?? this.#people.stateOf(log, [...acts, signed])
    if (after === undefined) throw noPerson()
    return after
  }

  /** A thief's head, however high its number, loses to those of the new epoch. */
  async #renewHeads(log: Uint8Array): Promise<void> {
    const state = await this.#people.state(log)
    if (state === undefined || !isActing(state, keyOf(this.#ground.identity.author))) return
    for (const open of this.#namespaces.all()) await this.#namespaces.renewHead(open, state)
  }

  /** Before anything is done for an act that would not be taken. */
  async #assertRoom(act: SignedAct): Promise<void> {
    if (await this.#people.exchange.isFullFor([act])) throw new DocstoreError('not-allowed', `Nothing was changed: ${FULL_LOG}`)
  }

  #own(): Uint8Array {
    const person = personOf(this.#ground.identity.author)
    if (person === undefined) throw noPerson()
    return person
  }
}

/** What changes a person is signed by the key itself. */
function identityOfKey({ did, author, sign }: Identity): Identity {
  return { did, author: keyOf(author), sign }
}

/** The recovery key of a seed, where it is the one of now. */
function recoveryOf(seed: Uint8Array, { recovery }: Pick<PersonFacts, 'recovery'>): Identity {
  const key = identityFromSeed(seed)
  if (equalBytes(keyCommitment(key.author), recovery)) return key
  throw new DocstoreError(
    'unknown-words',
    'These are the words of another person, or others took their place. Take those that were written down last',
  )
}

/** Hash of the act by which the recovery key of now came, without which it says nothing; none where the genesis named it. */
function proofOf({ recovery, standing }: PersonState, acts: readonly SignedAct[]): readonly Uint8Array[] {
  return acts
    .filter(({ act, hash }) => act.do.type === 'confirm' && standing.has(toHex(hash)) && equalBytes(sha256(act.by), recovery))
    .map(({ hash }) => hash)
}

/** What a recovery key says of a log that somebody fills follows nothing but what it said itself: that has a place wherever it is. */
function chiefParents(acts: readonly SignedAct[], { recovery, standing }: PersonState): readonly Uint8Array[] {
  const own = acts.filter(({ act: { by, via }, hash }) => via === undefined && standing.has(toHex(hash)) && equalBytes(sha256(by), recovery))
  const followed = new Set(own.flatMap(({ act }) => act.parents.map(toHex)))
  const last = own.map(({ hash }) => hash).filter((hash) => !followed.has(toHex(hash)))
  return last.toSorted(compareBytes).slice(0, MAX_ACT_PARENTS)
}

function isActing(state: PersonState, key: Uint8Array): boolean {
  return state.acts(key, Number.MAX_SAFE_INTEGER) === 'yes'
}

function isPersonAct(content: ActContent): content is PersonAct {
  return content.type === 'add' || content.type === 'revoke' || content.type === 'label'
}

function isRoleAct(content: ActContent): content is RoleAct {
  return content.type === 'grant' || content.type === 'dismiss' || content.type === 'remove'
}

/** What an act says that was signed under a clock that was ahead, said now. */
function redatedPersonAct(content: PersonAct, now: number): PersonAct {
  return content.type === 'revoke' ? { ...content, until: Math.min(content.until, now) } : content
}

function redatedRoleAct(content: RoleAct, now: number): RoleAct {
  if (content.type === 'grant') return { ...content, from: Math.min(content.from, now) }
  return content.type === 'dismiss' ? { ...content, until: Math.min(content.until, now) } : content
}

/** The latest time of acts; of those with these hashes where some are given. */
function newestOf(acts: readonly SignedAct[], hashes?: readonly Uint8Array[]): number {
  const some = hashes && new Set(hashes.map(toHex))
  return acts.reduce((newest, { hash, act: { at } }) => (some === undefined || some.has(toHex(hash)) ? Math.max(newest, at) : newest), 0)
}

const FULL_LOG =
  'there are as many changes as there can be. Only the recovery words change a person then: revoke with them whoever made so many, or restore the person from them in a new folder'

function cannotAdd(whose: string): string {
  return `what it would follow lies ahead of the clock here, so set that right; or ${whose} has as many changes as there can be`
}

function wouldNotCount(change: RoleAct, title: string): DocstoreError {
  return new DocstoreError(
    'not-allowed',
    change.type === 'grant' && change.role === 'manage'
      ? `Only its owner lets others manage "${title}"`
      : `It would count for nobody: this device may not change who may what in "${title}" any more`,
  )
}

function noPerson(): DocstoreError {
  return new DocstoreError('no-person', 'This data signs for no person, but for its own key alone. Begin with new data for that')
}
