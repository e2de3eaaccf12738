import { type Document, errorCode, isDisplayName } from '@p2p-docstore/core'
import type { Collection } from '../collection.ts'
import { MAX_CONTACTS } from './limits.ts'
import type { Contact } from './types.ts'

/** The collection of a profile with what its owner writes about others: one document each, one field each thing, so that no device overwrites another. */
export const CONTACTS = 'contacts'

/** All contacts, by their identities. */
export async function readContacts(contacts: Collection): Promise<ReadonlyMap<string, Contact>> {
  const read = new Map<string, Contact>()
  for (const document of await contacts.find({}, { limit: MAX_CONTACTS }).toArray()) {
    const contact = contactOf(document)
    if (contact.follow || contact.block || contact.petname !== undefined) read.set(document._id, contact)
  }
  return read
}

/** Another program may have written anything. */
function contactOf({ follow, block, petname }: Document): Contact {
  return { follow: follow === true, block: block === true, petname: isDisplayName(petname) ? petname : undefined }
}

/** Sets one field of a document of a map, and nothing else in it; `null` takes it away. */
export async function setField(map: Collection, id: string, field: string, value: Document[string] | null): Promise<void> {
  const changes = value === null ? { $unset: { [field]: true } } : { $set: { [field]: value } }
  try {
    await map.update(id, changes)
  } catch (error) {
    if (errorCode(error) !== 'not-found') throw error
    if (value !== null) await map.put({ _id: id, [field]: value }, { was: undefined })
  }
}
