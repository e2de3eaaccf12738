import { errorCode } from '../errors.ts'
import { toHex } from '../model/bytes.ts'
import { timeFromMs } from '../model/clock.ts'
import { DAG_CBOR, parseCid } from '../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../model/keys/identity.ts'
import { type ActFields, signAct, signDevice } from '../model/people/act.ts'
import { MEMBER_ROLES } from '../model/people/act-content.ts'
import { authorName, identityFor } from '../model/people/author.ts'
import { createPerson } from '../model/people/person.ts'
import type { WritePolicy } from '../model/namespace/namespace.ts'
import { createNetwork } from '../model/network/network.ts'
import { HostileNetwork, NO_FAULTS } from './hostile-network.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import { TestPeer } from './test-peer.ts'
import { VirtualTime } from './virtual-time.ts'

const MINUTE_MS = 60_000
/** Until then peers that can reach each other have to be equal. */
const PATIENCE_MS: number = 45 * MINUTE_MS
/** What somebody may not do any more, or not yet. */
const NOT_NOW: ReadonlySet<string> = new Set(['not-allowed', 'revoked'])

/** A person with devices, each of them a peer. */
interface TestPerson {
  readonly digest: Uint8Array
  readonly recovery: Identity
  readonly devices: TestPeer[]
}

/**
 * Persons with devices in a hostile network: they write, add and revoke devices, and give and take roles, apart from each other. At the end all peers must have the
 * same logs, heads and records, and none that these logs do not accept. Throws where not.
 */
export class HostilePeople {
  readonly #random: SeededRandom
  readonly #time = new VirtualTime()
  readonly #wires: HostileNetwork
  readonly #network: ReturnType<typeof createNetwork>
  readonly #peers: TestPeer[] = []
  readonly #relays: TestPeer[] = []
  readonly #persons: TestPerson[] = []
  readonly #namespaces = new Map<string, { readonly write: WritePolicy; readonly owner: TestPerson }>()
  #writes = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#wires = new HostileNetwork(this.#time, this.#random)
    this.#network = createNetwork('hostile people', { nonce: this.#random.bytes(16) })
  }

  /** Runs to the end. */
  async run(): Promise<{ readonly peers: number; readonly writes: number; readonly healedAfterMs: number }> {
    const random = this.#random
    try {
      await this.#build()
      for (let steps = 10 + random.below(15); steps > 0; steps--) {
        const some = (): number => (random.chance(0.5) ? random.next() * 0.2 : 0)
        this.#wires.faults = { ...NO_FAULTS, drop: some(), loseAnswer: some(), repeat: some(), maxDelayMs: random.pick([0, 50, 2000]) }
        await this.#settled(this.#step())
        await this.#time.advance(random.pick([0, 20, 500, 20_000]))
      }
      this.#wires.faults = NO_FAULTS
      this.#wires.heal()
      for (const peer of this.#peers) if (peer.life.aborted) await peer.start()
      for (const person of this.#persons) await this.#settled(this.#recover(person))
      const healedAfterMs = await this.#untilEqual()
      await this.#checkJudged()
      return { peers: this.#peers.length, writes: this.#writes, healedAfterMs }
    } finally {
      for (const peer of this.#peers) await peer.close()
    }
  }

  async #peer(name: string, init: Pick<ConstructorParameters<typeof TestPeer>[0], 'person' | 'seed'> = {}): Promise<TestPeer> {
    const role = name.startsWith('relay') ? 'relay' : 'peer'
    const place = { network: this.#network, time: this.#time, wires: this.#wires, random: this.#random }
    const peer = new TestPeer({ name, role, ...place, skewMs: this.#random.below(2000) - 1000, ...init })
    await peer.start()
    this.#peers.push(peer)
    return peer
  }

  async #build(): Promise<void> {
    const random = this.#random
    for (let i = 1 + random.below(2); i > 0; i--) this.#relays.push(await this.#peer(`relay${i}`))
    for (const [i, relay] of this.#relays.entries()) if (i > 0) relay.dial(this.#relays[i - 1] ?? relay)
    for (let i = 2 + random.below(2); i > 0; i--) {
      const [recovery, seed] = [identityFromSeed(random.bytes(32)), random.bytes(32)]
      // Made here, as everything about them has to come from the seed of the run.
      const { digest, bytes } = createPerson({ device: identityFromSeed(seed), recovery: recovery.author, nonce: random.bytes(16) })
      const device = await this.#peer(`person${i}`, { person: { log: { log: digest, genesis: bytes, acts: [] } }, seed })
      this.#persons.push({ digest, recovery, devices: [device] })
    }
    for (const write of ['owner', 'members', 'author', 'anyone'] as const) {
      const owner = random.pick(this.#persons)
      const [device] = owner.devices
      if (device !== undefined) this.#namespaces.set(await device.createNamespace(write), { write, owner })
    }
    for (const { devices } of this.#persons) for (const device of devices) this.#join(device)
  }

  #join(device: TestPeer): void {
    for (const ns of this.#namespaces.keys()) device.want(ns)
    device.dial(this.#random.pick(this.#relays))
  }

  async #step(): Promise<void> {
    const random = this.#random
    const person = random.pick(this.#persons)
    const device = random.pick(person.devices)
    const event = random.below(20)
    if (event === 0) return this.#wires.heal()
    if (event < 3) {
      const [a, b] = [random.pick(this.#peers), random.pick(this.#peers)]
      if (a !== b) this.#wires.partition(a.name, b.name)
      return
    }
    if (event === 3) {
      await device.stop()
      await device.start()
      return
    }
    if (event < 6) return this.#addDevice(person, device)
    if (event < 8) return unlessForbidden(this.#revoke(person, device))
    if (event < 11) return unlessForbidden(this.#changeRoles(device))
    if (event === 11) return unlessForbidden(this.#changeHead(device))
    for (let writes = random.below(5); writes >= 0; writes--) await unlessForbidden(this.#write(person, random.pick(person.devices)))
  }

  async #addDevice(person: TestPerson, by: TestPeer): Promise<void> {
    const seed = this.#random.bytes(32)
    const key = identityFromSeed(seed)
    const before = await by.replica.person()
    const cid = parseCid(DAG_CBOR, before?.id ?? '')
    if (before === undefined || cid === undefined || person.devices.length > 3) return
    await unlessForbidden(by.replica.changePerson({ type: 'add', key: key.author, label: '', proof: signDevice(cid, key) }))
    const log = (await by.replica.person())?.log
    if (log === undefined) return
    try {
      const device = await this.#peer(`device${this.#peers.length}`, { person: { log }, seed })
      person.devices.push(device)
      this.#join(device)
    } catch (error) {
      // Who adds it may have been revoked meanwhile.
      if (!NOT_NOW.has(errorCode(error))) throw error
    }
  }

  /** A device, or the recovery key, revokes another device; sometimes that one does the same at the same time. */
  async #revoke(person: TestPerson, by: TestPeer): Promise<void> {
    const random = this.#random
    const other = random.pick(person.devices)
    if (other === by) return
    const until = timeFromMs(by.now() - random.below(30_000))
    const change = { type: 'revoke', key: other.identity.author, until, ...(random.chance(0.5) && { void: true as const }) } as const
    if (random.chance(0.7)) return by.replica.changePerson(change)
    const known = await by.replica.person()
    const cid = parseCid(DAG_CBOR, known?.id ?? '')
    if (known === undefined || cid === undefined) return
    const fields: ActFields = { log: cid, parents: [], at: timeFromMs(by.now()), do: change }
    const { bytes, signature } = signAct(fields, person.recovery)
    await by.replica.addToPerson([{ bytes, signature }])
  }

  async #changeRoles(device: TestPeer): Promise<void> {
    const random = this.#random
    const ns = this.#nsOf('members')
    if ((await device.replica.namespace(ns)) === undefined) return
    const who = random.pick(this.#persons).digest
    const until = timeFromMs(device.now() - random.below(30_000))
    if (random.chance(0.6)) await device.replica.changeRoles(ns, { type: 'grant', to: who, from: until, ...this.#role() })
    else await device.replica.changeRoles(ns, { type: 'dismiss', who, until, ...(random.chance(0.3) && { void: true }) })
  }

  #role(): { readonly role: (typeof MEMBER_ROLES)[number]; readonly collection?: string } {
    const role = this.#random.pick(MEMBER_ROLES)
    return { role, ...(role !== 'manage' && this.#random.chance(0.3) && { collection: 'notes' }) }
  }

  #nsOf(policy: WritePolicy): string {
    for (const [ns, { write }] of this.#namespaces) if (write === policy) return ns
    throw new Error(`no namespace with policy ${policy}`)
  }

  async #changeHead(device: TestPeer): Promise<void> {
    const ns = this.#random.pick([...this.#namespaces.keys()])
    if ((await device.replica.namespace(ns)) !== undefined) await device.replica.changeHead(ns, { title: `title ${this.#writes++}` })
  }

  async #write(person: TestPerson, device: TestPeer): Promise<void> {
    const random = this.#random
    const [ns, { write }] = random.pick([...this.#namespaces])
    if ((await device.replica.namespace(ns)) === undefined) return
    const prefix = write === 'author' ? `${authorName(identityFor(person.digest, device.identity).author)}/` : ''
    const id = `${prefix}${random.below(8)}`
    await device.replica.write(ns, 'notes', [{ id, content: random.chance(0.25) ? null : `{"_id":"${id}","n":${this.#writes++}}` }])
  }

  /** Lets time pass until the work is done. */
  async #settled(work: Promise<void>): Promise<void> {
    const progress = { isDone: false }
    const watched = work.finally(() => {
      progress.isDone = true
    })
    watched.catch(() => undefined)
    for (await this.#time.settle(); !progress.isDone; await this.#time.advance(10)) continue
    await watched
  }

  async #untilEqual(): Promise<number> {
    for (const began = this.#time.elapsedMs; ; await this.#time.advance(10_000)) {
      const elapsed = this.#time.elapsedMs - began
      const said = await this.#differing()
      if (said === undefined) return elapsed
      if (elapsed > PATIENCE_MS) throw new Error(`After ${PATIENCE_MS / MINUTE_MS} minutes: ${said}`)
    }
  }

  async #differing(): Promise<string | undefined> {
    for (const [ns, { write }] of this.#namespaces) {
      if (await this.#isOfRevokedAlone(ns)) continue
      let first: string | undefined
      for (const { name, replica } of this.#peers) {
        const head = await replica.exportNamespace(ns)
        if (head === undefined) return `${name} does not have the namespace ${write}`
        const logs = toHex((await replica.logsDigest(ns)) ?? new Uint8Array())
        const state = `records ${(await replica.summary(ns)).root}, logs ${logs}, head ${toHex(head.head)}`
        if (first !== undefined && state !== first) return `${name} has something else than others in ${write}: ${state} for ${first}`
        first ??= state
      }
    }
    const failures = this.#peers.flatMap(({ failures: all }) => all)
    if (failures.length > 0) throw new Error('A session ended though nobody did anything wrong', { cause: failures[0] })
    return undefined
  }

  /** What nobody but devices had that were revoked before anybody heard of it is taken by nobody any more: they could make as much of it as they like. */
  async #isOfRevokedAlone(ns: string): Promise<boolean> {
    let isSomewhere = false
    for (const { replica } of this.#peers) {
      const info = await replica.namespace(ns)
      if (info === undefined) continue
      if (info.owner !== (await replica.person())?.id || info.writable) return false
      isSomewhere = true
    }
    return isSomewhere
  }

  /** Devices may have revoked each other until none was left: the recovery key adds another one, which writes the heads anew. */
  async #recover(person: TestPerson): Promise<void> {
    const [known] = person.devices
    const { id, log } = (await known?.replica.person()) ?? {}
    const cid = parseCid(DAG_CBOR, id ?? '')
    if (known === undefined || log === undefined || cid === undefined) return
    const seed = this.#random.bytes(32)
    const key = identityFromSeed(seed)
    const content = { type: 'add', key: key.author, label: '', proof: signDevice(cid, key) } as const
    const act = signAct({ log: cid, parents: [], at: timeFromMs(known.now()), do: content }, person.recovery)
    const device = await this.#peer(`recovered${this.#peers.length}`, { person: { log: { ...log, acts: [...log.acts, act] } }, seed })
    person.devices.push(device)
    this.#join(device)
  }

  /** Whoever comes anew and judges all that is there by itself has the same. */
  async #checkJudged(): Promise<void> {
    const stranger = await this.#peer('stranger')
    this.#join(stranger)
    await this.#untilEqual()
  }
}

async function unlessForbidden(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!NOT_NOW.has(errorCode(error))) throw error
  }
}
