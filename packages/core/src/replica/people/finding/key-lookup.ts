import { concatBytes, equalBytes, toHex } from '../../../model/bytes.ts'
import { cidOf, DAG_CBOR } from '../../../model/encoding/cid.ts'
import { keyOf } from '../../../model/people/author.ts'
import { decodePerson } from '../../../model/people/person.ts'
import type { StoredLog } from '../../../storage/logs/log-storage.ts'
import type { ReplicaGround } from '../../ground.ts'
import type { PersonOfKey } from '../../types.ts'
import type { People } from '../people.ts'

/**
 * Finds the persons of whom a key is a device, or was. Each key has proved that: by signing that it wants to be added; the first one of a person, which anybody can write
 * into a genesis, by an act or a record that it signed for them.
 */
export class KeyLookup {
  readonly #ground: Pick<ReplicaGround, 'storage' | 'clock'>
  readonly #people: People
  /** Digests of persons, hexadecimal, by keys, and which logs were read for that. */
  readonly #personsOf = new Map<string, Map<string, Uint8Array>>()
  readonly #read = new Map<string, StoredLog>()
  #reading: Promise<void> | undefined

  constructor(ground: Pick<ReplicaGround, 'storage' | 'clock'>, people: People) {
    this.#ground = ground
    this.#people = people
  }

  async personsOfKey(key: Uint8Array): Promise<readonly PersonOfKey[]> {
    // One reading at a time, of what is new since the last.
    this.#reading ??= this.#readNew().finally(() => (this.#reading = undefined))
    await this.#reading
    const persons: PersonOfKey[] = []
    for (const person of this.#personsOf.get(toHex(key))?.values() ?? []) {
      const acts = (await this.#people.state(person))?.acts(key, this.#ground.clock.wall()) ?? 'no-device'
      if (acts !== 'no-device' && (await this.#isProved(key, person)))
        persons.push({ person: cidOf(DAG_CBOR, person).toString(), isRevoked: acts === 'revoked' })
    }
    return persons
  }

  async #readNew(): Promise<void> {
    // Logs that nobody needs go again, and anybody can bring them.
    for (const [hex, { log }] of this.#read) if (this.#people.logs.get(log) === undefined) this.#forget(hex)
    for (const log of Array.from(this.#people.logs.all())) {
      const hex = toHex(log.log)
      const person = log.genesis && this.#read.get(hex) !== log ? decodePerson(log.genesis) : undefined
      if (person?.ok !== true) continue
      this.#note(person.value.genesis.device, log.log)
      if (log.tips.length > 0)
        for (const { act } of (await this.#people.logs.graph(log.log)).acts) if (act.do.type === 'add') this.#note(act.do.key, log.log)
      this.#read.set(hex, log)
    }
  }

  #forget(person: string): void {
    this.#read.delete(person)
    for (const [key, persons] of this.#personsOf) {
      persons.delete(person)
      if (persons.size === 0) this.#personsOf.delete(key)
    }
  }

  #note(key: Uint8Array, person: Uint8Array): void {
    const hex = toHex(key)
    const persons = this.#personsOf.get(hex) ?? new Map<string, Uint8Array>()
    this.#personsOf.set(hex, persons.set(toHex(person), person))
  }

  async #isProved(key: Uint8Array, person: Uint8Array): Promise<boolean> {
    const genesis = decodePerson(this.#people.logs.get(person)?.genesis ?? new Uint8Array())
    if (!genesis.ok || !equalBytes(genesis.value.genesis.device, key)) return true
    if (await this.#ground.storage.isAuthor(concatBytes(key, person))) return true
    return (await this.#people.logs.graph(person)).acts.some(({ act }) => equalBytes(keyOf(act.by), key))
  }
}
