import { DocstoreError } from '../../../errors.ts'
import { decodeCbor, encodeCbor, isBytes } from '../../../model/encoding/cbor.ts'
import { type SignedAct, storedAct } from '../../../model/people/act.ts'
import { OWN_LOGS } from '../../../storage/logs/log-storage.ts'
import type { Storage } from '../../../storage/storage.ts'
import { KnownActs } from '../logs/known-acts.ts'
import { PERSON, PERSON_GENESIS, RECOVERY } from '../person-meta.ts'

/** Name of the acts of the person's log, where they are kept outside of a database. */
const ACTS = 'person-acts'
/** Longest log that is kept so, bytes; a longer one comes from others, with the namespaces. */
const MAX_ACTS_BYTES: number = 512 * 1024

/** What makes data sign for its person, and their recovery key while it lies here. */
const VALUES: readonly string[] = [PERSON, PERSON_GENESIS, RECOVERY]
/** Names of all that `keptPerson` gives. */
export const KEPT_PERSON_VALUES: readonly string[] = [...VALUES, ACTS]

/** For whom a storage signs, as values that can be kept outside of it: whoever loses the database is that person still. Empty where it signs for its key alone. */
export async function keptPerson(storage: Storage): Promise<ReadonlyMap<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>()
  const person = await storage.getMeta(PERSON)
  if (person === undefined) return values
  for (const name of VALUES) {
    const value = await storage.getMeta(name)
    if (value !== undefined) values.set(name, value)
  }
  const acts = encodeCbor((await storage.acts(person)).map(({ bytes, signature }) => [bytes, signature]))
  if (acts.length <= MAX_ACTS_BYTES) values.set(ACTS, acts)
  return values
}

/** Makes a storage sign for the person of such values. One that has documents, or a person, stays as it is. Throws `data-corrupt`. */
export async function givePerson(storage: Storage, values: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const [person, genesis, acts] = [values.get(PERSON), values.get(PERSON_GENESIS), values.get(ACTS)]
  if (person === undefined || genesis === undefined) return
  if ((await storage.getMeta(PERSON)) !== undefined || (await storage.namespaces()).length > 0) return
  const graph = new KnownActs(acts === undefined ? [] : actsOf(acts))
  await storage.addActs({ log: person, genesis, tips: graph.tips }, graph.acts, OWN_LOGS)
  // Last for whom it signs, so that who was ended in between does it again.
  for (const name of [RECOVERY, PERSON_GENESIS, PERSON]) await storage.setMeta(name, values.get(name))
}

function actsOf(bytes: Uint8Array): readonly SignedAct[] {
  const list = decodeCbor(bytes, MAX_ACTS_BYTES)
  if (!list.ok || !Array.isArray(list.value)) throw damaged()
  return list.value.map(signedAct)
}

function signedAct(pair: unknown): SignedAct {
  const [bytes, signature]: unknown[] = Array.isArray(pair) ? pair : []
  if (!isBytes(bytes) || !isBytes(signature)) throw damaged()
  const act = storedAct(bytes, signature)
  if (!act.ok) throw damaged()
  return act.value
}

function damaged(): DocstoreError {
  return new DocstoreError('data-corrupt', 'What is kept of the person cannot be read. Restore a backup')
}
