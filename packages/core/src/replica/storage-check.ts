import { isOfIndex } from '../storage/damage.ts'
import type { QueriesAside } from '../storage/queries/queries-aside.ts'
import type { Storage } from '../storage/storage.ts'
import type { StorageCheck } from './types.ts'

/** Looks at the whole database, aside where that is possible, and makes indexes anew where nothing else is damaged. */
export async function checkStorage(storage: Storage, queries: QueriesAside | undefined): Promise<StorageCheck> {
  const find = async (): Promise<readonly string[]> => (queries === undefined ? storage.findDamage() : queries.findDamage())
  const damage = await find()
  if (damage.length === 0 || !damage.every(isOfIndex)) return { damage, isRepaired: false }
  await storage.rebuildIndexes()
  const left = await find()
  return left.length === 0 ? { damage, isRepaired: true } : { damage: left, isRepaired: false }
}
