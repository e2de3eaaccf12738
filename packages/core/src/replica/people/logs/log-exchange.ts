import { equalBytes, toHex } from '../../../model/bytes.ts'
import { decodeGenesis, type DecodedGenesis } from '../../../model/namespace/namespace.ts'
import type { Network } from '../../../model/network/network.ts'
import { keyOf, PERSON_BYTES, personOf } from '../../../model/people/author.ts'
import { decodeActs, type SignedAct } from '../../../model/people/act.ts'
import { decodePerson, type DecodedPerson } from '../../../model/people/person.ts'
import type { PersonState } from '../../../model/people/person-state.ts'
import { MAX_TIPS, MAX_TOLD_LOGS } from '../../limits.ts'
import type { StoredLog } from '../../../storage/logs/log-storage.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import type { ExportedActs, LearntActs, LogParcel, LogTips, LogWant, ReplicaLogs } from '../../types.ts'
import { Turns } from '../../turns.ts'
import { canAct, type EverDevice, type Founder, isFilled, type KnownSigners, ReigningKeys } from './can-act.ts'
import type { KnownActs } from './known-acts.ts'
import { type Logs, TAKING, tipsDigest } from './logs.ts'

const NONE: Uint8Array = new Uint8Array()

/** What the exchange of logs needs. */
export interface LogExchangeInit {
  readonly network: Network
  /** Hybrid time beyond which nothing that arrives is accepted, now. */
  readonly latest: () => number
  readonly logs: Logs
  readonly namespace: (id: string) => OpenNamespace | undefined
  /** What the log of a person says, who is known here. */
  readonly state: (person: Uint8Array) => Promise<PersonState | undefined>
  /** Whether the log of roles of a namespace names a person. */
  readonly isMember: (id: string, person: Uint8Array) => boolean
  /** Whether other threads may check signatures. */
  readonly aside: boolean
  /**
   * Called before acts are added to a log that namespaces, by their numbers, need already: what is stored of them has to be judged again, that of a person where it
   * is their log. `isLate` where the acts were added already.
   */
  readonly onChanging: (namespaces: readonly number[], person: Uint8Array | undefined, isLate: boolean) => Promise<void>
  /** Called when logs have changed that namespaces, by their numbers, need, or these need another one. */
  readonly onChanged: (namespaces: readonly number[]) => Promise<void>
}

/** What a log begins with. */
interface Founding {
  readonly founder: Founder
  /** Of a person. */
  readonly genesis: Uint8Array | undefined
}

/** Logs on their way from and to other peers. */
export class LogExchange implements ReplicaLogs {
  readonly #init: LogExchangeInit
  readonly #imports = new Turns()

  constructor(init: LogExchangeInit) {
    this.#init = init
  }

  async ownerLog(bytes: Uint8Array): Promise<LogTips | undefined> {
    const genesis = decodeGenesis(bytes, this.#init.network.cid)
    return genesis.ok && isOfPerson(genesis.value) ? this.#tips(genesis.value.genesis.owner) : undefined
  }

  async logsDigest(ns: string): Promise<Uint8Array | undefined> {
    const open = this.#init.namespace(ns)
    return open && this.#init.logs.digest(open.ns)
  }

  async logTips(ns: string, after: Uint8Array, limit: number): Promise<readonly LogTips[]> {
    const open = this.#init.namespace(ns)
    if (open === undefined) return []
    return this.#init.logs.after(open.ns, after, limit).map(({ log }) => this.#told(log))
  }

  /** What others are told of a log: all of its tips, or some and in place of the rest what says whether they are the same. */
  #told(log: Uint8Array): LogTips {
    const known = this.#init.logs.get(log)
    if (known === undefined || known.tips.length < MAX_TIPS) return { log, tips: known?.tips ?? [] }
    return { log, tips: [...known.tips.slice(0, MAX_TIPS - 1), tipsDigest(known)] }
  }

  #tips(log: Uint8Array): LogTips {
    return { log, tips: (this.#init.logs.get(log)?.tips ?? []).slice(0, MAX_TIPS) }
  }

  async missingLogs(ns: string, theirs: readonly LogTips[]): Promise<readonly LogTips[]> {
    const { logs, namespace } = this.#init
    const open = namespace(ns)
    const missing: LogTips[] = []
    for (const { log, tips } of theirs) {
      const known = open === undefined || logs.isNeeded(open.ns, log) ? logs.get(log) : undefined
      if (known === undefined || !(await this.#hasAll(known, tips))) missing.push(this.#tips(log))
    }
    return missing
  }

  async #hasAll(known: StoredLog, told: readonly Uint8Array[]): Promise<boolean> {
    if (told.length === 0) return true
    // Behind as many as are told there can be more, which a thief who adds to a log would have hide what revokes him: the last one says whether there are.
    if (told.length >= MAX_TIPS) return equalBytes(told.at(-1) ?? NONE, tipsDigest(known))
    const graph = await this.#init.logs.graph(known.log)
    return told.every((tip) => graph.get(tip) !== undefined)
  }

  async exportActs(ns: string, wants: readonly LogWant[], maxBytes: number, genesis?: Uint8Array): Promise<ExportedActs> {
    const { logs, namespace } = this.#init
    const open = namespace(ns)
    const owner = open === undefined ? this.#genesisOf(ns, genesis)?.genesis.owner : undefined
    const parcels: LogParcel[] = []
    let looked = 0
    const isNeeded = (log: Uint8Array): boolean => (open === undefined ? owner !== undefined && equalBytes(log, owner) : logs.isNeeded(open.ns, log))
    let left = maxBytes
    for (const { log, tips, skip } of wants) {
      const known = isNeeded(log) ? logs.get(log) : undefined
      if (known === undefined) continue
      if (left <= 0) return { logs: parcels, more: true, looked }
      const graph = await logs.graph(log)
      looked += graph.size
      const all = graph.after(tips)
      let end = skip
      for (; end < all.length && left > 0; end++) left -= actBytes(all[end])
      const person = tips.length === 0 && skip === 0 ? known.genesis : undefined
      left -= (person?.length ?? 0) + PERSON_BYTES
      parcels.push({ log, ...(person && { genesis: person }), acts: all.slice(skip, end).map(({ bytes, signature }) => ({ bytes, signature })) })
      if (end < all.length) return { logs: parcels, more: true, looked }
    }
    return { logs: parcels, more: false, looked }
  }

  /** One import at a time: each adds to what the one before has left. */
  importActs(ns: string, parcels: readonly LogParcel[], genesis?: Uint8Array): Promise<LearntActs> {
    return this.#imports.take(async () => {
      let [stored, refused, looked] = [0, 0, 0]
      for (const parcel of parcels) {
        const learnt = await this.#import(ns, parcel, genesis)
        stored += learnt.stored
        refused += learnt.refused
        looked += learnt.looked
      }
      return { stored, refused, looked }
    })
  }

  /** Adds acts to the log of a person that is here, whichever namespace needs it. */
  addActs({ log, acts }: Pick<LogParcel, 'log' | 'acts'>): Promise<LearntActs> {
    return this.#imports.take(async () => {
      const person = readPerson(this.#init.logs.get(log)?.genesis, log)
      if (person === undefined) return { stored: 0, refused: acts.length, looked: 0 }
      return this.#add({ log, acts }, { founder: person.genesis, genesis: person.bytes, isNew: false })
    })
  }

  /** Adds acts to the log of any person; with `neededBy`, it is kept from now on. */
  learn({ log, genesis, acts }: LogParcel, neededBy: number | undefined): Promise<LearntActs> {
    return this.#imports.take(async () => {
      const { logs } = this.#init
      const known = logs.get(log)
      const person = readPerson(known?.genesis ?? genesis, log)
      if (person === undefined) return { stored: 0, refused: acts.length + 1, looked: 0 }
      const isNew = known === undefined || (neededBy !== undefined && !logs.isNeeded(neededBy, log))
      return this.#add({ log, acts }, { founder: person.genesis, genesis: person.bytes, isNew, neededBy })
    })
  }

  /** Takes acts away that were signed here and that nobody else has, and judges again what they had said. */
  withdraw(log: Uint8Array, hashes: readonly Uint8Array[]): Promise<void> {
    return this.#imports.take(async () => {
      const { logs, onChanging, onChanged } = this.#init
      const known = logs.get(log)
      if (known === undefined) return
      await onChanging(logs.namedIn(log), known.genesis === undefined ? undefined : log, false)
      await onChanged(await logs.dropActs(log, hashes))
    })
  }

  async #import(ns: string, { log, genesis: personBytes, acts }: LogParcel, genesis: Uint8Array | undefined): Promise<LearntActs> {
    const { logs, namespace } = this.#init
    const open = namespace(ns)
    const place = open?.genesis ?? this.#genesisOf(ns, genesis)
    const nothing: LearntActs = { stored: 0, refused: acts.length + 1, looked: 0 }
    if (place === undefined || !mayNeed(place, log, open !== undefined)) return nothing
    const known = logs.get(log)
    const isRoles = equalBytes(log, place.cid.multihash.digest)
    const person = isRoles ? undefined : readPerson(known?.genesis ?? personBytes, log)
    if (!isRoles && person === undefined) return nothing
    const isNew = open === undefined ? known === undefined : !logs.isNeeded(open.ns, log)
    const founder = person?.genesis ?? { owner: place.genesis.owner }
    const isNamed = isRoles || equalBytes(log, place.genesis.owner) || this.#init.isMember(ns, log)
    // Whom nothing here names can be told of by anybody, without end. Of those for whom there is no room there is one record at most to wait for.
    const hasNoRoom = isNew && open !== undefined && !isNamed && logs.toldIn(open.ns) >= MAX_TOLD_LOGS
    if (hasNoRoom) return this.#add({ log, acts }, { founder, genesis: person?.bytes, isNew: known === undefined })
    return this.#add({ log, acts }, { founder, genesis: person?.bytes, isNew, neededBy: open?.ns, isTold: !isNamed })
  }

  async #add(
    { log, acts }: Pick<LogParcel, 'log' | 'acts'>,
    {
      founder,
      genesis,
      isNew,
      neededBy,
      isTold = false,
    }: Founding & {
      readonly isNew: boolean
      readonly neededBy?: number | undefined
      readonly isTold?: boolean
    },
  ): Promise<LearntActs> {
    const { logs, onChanging, onChanged, latest, aside } = this.#init
    const added: SignedAct[] = []
    let refused = 0
    const read = await decodeActs(acts, { aside })
    const grown = (await logs.graph(log)).draft()
    const signers = await this.#signers(
      { log, founder, acts: grown.size + read.length },
      read.flatMap((act) => (act.ok ? [act.value] : [])),
    )
    for (const act of read) {
      if (!act.ok || !equalBytes(act.value.act.log.multihash.digest, log) || act.value.act.at > latest()) refused++
      else if (grown.get(act.value.hash) === undefined) {
        if (canAct(act.value, grown, founder, signers)) {
          grown.add(act.value)
          signers.reigning?.note(act.value)
          added.push(act.value)
        } else refused++
      }
    }
    if (added.length === 0 && !isNew) return { stored: 0, refused, looked: 0 }
    // What is stored is judged again where it can be by this person, and where something can be void now: else a stranger had all looked at by one label more.
    const isTaking = added.some(({ act }) => TAKING.has(act.do.type))
    const person = genesis === undefined ? undefined : log
    const judged = isTaking ? logs.namedIn(log) : []
    await onChanging(judged, person, false)
    // Who takes the log of roles from here judges it by those of whoever acts in it.
    if (neededBy !== undefined && 'owner' in founder) await this.#needSigners(neededBy, added)
    const looked = grown.size
    const concerned = await logs.add({ log, genesis, neededBy, isTold }, added)
    // Where somebody wrote meanwhile whose log nothing needed there until then.
    const late = isTaking ? logs.namedIn(log).filter((ns) => !judged.includes(ns)) : []
    if (late.length > 0) await onChanging(late, person, true)
    await onChanged(concerned)
    return { stored: added.length + Number(isNew), refused, looked }
  }

  /** Whether a log has no room for acts, one after another: nothing may be done for some that will not be taken. `owner` is that of the namespace whose roles they say. */
  async isFullFor(acts: readonly SignedAct[], owner?: Uint8Array): Promise<boolean> {
    const [first] = acts
    if (first === undefined) return false
    const log = first.act.log.multihash.digest
    const graph = await this.#init.logs.graph(log)
    const added = acts.filter(({ hash }) => graph.get(hash) === undefined)
    const most = graph.size + added.length - 1
    if (added.length === 0 || !isFilled(most)) return false
    const founder = owner === undefined ? readPerson(this.#init.logs.get(log)?.genesis, log)?.genesis : { owner }
    if (founder === undefined) return true
    const signers = await this.#signers({ log, founder, acts: most }, added)
    const grown = graph.draft()
    for (const act of added) {
      if (!canAct(act, grown, founder, signers)) return true
      grown.add(act)
    }
    return false
  }

  /** What is known of who signs acts. */
  async #signers(
    { log, founder, acts }: { readonly log: Uint8Array; readonly founder: Founder; readonly acts: number },
    added: readonly SignedAct[],
  ): Promise<KnownSigners> {
    if ('owner' in founder) return this.#everDevices(added.flatMap(({ act }) => personOf(act.by) ?? []))
    const state = isFilled(acts) ? await this.#init.state(log) : undefined
    return { reigning: state && new ReigningKeys(state) }
  }

  /** Tells devices of these persons, as far as they are known, from other keys. */
  async #everDevices(persons: readonly Uint8Array[]): Promise<KnownSigners> {
    const { logs } = this.#init
    const known = new Map<string, { readonly first: Uint8Array; readonly graph: KnownActs }>()
    for (const digest of persons) {
      const person = known.has(toHex(digest)) ? undefined : readPerson(logs.get(digest)?.genesis, digest)
      if (person === undefined) continue
      known.set(toHex(digest), { first: person.genesis.device, graph: await logs.graph(digest) })
    }
    const asked =
      (isIt: (key: Uint8Array, first: Uint8Array, graph: KnownActs) => boolean): EverDevice =>
      (by) => {
        const { first, graph } = known.get(toHex(personOf(by) ?? by)) ?? {}
        return first !== undefined && graph !== undefined && isIt(keyOf(by), first, graph)
      }
    return {
      isDevice: asked((key, first, graph) => equalBytes(key, first) || graph.addsDevice(key)),
      isLetInByRecovery: asked((key, first, graph) => graph.isLetInByRecovery(key, first)),
    }
  }

  async #needSigners(ns: number, acts: readonly SignedAct[]): Promise<void> {
    const { logs } = this.#init
    for (const { act } of acts) {
      const known = logs.get(personOf(act.by) ?? act.by)
      if (known !== undefined) await logs.add({ ...known, neededBy: ns }, [])
    }
  }

  #genesisOf(ns: string, bytes: Uint8Array | undefined): DecodedGenesis | undefined {
    const genesis = bytes && decodeGenesis(bytes, this.#init.network.cid)
    return genesis?.ok === true && genesis.value.cid.toString() === ns ? genesis.value : undefined
  }
}

function isOfPerson({ genesis }: DecodedGenesis): boolean {
  return genesis.owner.length === PERSON_BYTES
}

/** Whether a namespace can need a log. Of one that is not here yet the owner's alone is let in. */
function mayNeed({ genesis, cid }: DecodedGenesis, log: Uint8Array, isHere: boolean): boolean {
  if (equalBytes(log, genesis.owner)) return true
  if (!isHere || genesis.write === 'owner') return false
  return genesis.write === 'members' || !equalBytes(log, cid.multihash.digest)
}

function readPerson(bytes: Uint8Array | undefined, log: Uint8Array): DecodedPerson | undefined {
  const person = bytes && decodePerson(bytes)
  return person?.ok === true && equalBytes(person.value.digest, log) ? person.value : undefined
}

function actBytes(act: SignedAct | undefined): number {
  return act === undefined ? 0 : act.bytes.length + act.signature.length + 8
}
