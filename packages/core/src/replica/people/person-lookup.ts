import { sha256 } from '#crypto'
import { toHex } from '../../model/bytes.ts'
import type { SignedAct } from '../../model/people/act.ts'
import { keyOf } from '../../model/people/author.ts'
import { decodePerson } from '../../model/people/person.ts'
import type { StoredLog } from '../../storage/logs/log-storage.ts'
import type { Namespaces } from '../namespaces.ts'
import type { ReplicaPeople } from '../types.ts'
import type { Logs } from './logs.ts'

/** Finds persons who come back with nothing but their recovery key, and what they need then: what a relay does. */
export class PersonLookup implements Pick<ReplicaPeople, 'personByRecovery' | 'personLog' | 'namespacesOf'> {
  readonly #logs: Logs
  readonly #namespaces: Pick<Namespaces, 'idOf' | 'all'>
  /** Persons by the hashes, hexadecimal, of their recovery keys; and which logs, with how many acts, have been read for that. */
  readonly #byRecovery = new Map<string, Uint8Array>()
  readonly #read = new Map<string, StoredLog>()
  #reading: Promise<void> | undefined

  constructor(logs: Logs, namespaces: Pick<Namespaces, 'idOf' | 'all'>) {
    this.#logs = logs
    this.#namespaces = namespaces
  }

  async personByRecovery(commitment: Uint8Array): Promise<Uint8Array | undefined> {
    // One reading at a time, of what is new since the last.
    this.#reading ??= this.#readNew().finally(() => (this.#reading = undefined))
    await this.#reading
    return this.#byRecovery.get(toHex(commitment))
  }

  async #readNew(): Promise<void> {
    for (const log of Array.from(this.#logs.all())) {
      const hex = toHex(log.log)
      if (log.genesis === undefined || this.#read.get(hex) === log) continue
      const person = decodePerson(log.genesis)
      if (!person.ok) continue
      this.#byRecovery.set(toHex(person.value.genesis.recovery), log.log)
      if (log.tips.length > 0) for (const act of (await this.#logs.graph(log.log)).acts) this.#note(act, log.log)
      this.#read.set(hex, log)
    }
  }

  /** A recovery key that followed another one has proved itself. */
  #note({ act: { do: content, by } }: SignedAct, person: Uint8Array): void {
    if (content.type !== 'confirm') return
    const hex = toHex(sha256(keyOf(by)))
    // Anybody can confirm what they like in a log of their own: who said it first is found.
    if (!this.#byRecovery.has(hex)) this.#byRecovery.set(hex, person)
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
