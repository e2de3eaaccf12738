import {
  authorOfDid,
  cidOf,
  createSeed,
  DAG_CBOR,
  didOf,
  DocstoreError,
  equalBytes,
  msFromTime,
  parseCid,
  type PersonFacts,
  utf8,
  fromUtf8,
} from '@p2p-docstore/core'
import type * as Keys from '@p2p-docstore/core/people/keys'
import { takeBackInvitations } from '../../network/admission/index-guests.ts'
import type { Network } from '../../network/types.ts'
import { assertRightClock } from './right-clock.ts'
import { timeOf } from './members.ts'
import type { PersonInit } from './person-init.ts'
import type {
  AddingDevice,
  AddingEvent,
  DeviceInfo,
  JoiningDevice,
  PersonEvent,
  PersonInfo,
  RestoreOptions,
  RestoredPerson,
  RevokeOptions,
} from './types.ts'

/** The list of words is large, and whoever begins needs none of it. */
const loadKeys = (): Promise<typeof Keys> => import('@p2p-docstore/core/people/keys')

/** How long relays may take to say who somebody is, and how many namespaces of theirs are looked for. */
const RESTORE_TIMEOUT_MS = 30_000
/** How long the new device may take to fetch what it was given, milliseconds. */
const DELIVERY_MS = 60_000
/** Longest label of a device, UTF-16 code units: what an act takes (docs/spec/people.md). */
const MAX_LABEL_LENGTH = 64
/** Key of what this device knows of the others, in the small values of the peer. */
const SEEN = 'person-seen'
/** And of the commitment to the recovery key whose words were typed here. */
const WORDS_TYPED = 'person-words-typed'

/** What `Person` does. */
export class PersonBook {
  readonly #init: PersonInit
  readonly #listeners = new Set<(event: PersonEvent) => void>()
  #places: readonly number[] | undefined
  #looking: Promise<void> = Promise.resolve()
  #isWatching = false

  constructor(init: PersonInit) {
    this.#init = init
  }

  async show(): Promise<PersonInfo> {
    const facts = await this.#init.replica.personFacts()
    const { identity } = this.#init.info()
    if (facts === undefined) return { devices: [{ key: identity, label: '', isThis: true }], words: 'elsewhere' }
    const keeper = await this.#init.keeper()
    const seed = await keeper.recoverySeed()
    const typed = await keeper.getMeta(WORDS_TYPED)
    // Of words that took their place nobody knows here.
    const isWritten = typed !== undefined && equalBytes(typed, facts.recovery)
    return { person: facts.id, devices: devicesOf(facts, identity), words: seed !== undefined ? 'here' : isWritten ? 'written' : 'elsewhere' }
  }

  async of(identity: string): Promise<string | undefined> {
    const persons = await this.#init.replica.personsOfKey(keyOfDid(identity))
    return (persons.find(({ isRevoked }) => !isRevoked) ?? persons[0])?.person
  }

  async words(): Promise<readonly string[]> {
    await this.#facts()
    const seed = await (await this.#init.keeper()).recoverySeed()
    if (seed === undefined)
      throw new DocstoreError(
        'words-gone',
        'The recovery words are not on this device. They were written down, or lie on the device with which this person began: docstore person words shows them there',
      )
    return (await loadKeys()).wordsOfSeed(seed)
  }

  async wordPlaces(): Promise<readonly number[]> {
    const { placesToCheck } = await loadKeys()
    return (this.#places ??= placesToCheck())
  }

  async checkWords(typed: Readonly<Record<number, string>>): Promise<PersonInfo> {
    const words = await this.words()
    const places = await this.wordPlaces()
    const { isWordAt } = await loadKeys()
    const wrong = places.filter((place) => !isWordAt(words, place, typed[place] ?? ''))
    if (wrong.length > 0)
      throw new DocstoreError(
        'wrong-words',
        `Of these words ${wrong.join(', ')} ${wrong.length === 1 ? 'is' : 'are'} not right. Compare with what you wrote down`,
        {
          details: { places: wrong },
        },
      )
    await (await this.#init.keeper()).keepRecoverySeed(undefined)
    await this.#noteTyped()
    this.#places = undefined
    return this.show()
  }

  async restore(
    words: string | readonly string[],
    { label = '', person: id, timeoutMs = RESTORE_TIMEOUT_MS, signal }: RestoreOptions,
  ): Promise<RestoredPerson> {
    const seed = (await loadKeys()).seedOfWords(textOf(words))
    checkLabel(label)
    const person = id === undefined ? undefined : parseCid(DAG_CBOR, id)?.multihash.digest
    if (id !== undefined && person === undefined)
      throw new DocstoreError('bad-identity', `${JSON.stringify(id.slice(0, 80))} is nobody's id. A person's begins with bafyrei`)
    const network = this.#network()
    await this.#assertNew()
    const limits = { timeoutMs, ...(signal && { signal }) }
    if ((await network.connected(limits)) === 0)
      throw new DocstoreError('no-relay', 'No relay can be reached that could know this person. Join a network with its link first')
    // The device would be taken by nobody until then, and the words are not here to add it once more.
    await assertRightClock(network)
    const found = await network.findPerson({ seed, ...(person && { person }), ...limits })
    if (found === undefined)
      throw new DocstoreError(
        'unknown-words',
        'No relay of this network knows a person with these words. Is it the right network? Were the words replaced?',
      )
    const { log } = found
    await this.#init.replica.restorePerson(log, { seed, label })
    await this.#changed()
    await this.#noteTyped()
    for (const id of found.namespaces) await this.#init.open(id)
    return { person: cidOf(DAG_CBOR, log.log).toString(), namespaces: found.namespaces, isProved: found.isProved }
  }

  async rotateWords(words: string | readonly string[]): Promise<readonly string[]> {
    await assertRightClock(this.#init.network)
    const next = createSeed()
    const { seedOfWords, wordsOfSeed } = await loadKeys()
    await (await this.#init.keeper()).rotateRecovery({ seed: seedOfWords(textOf(words)), next })
    this.#places = undefined
    await this.#init.onPerson()
    return wordsOfSeed(next)
  }

  async addDevice(): Promise<AddingDevice> {
    await this.#facts()
    const network = this.#network()
    const { link } = await network.offerDevice()
    const added = Promise.withResolvers<AddingEvent>()
    added.promise.catch(() => undefined)
    let isDone = false
    const events = addingEvents(network, added.promise)
    const confirm: AddingDevice['confirm'] = async (code, { timeoutMs = DELIVERY_MS } = {}) => {
      const { key, label } = await this.#ownAct(() => network.confirmDevice(code))
      isDone = true
      const hasFetched = await network.deviceDelivered({ timeoutMs })
      added.resolve({ type: 'added', key: didOf(key), label })
      const found = (await this.show()).devices.find((device) => device.key === didOf(key))
      return { ...(found ?? { key: didOf(key), label, isThis: false }), hasFetched }
    }
    const close = async (): Promise<void> => {
      await network.endDeviceOffer()
      if (!isDone) added.reject(new DocstoreError('pairing-ended', 'The link was ended'))
    }
    return { link, events, confirm, close }
  }

  async joinDevice(
    link: string,
    { label = '', timeoutMs, signal }: { readonly label?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<JoiningDevice> {
    const network = this.#network()
    await this.#assertNew()
    const { code, person } = await network.beginJoining({ link, label, ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal && { signal }) })
    const joined = network.finishJoining().then(async (namespaces) => {
      await this.#changed()
      for (const id of namespaces) await this.#init.open(id)
      return { ...(await this.show()), namespaces }
    })
    joined.catch(() => undefined)
    return { code, person: cidOf(DAG_CBOR, person).toString(), joined }
  }

  async label(key: string, label: string): Promise<PersonInfo> {
    await this.#device(key)
    checkLabel(label)
    await assertRightClock(this.#init.network)
    await this.#init.replica.changePerson({ type: 'label', key: keyOfDid(key), label })
    await this.#init.onPerson()
    return this.show()
  }

  async revoke(key: string, { retired = false, words, since }: RevokeOptions): Promise<PersonInfo> {
    const cut = since === undefined ? undefined : timeOf('since', since)
    const { isThis } = await this.#device(key)
    if (isThis && words === undefined)
      throw new DocstoreError('not-allowed', 'This is the device that you use. Revoke it on another one, or with the recovery words')
    const now = await this.#init.replica.cutTime()
    const until = Math.min(cut ?? now, now)
    const content = { type: 'revoke', key: keyOfDid(key), until, ...(retired ? {} : { void: true as const }) } as const
    await this.#ownAct(async () => {
      if (words === undefined) await this.#init.replica.changePerson(content)
      else await this.#init.replica.actAsRecovery((await loadKeys()).seedOfWords(textOf(words)), content)
    })
    // What lets it in is taken back for those too who know nothing of this person.
    await takeBackInvitations(this.#init, key)
    // The device is revoked, whoever hears of it now.
    await this.#init.onRevoked().catch(() => undefined)
    return this.show()
  }

  on(listener: (event: PersonEvent) => void): () => void {
    this.#listeners.add(listener)
    if (!this.#isWatching) {
      this.#isWatching = true
      const { replica, closing } = this.#init
      const unlisten = replica.onCommit(({ head }) => {
        if (head === true) this.#lookSoon()
      })
      closing.addEventListener('abort', unlisten, { once: true })
      this.#lookSoon()
    }
    return () => this.#listeners.delete(listener)
  }

  /** Does what is no news here: looks wait until it is noted. */
  async #ownAct<T>(work: () => Promise<T>): Promise<T> {
    await assertRightClock(this.#init.network)
    const noted = Promise.withResolvers<void>()
    const before = this.#looking
    this.#looking = before.then(() => noted.promise)
    await before
    try {
      const value = await work()
      await this.#changed()
      return value
    } finally {
      noted.resolve()
    }
  }

  #lookSoon(): void {
    this.#looking = this.#looking
      .then(() => this.#look())
      .then(
        () => undefined,
        () => undefined,
      )
  }

  async news(): Promise<readonly PersonEvent[]> {
    const looked = this.#looking.then(() => this.#look())
    this.#looking = looked.then(
      () => undefined,
      () => undefined,
    )
    return looked
  }

  /** Tells of what others did to this person since the last look. */
  async #look(): Promise<readonly PersonEvent[]> {
    const facts = await this.#init.replica.personFacts()
    if (facts === undefined || this.#init.closing.aborted) return []
    const seen = await this.#seen()
    await this.#noteSeen(facts)
    // At the first look nothing is news.
    if (seen === undefined) return []
    const news: PersonEvent[] = []
    // Whoever ended with the one that had added them is in the list no more.
    const { identity } = this.#init.info()
    const listed = new Set(facts.devices.map(({ key }) => didOf(key)))
    for (const [key, how] of seen)
      if (how === 'active' && !listed.has(key)) news.push({ type: 'revoked', key, label: '', message: revokedText(key, key === identity) })
    for (const { key, label, until, isThis } of devicesOf(facts, this.#init.info().identity)) {
      const name = label === '' ? key : JSON.stringify(label)
      const known = seen.get(key)
      if (known === undefined && !isThis)
        news.push({ type: 'added', key, label, message: `A device was added to you: ${name}. If that was not you, revoke it` })
      // A thief had revoked it, and was revoked with the words.
      if (until === undefined && known === 'revoked')
        news.push({
          type: 'again',
          key,
          label,
          message: isThis
            ? 'This device acts again: what revoked it does not count any more'
            : `A device of yours acts again: ${name}. What revoked it does not count any more. If it was lost, revoke it once more`,
        })
      if (until !== undefined && known !== 'revoked')
        news.push({
          type: 'revoked',
          key,
          label,
          message: revokedText(name, isThis),
        })
    }
    for (const event of news) for (const listener of this.#listeners) listener(event)
    return news
  }

  /** Whoever types the words has them. */
  async #noteTyped(): Promise<void> {
    const { recovery } = await this.#facts()
    await (await this.#init.keeper()).setMeta(WORDS_TYPED, recovery)
  }

  async #seen(): Promise<ReadonlyMap<string, string> | undefined> {
    const bytes = await this.#init.replica.getMeta(SEEN)
    if (bytes === undefined) return undefined
    const seen: unknown = JSON.parse(fromUtf8(bytes) ?? 'null')
    return new Map(typeof seen === 'object' && seen !== null ? Object.entries(seen).map(([key, how]) => [key, String(how)]) : [])
  }

  async #noteSeen(known?: PersonFacts): Promise<void> {
    const facts = known ?? (await this.#init.replica.personFacts())
    if (facts === undefined) return
    const seen = Object.fromEntries(facts.devices.map(({ key, until }) => [didOf(key), until === undefined ? 'active' : 'revoked']))
    const bytes = utf8(JSON.stringify(seen))
    const before = await this.#init.replica.getMeta(SEEN)
    if (before === undefined || !equalBytes(before, bytes)) await this.#init.replica.setMeta(SEEN, bytes)
  }

  async #changed(): Promise<void> {
    await this.#noteSeen()
    await this.#init.onPerson()
  }

  async #facts(): Promise<PersonFacts> {
    const facts = await this.#init.replica.personFacts()
    if (facts === undefined)
      throw new DocstoreError('no-person', 'This data signs for no person, but for its own key alone. Begin with new data for that')
    return facts
  }

  async #device(key: string): Promise<DeviceInfo> {
    await this.#facts()
    const found = (await this.show()).devices.find((device) => device.key === key)
    if (found === undefined) throw new DocstoreError('unknown-device', `${key.slice(0, 80)} is no device of this person. device list shows them`)
    return found
  }

  #network(): Network {
    const { network } = this.#init
    if (network === undefined) throw new DocstoreError('offline', 'This store was opened without a network')
    return network
  }

  /** What documents say of who wrote them cannot become another's. */
  async #assertNew(): Promise<void> {
    const counts = await Promise.all((await this.#init.everywhere()).map(async (replica) => (await replica.namespaceIds()).length))
    const count = counts.reduce((sum, one) => sum + one, 0)
    if (count > 0)
      throw new DocstoreError(
        'not-allowed',
        `This data has ${count === 1 ? 'a namespace' : `${count} namespaces`} already, with documents of this person or of others. Take new data; or, where nothing of yours is in there, let go of each first: docstore namespace forget NS --force. It can be opened again afterwards`,
      )
  }
}

function revokedText(name: string, isThis: boolean): string {
  return isThis ? 'This device was revoked: nothing that it writes is taken any more' : `A device of yours was revoked: ${name}`
}

/** What happens with a link: typed wrong, the device is turned away, and another one can come. */
async function* addingEvents(network: Network, added: Promise<AddingEvent>): AsyncGenerator<AddingEvent, void, undefined> {
  for (;;) {
    const { key, label } = await network.comparedDevice({})
    yield { type: 'code', key: didOf(key), label }
    const decided = await network.deviceDecided({})
    if (decided === 'ended') throw new DocstoreError('pairing-ended', 'The link has expired or was ended. Make another one')
    if (decided === 'turned-away') continue
    yield await added
    return
  }
}

function checkLabel(label: string): void {
  if (label.length > MAX_LABEL_LENGTH || !label.isWellFormed())
    throw new DocstoreError('bad-label', `The name of the device is too long. Shorten it to ${MAX_LABEL_LENGTH} characters`)
}

function textOf(words: string | readonly string[]): string {
  return typeof words === 'string' ? words : words.join(' ')
}

function keyOfDid(did: string): Uint8Array {
  const key = authorOfDid(did)
  if (key === undefined) throw new DocstoreError('unknown-device', `${did.slice(0, 80)} is not the key of a device. It looks like did:key:z6Mk…`)
  return key
}

function devicesOf({ devices, revocations }: Pick<PersonFacts, 'devices' | 'revocations'>, identity: string): readonly DeviceInfo[] {
  const isDevice = (key: Uint8Array): boolean => devices.some((one) => equalBytes(one.key, key))
  /** Of several revocations of a device the one that leaves the least of it. */
  const endOf = (key: Uint8Array): Pick<DeviceInfo, 'revokedBy' | 'reason'> => {
    const [end] = revocations.filter((one) => equalBytes(one.key, key)).toSorted((a, b) => Number(b.isVoid) - Number(a.isVoid) || a.until - b.until)
    return end === undefined ? {} : { revokedBy: isDevice(end.by) ? didOf(end.by) : 'words', reason: end.isVoid ? 'lost' : 'retired' }
  }
  return devices.map(({ key, label, from, until }) => ({
    key: didOf(key),
    label,
    ...(from === 0 ? {} : { addedAt: isoTime(from) }),
    ...(until === undefined ? {} : { until: isoTime(until), ...endOf(key) }),
    isThis: didOf(key) === identity,
  }))
}

function isoTime(at: number): string {
  return new Date(msFromTime(at)).toISOString()
}
