import { timeOfLogId } from '../../../model/types/log-id.ts'
import { parseSortInput, readFilter } from '../../../query/index.ts'
import type { ReplicaGround } from '../../ground.ts'

/**
 * The first of times for new entries of a log: after the last entry that is here, so that an answer stands after what it answers, whatever
 * the clocks of the two are.
 */
export async function entryTime({ storage, clock, latest }: ReplicaGround, ns: number, collection: string, count: number): Promise<number> {
  const query = { filter: await readFilter({}), sort: parseSortInput({ _id: -1 }), limit: 1 }
  const [last] = (await storage.find(ns, collection, query)).contents
  const newest = last === undefined ? 0 : (timeOfLogId(String((JSON.parse(last) as { _id: unknown })._id)) ?? 0)
  // Somebody's clock that is ahead pulls nobody's beyond what others accept.
  const first = clock.next(newest < latest() ? newest : 0)
  for (let i = 1; i < count; i++) clock.next(0)
  return first
}
