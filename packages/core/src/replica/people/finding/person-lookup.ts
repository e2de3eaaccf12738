import { sha256 } from '#crypto'
import { compareBytes, toHex } from '../../../model/bytes.ts'
import { keyOf } from '../../../model/people/author.ts'
import { decodePerson } from '../../../model/people/person.ts'
import type { StoredLog } from '../../../storage/logs/log-storage.ts'
import type { Namespaces } from '../../namespaces.ts'
import type { ReplicaPeople } from '../../types.ts'
import type { Logs } from '../logs/logs.ts'

/** A person of whom somebody says that a key is their recovery key. */
interface Candidate {
  readonly person: Uint8Array
  readonly hasSigned: boolean
}

/** Finds persons who come back with nothing but their recovery key, and what they need then: what a relay does. */
export class PersonLookup implements Pick<ReplicaPeople, 'personsByRecovery' | 'personLog' | 'namespacesOf'> {
  readonly #logs: Logs
  readonly #namespaces: Pick<Namespaces, 'idOf' | 'all'>
  /**
   * Persons by the hashes, hexadecimal, of their recovery keys, each with whether that key has signed there: anybody can write into a genesis what others publish of theirs. And which
   * logs, with how many acts, have been read for that.
   */
  readonly #byRecovery = new Map<string, Map<string, Candidate>>()
  readonly #read = new Map<string, StoredLog>()
  #reading: Promise<void> | undefined

  constructor(logs: Logs, namespaces: Pick<Namespaces, 'idOf' | 'all'>) {
    this.#logs = logs
    this.#namespaces = namespaces
  }

  async personsByRecovery(commitment: Uint8Array): Promise<readonly Uint8Array[]> {
    // One reading at a time, of what is new since the last.
    this.#reading ??= this.#readNew().finally(() => (this.#reading = undefined))
    await this.#reading
    const found = [...(this.#byRecovery.get(toHex(commitment))?.values() ?? [])]
    if (found.length < 2) return found.map(({ person }) => person)
    // Who copied what others publish came later.
    const since = this.#firstOwned()
    const order = ({ person }: Candidate): number => since.get(toHex(person)) ?? Number.POSITIVE_INFINITY
    return found
      .toSorted((a, b) => Number(b.hasSigned) - Number(a.hasSigned) || Math.sign(order(a) - order(b)) || compareBytes(a.person, b.person))
      .map(({ person }) => person)
  }

  /** Of each owner, hexadecimal, the lowest number of their namespaces: these are in the order in which they came. */
  #firstOwned(): ReadonlyMap<string, number> {
    const first = new Map<string, number>()
    for (const { ns, genesis } of this.#namespaces.all()) {
      const owner = toHex(genesis.genesis.owner)
      first.set(owner, Math.min(ns, first.get(owner) ?? ns))
    }
    return first
  }

  async #readNew(): Promise<void> {
    // Logs that nobody needs go again, and anybody can bring them.
    for (const [hex, { log }] of this.#read) if (this.#logs.get(log) === undefined) this.#forget(hex)
    for (const log of Array.from(this.#logs.all())) {
      const hex = toHex(log.log)
      if (log.genesis === undefined || this.#read.get(hex) === log) continue
      const person = decodePerson(log.genesis)
      if (!person.ok) continue
      const first = toHex(person.value.genesis.recovery)
      this.#note(first, log.log, false)
      const acts = log.tips.length > 0 ? (await this.#logs.graph(log.log)).acts : []
      for (const { act } of acts) {
        const signer = act.via === undefined ? toHex(sha256(keyOf(act.by))) : ''
        // A recovery key that followed another one has proved itself by that.
        if (signer === first || (signer !== '' && act.do.type === 'confirm')) this.#note(signer, log.log, true)
      }
      this.#read.set(hex, log)
    }
  }

  #forget(person: string): void {
    this.#read.delete(person)
    for (const [recovery, candidates] of this.#byRecovery) {
      candidates.delete(person)
      if (candidates.size === 0) this.#byRecovery.delete(recovery)
    }
  }

  #note(recovery: string, person: Uint8Array, hasSigned: boolean): void {
    const candidates = this.#byRecovery.get(recovery) ?? new Map<string, Candidate>()
    const hex = toHex(person)
    const known = candidates.get(hex)
    candidates.set(hex, { person, hasSigned: hasSigned || known?.hasSigned === true })
    this.#byRecovery.set(recovery, candidates)
  }

  async personLog(person: Uint8Array, from: number, maxBytes: number): ReturnType<ReplicaPeople['personLog']> {
    const known = this.#logs.get(person)
    if (known?.genesis === undefined) return undefined
    const { acts } = await this.#logs.graph(person)
    let end = from
    for (let bytes = 0; end < acts.length && (end === from || bytes <= maxBytes); end++)
      bytes += (acts[end]?.bytes.length ?? 0) + (acts[end]?.signature.length ?? 0)
    return {
      log: person,
      genesis: known.genesis,
      acts: acts.slice(from, end).map(({ bytes, signature }) => ({ bytes, signature })),
      more: end < acts.length,
    }
  }

  async namespacesOf(person: Uint8Array, after: string, limit: number): Promise<readonly string[]> {
    const ids = this.#logs.namespacesOf(person).flatMap((ns) => this.#namespaces.idOf(ns) ?? [])
    return ids
      .filter((id) => id > after)
      .sort()
      .slice(0, limit)
  }
}
