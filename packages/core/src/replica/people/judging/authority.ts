import type { BytesMap } from '../../../model/bytes-map.ts'
import type { ActingDevices } from '../../../model/namespace/namespace.ts'
import { type AuthoredRecord, authorFault, type KnownPeople, removalFault } from '../../../model/people/author-fault.ts'
import type { RolesState } from '../../../model/people/roles-state.ts'
import { isOfAuthors } from '../../../model/types/collection-type.ts'
import { isMapBase } from '../../../model/types/map-base.ts'
import { typeOf } from '../../../model/types/type-of.ts'
import type { Refusal } from '../../../model/verdict.ts'
import { ownContent } from '../../../storage/records/own-content.ts'
import type { StoredRecord } from '../../../storage/storage.ts'
import type { OpenNamespace } from '../../open-namespace.ts'

/** What logs of persons and roles say of the records of a namespace, as they were when it was made. */
export class Authority implements KnownPeople {
  readonly #open: OpenNamespace
  readonly #people: BytesMap<ActingDevices>
  readonly roles?: RolesState

  constructor(open: OpenNamespace, people: BytesMap<ActingDevices>, roles: RolesState | undefined) {
    this.#open = open
    this.#people = people
    if (roles !== undefined) this.roles = roles
  }

  person(digest: Uint8Array): ActingDevices | undefined {
    return this.#people.get(digest)
  }

  /** Why a record is not accepted from whom it is; `undefined` where it is. */
  fault(record: AuthoredRecord): Refusal | undefined {
    return authorFault(this.#open.genesis.genesis, record, this)
  }

  /** Why the record with this hash is not accepted, whoever wrote it. */
  removalFault(hash: Uint8Array, collection: string | undefined): Refusal | undefined {
    return this.roles === undefined ? undefined : removalFault(hash, collection, this)
  }

  /** The same of a record that is stored: what another peer cannot know of it does not count. */
  storedFault(record: StoredRecord): Refusal | undefined {
    const { by, at, kh, collection: known, id: knownId, ownSlot, hash, edit } = record
    const collection = kh === null && known !== null ? known : undefined
    const type = collection === undefined ? undefined : typeOf(this.#open.head.head.body, collection)
    const isNamed = type !== undefined && knownId !== null && !isOfAuthors(type)
    const id = isNamed ? knownId : undefined
    const isBase = type === 'map' && edit === undefined && id !== undefined && isMapBase(ownContent(record) ?? '', id)
    const place = { ...(collection === undefined ? {} : { collection }), ...(ownSlot && { ownSlot }), isMapBase: isBase }
    return this.fault({ by, at, id, ...place }) ?? this.removalFault(hash, collection)
  }
}
