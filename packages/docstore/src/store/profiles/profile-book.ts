import {
  authorOfDid,
  cidOfBytes,
  DAG_CBOR,
  DocstoreError,
  errorCode,
  isDisplayName,
  type LogParcel,
  MAX_PICTURE_BYTES,
  type NamespaceInfo,
  parseCid,
  PROFILE_KIND,
  profileIdOf,
  type ProfileFacts,
  RAW,
  type Replica,
} from '@p2p-docstore/core'
import { delay } from '../../network/timing/index.ts'
import type { Network } from '../../network/types.ts'
import type { FileSource } from '../files/index.ts'
import type { Namespace } from '../namespace.ts'
import { CONTACTS, readContacts, setField } from './contacts.ts'
import { DYNAMIC, readDynamic, setLinks, setStatus } from './dynamic-part.ts'
import { type Heard, HeardProfiles } from './heard-profiles.ts'
import { MAX_ASKED, MAX_LIVE, MAX_PICTURES, MAX_PROFILE_RECORDS, MAX_SEEN_LOG_BYTES, TIMEOUT_MS } from './limits.ts'
import { lookOf } from './look-alike.ts'
import type { Contact, DynamicProfile, KnownPerson, Profile } from './types.ts'

/** What can be set of one's own profile. */
export interface ProfileValues {
  readonly name: string | null
  readonly about: string | null
  readonly username: string | null
  readonly picture: FileSource | null
  readonly status: string | null
  readonly links: Readonly<Record<string, string | null>>
}

/** What a book of profiles stands on. */
export interface ProfileBookInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly info: () => { readonly identity: string; readonly network: { readonly id: string } }
  readonly open: (id: string) => Promise<Namespace>
  /** The id of the person who is called `@alice` or `alice@example.org`. */
  readonly personOf: (who: string, options: { readonly timeoutMs?: number }) => Promise<string>
  readonly closing: AbortSignal
  readonly now?: () => number
}

const NOBODY: Contact = { follow: false, block: false, petname: undefined }
const TEXT_FIELDS = ['name', 'about', 'username'] as const

/** Who is who in a network: this identity's own profile, what it wrote about others, and what was heard of them. */
export class ProfileBook {
  readonly #init: ProfileBookInit
  readonly #me: string
  readonly #own: Namespace
  readonly #heard: HeardProfiles
  readonly #now: () => number
  readonly #listeners = new Set<(people: readonly string[]) => void>()
  #contacts: ReadonlyMap<string, Contact> = new Map()
  /** Profiles that are kept equal all the time, by their ids: whose they are. */
  readonly #live = new Map<string, string>()
  /** Who is to be asked for, and the asking. */
  readonly #wanted = new Set<string>()
  #asking: Promise<void> | undefined
  /** How many people have a name or petname that looks like this; made when it is asked for. */
  #looks: ReadonlyMap<string, number> | undefined
  /** Looks at profiles that are under way, by their ids. */
  readonly #looking = new Map<string, Promise<void>>()
  readonly #pictures = new Map<string, Uint8Array>()

  private constructor(init: ProfileBookInit, me: string, own: Namespace) {
    this.#init = init
    this.#me = me
    this.#own = own
    this.#now = init.now ?? Date.now
    this.#heard = new HeardProfiles(init.replica)
  }

  /** Opens the own profile, here or wherever another device made it, and those of people who are followed. */
  static async open(init: ProfileBookInit): Promise<ProfileBook> {
    const me = (await init.replica.person())?.id ?? init.info().identity
    const id = profileIdOf(init.info().network.id, me)
    if (id === undefined) throw new DocstoreError('bad-identity', 'This identity has no profile')
    const book = new ProfileBook(init, me, await init.open(id))
    await book.#start()
    return book
  }

  async #start(): Promise<void> {
    this.#live.set(this.#own.id, this.#me)
    await this.#heard.load()
    await this.#readContacts()
    const unlisten = this.#init.replica.onCommit(({ namespace, collections }) => {
      const person = this.#live.get(namespace)
      if (person === undefined) return
      if (person === this.#me && (collections.length === 0 || collections.includes(CONTACTS)))
        this.#readContacts().then(
          () => this.#tell(this.#people()),
          () => undefined,
        )
      else this.#tell([person])
    })
    this.#init.closing.addEventListener('abort', unlisten, { once: true })
  }

  async #readContacts(): Promise<void> {
    this.#contacts = await readContacts(this.#own.collection(CONTACTS))
    for (const [person, { follow }] of this.#contacts) if (follow && this.#live.size < MAX_LIVE) await this.#keep(person)
  }

  async #keep(person: string): Promise<void> {
    const id = this.#idOf(person)
    if (this.#live.has(id)) return
    this.#live.set(id, person)
    await this.#init.open(id)
  }

  /** Calls back with those of whom something may show otherwise now; returns the way to stop. */
  on(listener: (people: readonly string[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(people: readonly string[]): void {
    this.#looks = undefined
    for (const listener of this.#listeners) listener(people)
  }

  #idOf(person: string): string {
    const id = profileIdOf(this.#init.info().network.id, person)
    if (id === undefined)
      throw new DocstoreError('bad-identity', `${JSON.stringify(person.slice(0, 80))} is no identity. It looks like did:key:z6Mk…`)
    return id
  }

  /** Everybody of whom something is known here. */
  #people(): readonly string[] {
    return [...new Set([this.#me, ...this.#contacts.keys(), ...this.#heard.people()])]
  }

  async mine(): Promise<Profile> {
    return this.#profile(this.#me)
  }

  async set<F extends keyof ProfileValues>(field: F, value: ProfileValues[F]): Promise<Profile> {
    await this.#init.replica.openProfile()
    const dynamic = this.#own.collection(DYNAMIC)
    if (field === 'status') await setStatus(dynamic, textOrNull(field, value))
    else if (field === 'links') await setLinks(dynamic, linksOf(value))
    else if (field === 'picture') await this.#setPicture(value as ProfileValues['picture'])
    else if (TEXT_FIELDS.some((known) => known === field)) await this.#say({ [field]: textOrNull(field, value) })
    else
      throw new DocstoreError(
        'bad-profile',
        `A profile has no field ${JSON.stringify(field.slice(0, 80))}. It has name, about, username, picture, status and links`,
      )
    return this.mine()
  }

  async #say(profile: { readonly [K in keyof ProfileFacts]?: ProfileFacts[K] | null }): Promise<void> {
    await this.#init.replica.changeHead(this.#own.id, { profile })
  }

  async #setPicture(source: FileSource | null): Promise<void> {
    const before = (await this.#own.info())?.profile?.picture
    if (source === null) await this.#say({ picture: null })
    else {
      const { cid, bytes } = await this.#own.putFile(source)
      if (bytes === 0 || bytes > MAX_PICTURE_BYTES) {
        await this.#own.deleteFile(cid)
        throw new DocstoreError(
          'bad-profile',
          `A picture has at most ${MAX_PICTURE_BYTES / 1024} KiB, and this file has ${bytes} bytes. Make it smaller`,
        )
      }
      await this.#say({ picture: { cid, size: bytes } })
    }
    const after = (await this.#own.info())?.profile?.picture
    if (before !== undefined && before.cid !== after?.cid) await this.#own.deleteFile(before.cid)
  }

  async show(who: string, { timeoutMs = TIMEOUT_MS }: { readonly timeoutMs?: number } = {}): Promise<Profile> {
    const person = await this.#resolve(who, timeoutMs)
    if (!this.#live.has(this.#idOf(person))) await this.#look(person, timeoutMs)
    else if (person !== this.#me) await this.#fetch(this.#idOf(person), timeoutMs)
    return this.#profile(person)
  }

  /** Looks at the profile of somebody whom nobody here follows, and remembers what it says; it is not kept. */
  async #look(person: string, timeoutMs: number): Promise<void> {
    const id = this.#idOf(person)
    // One after another: who ends lets go of what the next one is about to read.
    const looking = (this.#looking.get(id) ?? Promise.resolve()).catch(() => undefined).then(() => this.#lookNow(person, id, timeoutMs))
    this.#looking.set(id, looking)
    try {
      await looking
    } finally {
      if (this.#looking.get(id) === looking) this.#looking.delete(id)
    }
  }

  async #lookNow(person: string, id: string, timeoutMs: number): Promise<void> {
    const { replica, network } = this.#init
    const wasHere = (await replica.namespace(id)) !== undefined
    if (network === undefined) return this.#hear(person, id)
    const isOurs = await this.#fetch(id, timeoutMs)
    await this.#hear(person, id)
    // A relay keeps everything, and what was here is somebody else's matter.
    if (wasHere || !isOurs || this.#live.has(id)) return
    const log = isKey(person) ? undefined : await this.#logOf(person)
    await network.unwant(id)
    await replica.forgetNamespace(id)
    // Who signs for this person is asked for wherever they are seen next.
    if (log !== undefined) await replica.learnPerson(log, { keep: false })
  }

  /** The log of a person, where all of it is here and it is not too long to be kept for who only looks. */
  async #logOf(person: string): Promise<LogParcel | undefined> {
    const digest = parseCid(DAG_CBOR, person)?.multihash.digest
    const log = digest && (await this.#init.replica.personLog(digest, 0, MAX_SEEN_LOG_BYTES))
    return log === undefined || log.more ? undefined : { log: log.log, acts: log.acts, ...(log.genesis && { genesis: log.genesis }) }
  }

  /** Makes a profile equal with the relays that are in touch; resolves with whether this peer may let go of it. */
  async #fetch(id: string, timeoutMs: number): Promise<boolean> {
    const { network } = this.#init
    if (network === undefined || (await network.isRelay())) return false
    await network.connected({ timeoutMs })
    const unlisten = network.on('sync', ({ namespace }) => {
      if (namespace === id) void this.#checkSize(network, id)
    })
    try {
      await network.sync(id, { timeoutMs, connectedOnly: true, signal: this.#init.closing })
    } catch (error) {
      // Nobody has it, or nobody can be asked now: what is known is told with its age.
      if (errorCode(error) === 'closed') throw error
    } finally {
      unlisten()
    }
    return true
  }

  /** Who puts more into a profile than a profile has must not fill the disks of those who look at it. */
  async #checkSize(network: Network, id: string): Promise<void> {
    const { peers } = await network.namespaceStatus(id)
    if (peers.some(({ want }) => want > MAX_PROFILE_RECORDS)) await network.unwant(id)
  }

  async #hear(person: string, id: string): Promise<void> {
    const { replica } = this.#init
    const bytes = await replica.exportNamespace(id)
    const read = bytes && (await replica.readNamespace(bytes))
    if (read === undefined || 'refused' in read) return isKey(person) ? this.#ask([person]) : this.#noteAbsent(person)
    const dynamic = await readDynamic(await this.#documents(id))
    if (await this.#heard.note(person, read, this.#now(), dynamic)) this.#tell([person])
  }

  /** Where a relay could be asked, nobody has a profile of this person. */
  async #noteAbsent(person: string): Promise<void> {
    if (((await this.#init.network?.connected({ timeoutMs: 0 })) ?? 0) === 0) return
    if (await this.#heard.note(person, undefined, this.#now())) this.#tell([person])
  }

  async #documents(id: string): Promise<ReturnType<Namespace['collection']>> {
    return id === this.#own.id ? this.#own.collection(DYNAMIC) : (await this.#init.open(id)).collection(DYNAMIC)
  }

  async names(people: readonly string[], { timeoutMs = 0 }: { readonly timeoutMs?: number } = {}): Promise<readonly KnownPerson[]> {
    const known = await this.#allKnown(people)
    const stale = known.filter((one) => !this.#isCurrent(one)).map(({ person }) => person)
    if (stale.length === 0) return known
    this.#askSoon(stale)
    if (timeoutMs === 0) return known
    await Promise.race([this.#asking, delay(timeoutMs, this.#init.closing)])
    return this.#allKnown(people)
  }

  #allKnown(people: readonly string[]): Promise<readonly KnownPerson[]> {
    return Promise.all(people.map((person) => this.#known(person)))
  }

  #isCurrent({ person, namespace, hasProfile }: KnownPerson): boolean {
    return (this.#live.has(namespace) && hasProfile) || this.#heard.isFresh(person, this.#now())
  }

  /** One request at a time, each for as many people as have gathered meanwhile. */
  #askSoon(people: readonly string[]): void {
    for (const person of people) this.#wanted.add(person)
    if (this.#wanted.size === 0 || this.#asking !== undefined) return
    this.#asking = this.#askAll().finally(() => {
      this.#asking = undefined
    })
    this.#asking.catch(() => undefined)
  }

  async #askAll(): Promise<void> {
    while (this.#wanted.size > 0 && !this.#init.closing.aborted) {
      const people = [...this.#wanted].slice(0, MAX_ASKED)
      await this.#ask(people.filter(isKey))
      // Who signs for a person is said by their log, which comes with the namespace alone.
      for (const person of people) if (!isKey(person) && !this.#init.closing.aborted) await this.#look(person, TIMEOUT_MS)
      for (const person of people) this.#wanted.delete(person)
    }
  }

  async #ask(people: readonly string[]): Promise<void> {
    if (people.length === 0) return
    const ids = new Map(people.map((person) => [this.#idOf(person), person]))
    const told = await this.#init.network?.profiles({ ids: [...ids.keys()], timeoutMs: TIMEOUT_MS, signal: this.#init.closing })
    // Where nobody answered, nothing was heard.
    if (told === undefined || told.relays === 0) return
    const news: string[] = []
    for (const [id, person] of ids) {
      const one = told.profiles.find(({ info }) => info.id === id)
      if (one === undefined && !told.isWhole) continue
      if (await this.#heard.note(person, one, this.#now())) news.push(person)
    }
    if (news.length > 0) this.#tell(news)
  }

  async follow(who: string): Promise<Profile> {
    const person = await this.#other(who)
    await this.#write(person, 'follow', true)
    await this.#keep(person)
    return this.#profile(person)
  }

  async unfollow(who: string): Promise<Profile> {
    const person = await this.#other(who)
    await this.#write(person, 'follow', null)
    const id = this.#idOf(person)
    if (this.#live.delete(id) && (await this.#init.network?.isRelay()) === false) await this.#init.network?.unwant(id)
    return this.#profile(person)
  }

  async block(who: string, isBlocked: boolean): Promise<Profile> {
    const person = await this.#other(who)
    await this.#write(person, 'block', isBlocked ? true : null)
    return this.#profile(person)
  }

  async petname(who: string, name: string | null): Promise<Profile> {
    if (name !== null && !isDisplayName(name))
      throw new DocstoreError('bad-profile', 'A petname is one line of 1 to 64 characters, all of which are seen, with single spaces between words')
    const person = await this.#other(who)
    await this.#write(person, 'petname', name)
    return this.#profile(person)
  }

  async #other(who: string): Promise<string> {
    const person = await this.#resolve(who, TIMEOUT_MS)
    if (person === this.#me) throw new DocstoreError('bad-option', 'That is you')
    return person
  }

  async #write(person: string, field: string, value: string | true | null): Promise<void> {
    await this.#init.replica.openProfile()
    await setField(this.#own.collection(CONTACTS), person, field, value)
    await this.#readContacts()
    this.#tell(this.#people())
  }

  list(options: { readonly timeoutMs?: number } = {}): Promise<readonly KnownPerson[]> {
    return this.names([this.#me, ...this.#contacts.keys()], options)
  }

  async picture(who: string): Promise<Uint8Array | undefined> {
    const person = await this.#resolve(who, TIMEOUT_MS)
    const { namespace, static: facts } = await this.#known(person)
    if (facts.picture === undefined) return undefined
    const { cid } = facts.picture
    const kept = this.#pictures.get(cid)
    if (kept !== undefined) return kept
    const bytes =
      (await this.#storedPicture(namespace, cid)) ??
      (await this.#init.network?.picture({ ns: namespace, cid, timeoutMs: TIMEOUT_MS, signal: this.#init.closing }))
    if (bytes === undefined || bytes.length > MAX_PICTURE_BYTES) return undefined
    this.#pictures.set(cid, bytes)
    const [oldest] = this.#pictures.keys()
    if (this.#pictures.size > MAX_PICTURES && oldest !== undefined) this.#pictures.delete(oldest)
    return bytes
  }

  async #storedPicture(namespace: string, cid: string): Promise<Uint8Array | undefined> {
    const { replica } = this.#init
    if ((await replica.namespace(namespace)) === undefined) return undefined
    const bytes = await replica.block(cid)
    return bytes !== undefined && cidOfBytes(RAW, bytes).toString() === cid ? bytes : undefined
  }

  /** What is known of somebody, without asking anybody. */
  async #known(person: string): Promise<KnownPerson> {
    const id = this.#idOf(person)
    const heard = this.#heard.get(person)
    const isLive = this.#live.has(id)
    const here = isLive || heard === undefined ? await this.#init.replica.namespace(id) : undefined
    const facts = here === undefined ? (heard?.facts ?? {}) : (here.profile ?? {})
    const { follow, block, petname } = this.#contacts.get(person) ?? NOBODY
    const at = isLive && here !== undefined ? this.#now() : heard?.at
    const shortId = id.slice(-6)
    return {
      person,
      namespace: id,
      label: await this.#label(person, petname ?? facts.name, shortId),
      shortId,
      isMe: person === this.#me,
      ...(petname === undefined ? {} : { petname }),
      static: facts,
      isFollowed: follow,
      isBlocked: block,
      hasProfile: here !== undefined || (heard !== undefined && heard.seq >= 0),
      ...(at === undefined ? {} : { at }),
    }
  }

  async #profile(person: string): Promise<Profile> {
    const known = await this.#known(person)
    return { ...known, dynamic: await this.#dynamic(known, this.#heard.get(person)) }
  }

  async #dynamic({ namespace }: KnownPerson, heard: Heard | undefined): Promise<DynamicProfile> {
    const isHere = (await this.#init.replica.namespace(namespace)) !== undefined
    if (this.#live.has(namespace) && isHere) return readDynamic(await this.#documents(namespace))
    return heard?.dynamic ?? { links: {} }
  }

  async #label(person: string, name: string | undefined, shortId: string): Promise<string> {
    if (name === undefined) return `${person.replace('did:key:', '').slice(0, 8)}…${person.slice(-6)}`
    const looks = await this.#allLooks()
    return (looks.get(lookOf(name)) ?? 0) > 1 ? `${name}·${shortId}` : name
  }

  async #allLooks(): Promise<ReadonlyMap<string, number>> {
    if (this.#looks !== undefined) return this.#looks
    const looks = new Map<string, number>()
    for (const person of this.#people()) {
      const names = [this.#contacts.get(person)?.petname, await this.#nameOf(person)].flatMap((name) => (name === undefined ? [] : [lookOf(name)]))
      for (const look of new Set(names)) looks.set(look, (looks.get(look) ?? 0) + 1)
    }
    this.#looks = looks
    return looks
  }

  async #nameOf(person: string): Promise<string | undefined> {
    const id = this.#idOf(person)
    const here = this.#live.has(id) ? await this.#init.replica.namespace(id) : undefined
    return (here?.profile ?? this.#heard.get(person)?.facts)?.name
  }

  /** Who is meant: an identity, the id of a profile or another namespace, `me`, `@alice`, `alice@example.org`, a petname, or a name that one person alone has here. */
  async #resolve(who: string, timeoutMs: number): Promise<string> {
    if (who === 'me') return this.#me
    // A petname may have an @ in it, and wins.
    if (who.includes('@') && !this.#isPetname(who)) return this.#init.personOf(who, { timeoutMs })
    const did = who.startsWith('did:key:') ? who : `did:key:${who}`
    if (authorOfDid(did) !== undefined) return did
    if (who.startsWith('did:'))
      throw new DocstoreError('bad-identity', `${JSON.stringify(who.slice(0, 80))} is no identity. It looks like did:key:z6Mk…`)
    if (parseCid(DAG_CBOR, who) !== undefined) return this.#ownerOf(who, timeoutMs)
    const known = await this.#allKnown(this.#people())
    const isNamed = ({ petname, static: { name, username }, label, shortId }: KnownPerson): boolean =>
      petname === who || name === who || username === who || label === who || `${petname ?? name}·${shortId}` === who
    const petnamed = known.filter(({ petname }) => petname === who)
    const meant = petnamed.length > 0 ? petnamed : known.filter(isNamed)
    const [one] = meant
    if (one === undefined)
      throw unknownProfile(
        `Nobody called ${JSON.stringify(who.slice(0, 80))} is known here. Use a username (@alice, alice@example.org), or the id of the person (bafyrei…) or identity (did:key:z6Mk…) once; a petname can be given then`,
      )
    if (meant.length > 1) {
      const people = meant.map(({ petname, static: { name }, shortId }) => `${petname ?? name}·${shortId}`)
      throw new DocstoreError(
        'ambiguous-profile',
        `${meant.length} people are called ${JSON.stringify(who.slice(0, 80))}: ${people.slice(0, 8).join(', ')}. Say which`,
        {
          details: { people: meant.map(({ person }) => person) },
        },
      )
    }
    return one.person
  }

  #isPetname(text: string): boolean {
    return [...this.#contacts.values()].some(({ petname }) => petname === text)
  }

  /** Whose namespace it is, or the person of this id. */
  async #ownerOf(id: string, timeoutMs: number): Promise<string> {
    const { replica, network } = this.#init
    // Of whom nothing was heard, the id may be that of anything; not so one's own, and those of whom something was written here.
    const isKnown = (person: string): boolean => person === this.#me || this.#contacts.has(person) || (this.#heard.get(person)?.seq ?? 0) >= 0
    const isThis = (person: string): boolean => this.#idOf(person) === id || (person === id && isKnown(person))
    const known = this.#people().find(isThis)
    if (known !== undefined) return known
    const here = await replica.namespace(id)
    if (here !== undefined) return here.owner
    // A relay keeps profiles of people of whom it never heard otherwise.
    if ((await replica.namespace(this.#idOf(id))) !== undefined) return id
    if (((await network?.connected({ timeoutMs })) ?? 0) === 0)
      throw unknownProfile(`Nothing is known here of ${id}, and no relay can be reached that could say whose it is. Try again when one can`)
    const told = await network?.profiles({ ids: [id], timeoutMs, signal: this.#init.closing })
    const info: NamespaceInfo | undefined = told?.profiles[0]?.info
    if (info?.kind === PROFILE_KIND) return info.owner
    await this.#look(id, timeoutMs)
    if ((this.#heard.get(id)?.seq ?? -1) >= 0) return id
    throw unknownProfile(`No relay that was reached has the profile ${id}, nor one of a person of this id. Check the id`)
  }
}

/** Whether somebody is named by a key, and not as a person. */
function isKey(person: string): boolean {
  return person.startsWith('did:key:')
}

function unknownProfile(message: string): DocstoreError {
  return new DocstoreError('unknown-profile', message)
}

function textOrNull(field: string, value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  throw new DocstoreError('bad-profile', `The ${field} of a profile is a text, or null for none`)
}

function linksOf(value: unknown): Readonly<Record<string, string | null>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, string | null>>
  throw new DocstoreError('bad-profile', 'Links are an object of addresses by their labels, such as { home: "https://example.org" }')
}
