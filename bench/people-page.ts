// Runs in Chromium: checks a log of acts that the program beside it serves.
import { decodeActs } from '../packages/core/src/model/people/act.ts'
import { type DecodedPerson, decodePerson } from '../packages/core/src/model/people/person.ts'
import { personState } from '../packages/core/src/model/people/person-state.ts'

/** A log as it is served: base64 of the genesis, and of the bytes and the signature of each act. */
export interface ServedLog {
  readonly person: string
  readonly acts: readonly (readonly [bytes: string, signature: string])[]
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

interface Log {
  readonly person: DecodedPerson
  readonly signed: readonly { readonly bytes: Uint8Array; readonly signature: Uint8Array }[]
}

let log: Log | undefined

async function fetchLog(): Promise<void> {
  const served = (await (await fetch('/log')).json()) as ServedLog
  const person = decodePerson(bytesOf(served.person))
  if (!person.ok) throw new Error(person.reason)
  log = { person: person.value, signed: served.acts.map(([bytes, signature]) => ({ bytes: bytesOf(bytes), signature: bytesOf(signature) })) }
}

async function measure(): Promise<Readonly<Record<string, number>>> {
  if (log === undefined) throw new Error('The log was not fetched')
  const { person, signed } = log
  const began = performance.now()
  const acts = (await decodeActs(signed)).map((act) => {
    if (!act.ok) throw new Error(act.reason)
    return act.value
  })
  const checked = performance.now()
  const { devices } = personState(person, acts)
  const ended = performance.now()
  if (devices.length < 1000) throw new Error(`The log has ${devices.length} devices`)
  return { 'the same by the clock, s': (ended - began) / 1000, 'of that the state, by the clock, s': (ended - checked) / 1000 }
}

Object.assign(globalThis, { fetchPeople: fetchLog, measurePeople: measure })
