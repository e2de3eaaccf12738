import { type Device, equalBytes, type Replica, timeFromMs, toHex } from '@p2p-docstore/core'
import type { ActsFor, VerifiedStatement } from '@p2p-docstore/core/people/names'

/** Persons, by their digests, whose devices signed these statements. */
export function personsOf(statements: readonly VerifiedStatement[]): readonly Uint8Array[] {
  const persons = new Map<string, Uint8Array>()
  for (const { value } of statements) if (value.t !== 'name-grant' && value.t !== 'name-denial') persons.set(toHex(value.person), value.person)
  return [...persons.values()]
}

/** Whose keys act for the persons of these statements, by the logs that are here. For a person whose log is not here no key does. */
export async function actsForOf(replica: Pick<Replica, 'devicesOf'>, statements: readonly VerifiedStatement[]): Promise<ActsFor> {
  const devices = new Map<string, readonly Device[]>()
  for (const person of personsOf(statements)) devices.set(toHex(person), (await replica.devicesOf(person)) ?? [])
  return (person, key, at) => {
    const device = devices.get(toHex(person.multihash.digest))?.find((one) => equalBytes(one.key, key))
    if (at === 'ever') return device !== undefined
    return device !== undefined && device.void !== true && timeFromMs(at) <= (device.until ?? Number.POSITIVE_INFINITY)
  }
}
