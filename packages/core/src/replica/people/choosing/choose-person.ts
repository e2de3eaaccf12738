import { DocstoreError } from '../../../errors.ts'
import { equalBytes } from '../../../model/bytes.ts'
import { createSeed, type Identity, identityFromSeed } from '../../../model/keys/identity.ts'
import { decodeActs, type SignedAct } from '../../../model/people/act.ts'
import { createPerson, decodePerson, personNonce } from '../../../model/people/person.ts'
import { personState } from '../../../model/people/person-state.ts'
import { OWN_LOGS } from '../../../storage/logs/log-storage.ts'
import type { Storage } from '../../../storage/storage.ts'
import type { LogParcel } from '../../types.ts'
import { KnownActs } from '../logs/known-acts.ts'
import { canAct } from '../logs/can-act.ts'
import { hideSeed } from './hidden-seed.ts'
import { PERSON, PERSON_GENESIS, RECOVERY } from '../person-meta.ts'

/**
 * For whom data signs that has no documents: a new person, `first-use` where it is opened for the first time, `new` with a recovery key that is made here and kept, or with one that has this public half (34 bytes); or the
 * one whose device this has become, by their log.
 */
export type PersonChoice = 'first-use' | 'new' | { readonly recovery: Uint8Array } | { readonly log: LogParcel }

/**
 * Makes the person for whom this data signs from now on, or takes up the one whose device its key is. Data that has namespaces signs as it did: `undefined`.
 * Throws `not-allowed`, `bad-person`.
 */
export async function choosePerson(
  storage: Storage,
  { identity, seed }: { readonly identity: Identity; readonly seed: Uint8Array },
  choice: Exclude<PersonChoice, 'first-use'>,
): Promise<Uint8Array | undefined> {
  const isUsed = (await storage.namespaces()).length > 0
  if (choice === 'new') {
    if (isUsed) return undefined
    const recovery = createSeed()
    await storage.setMeta(RECOVERY, hideSeed(recovery, seed))
    const nonce = personNonce(recovery, identity.author)
    return begin(storage, { device: identity, recovery: identityFromSeed(recovery).author, nonce })
  }
  if ('recovery' in choice) return isUsed ? undefined : begin(storage, { device: identity, recovery: choice.recovery })
  if (isUsed) return undefined
  const { log, genesis, acts } = choice.log
  const person = genesis && decodePerson(genesis)
  if (person?.ok !== true || !equalBytes(person.value.digest, log)) throw badPerson('it does not begin as a person does')
  const graph = new KnownActs()
  for (const act of await decodeActs(acts)) {
    if (!act.ok || !equalBytes(act.value.act.log.multihash.digest, log) || !canAct(act.value, graph, person.value.genesis))
      throw badPerson('an act in it cannot be read, or comes before what it follows')
    if (graph.get(act.value.hash) === undefined) graph.add(act.value)
  }
  const state = personState(person.value, graph.acts)
  const last = graph.acts.reduce((at, { act }) => Math.max(at, act.at), 0)
  if (state.acts(identity.author, last) !== 'yes')
    throw new DocstoreError('not-allowed', 'This device is none of that person: add it on another one first')
  return keep(storage, { log, genesis: person.value.bytes, tips: graph.tips }, graph.acts)
}

async function begin(storage: Storage, init: Parameters<typeof createPerson>[0]): Promise<Uint8Array> {
  const { digest, bytes } = createPerson(init)
  return keep(storage, { log: digest, genesis: bytes }, [])
}

async function keep(
  storage: Storage,
  { tips = [], ...log }: { readonly log: Uint8Array; readonly genesis: Uint8Array; readonly tips?: readonly Uint8Array[] },
  acts: readonly SignedAct[],
): Promise<Uint8Array> {
  await storage.addActs({ ...log, tips }, acts, OWN_LOGS)
  // First what it is needed for: a person without a genesis could sign nothing.
  await storage.setMeta(PERSON_GENESIS, log.genesis)
  await storage.setMeta(PERSON, log.log)
  return log.log
}

function badPerson(what: string): DocstoreError {
  return new DocstoreError('bad-person', `The log of the person cannot be taken: ${what}`)
}
