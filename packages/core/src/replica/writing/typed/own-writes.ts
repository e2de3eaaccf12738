import { DocstoreError } from '../../../errors.ts'
import { isCrdtPartIdOf } from '../../../model/types/crdt-part-id.ts'
import { isLogIdOf, timeOfLogId } from '../../../model/types/log-id.ts'
import type { ReplicaGround } from '../../ground.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import type { Write } from '../../types.ts'
import { type LocalWrite, localWrite } from '../local-write.ts'
import { wrongType } from './wrong-type.ts'

/** Where a write to a collection goes in which each record is its author's own. */
export interface OwnCollection {
  readonly open: OpenNamespace
  readonly collection: string
  readonly type: 'log' | 'crdt'
}

/** The entries of writes to a log, or of parts of shared documents. Throws `wrong-type`, and `not-allowed` for what is another author's. */
export function ownWrites({ open, collection, type }: OwnCollection, writes: readonly Write[], ground: ReplicaGround): readonly LocalWrite[] {
  const { identity, clock, latest } = ground
  const author = { identity, clock }
  return writes.map((write) => {
    if (type === 'crdt') {
      if (!isCrdtPartIdOf(write.id, identity.author)) throw isCrdt(collection)
      return localWrite(open.scope, collection, write, author, { ownSlot: true })
    }
    const at = timeOfLogId(write.id)
    if (at === undefined) throw isLog(collection)
    if (!isLogIdOf(write.id, identity.author))
      throw new DocstoreError('not-allowed', `The entry ${JSON.stringify(write.id)} is another author's: who wrote it can delete it, and nobody else`)
    if (write.content === null) return localWrite(open.scope, collection, write, author, { ownSlot: true })
    if (at > latest()) throw new DocstoreError('bad-id', `The entry ${JSON.stringify(write.id)} has a time that is yet to come`)
    return localWrite(open.scope, collection, write, author, { ownSlot: true, at })
  })
}

function isLog(collection: string): DocstoreError {
  return wrongType(collection, 'log', 'its entries get their _id when they are put, from time and author, and stay as they are')
}

function isCrdt(collection: string): DocstoreError {
  return wrongType(collection, 'crdt', 'its documents are changed through openCrdt, and read with get')
}
