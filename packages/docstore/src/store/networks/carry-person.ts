import { errorCode, type LogParcel, type Replica, toHex } from '@p2p-docstore/core'
import type { Docstore } from '../docstore.ts'

/**
 * A person is the same in all networks of some data: what one of them knows of their devices the others get to know, and the other way round. One that has no documents
 * yet signs for the person from now on; one whose documents its own key wrote, or another person, stays as it is.
 */
export async function carryPerson(from: Docstore, stores: readonly Docstore[]): Promise<void> {
  const person = await from.replica.person()
  if (person === undefined) return
  for (const store of stores) {
    if (store === from) continue
    const theirs = await store.replica.person()
    if (theirs?.id === person.id) {
      await addMissing(store.replica, person.log, theirs.log)
      await addMissing(from.replica, theirs.log, person.log)
    } else if ((await store.replica.namespaceIds()).length === 0) {
      try {
        await store.replica.becomeDevice(person.log)
      } catch (error) {
        // Revoked, this device is nobody's any more, and what it has goes on being readable.
        if (errorCode(error) !== 'not-allowed') throw error
      }
      await store.readInfo()
    }
  }
}

async function addMissing(to: Replica, { acts }: LogParcel, known: LogParcel): Promise<void> {
  const have = new Set(known.acts.map(({ signature }) => toHex(signature)))
  const missing = acts.filter(({ signature }) => !have.has(toHex(signature)))
  if (missing.length > 0) await to.addToPerson(missing)
}
