import { fullError } from '../../storage/space/room.ts'
import type { ReplicaGround } from '../ground.ts'
import { REDATE_PAGE } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { Redated } from '../types.ts'
import { commitOr } from './commit-or.ts'
import type { Fitted } from './full-store.ts'
import { redatedEntries } from './redated-entry.ts'

/** Writes anew what nobody else can have of a namespace and lies in the future; resolves with how many records that was. */
async function redateRecords(ground: ReplicaGround, open: OpenNamespace): Promise<number> {
  const { storage, identity, clock, latest, news, pause } = ground
  let redated = 0
  let isFull = false
  for (let since = 0; ; ) {
    const { known } = await storage.times(open.ns)
    const found = await storage.unknownFuture(open.ns, { after: latest(), by: identity.author, since, limit: REDATE_PAGE })
    const last = found.at(-1)
    if (last === undefined) break
    since = last.seq
    const entries = found.flatMap((record) => redatedEntries(open.scope, record, { identity, clock, known }))
    // The same contents take no more room than before: a full store takes them too.
    const fitted = await commitOr<readonly Fitted[], readonly Fitted[]>(
      () => storage.commit(open.ns, entries),
      async () => (await import('./full-store.ts')).commitWhatFits(storage, open.ns, entries, []),
    )
    const outcomes = fitted.filter((outcome) => outcome !== 'no-room')
    news.tellOf(open.id, outcomes)
    // What its user has written anew meanwhile lies further on.
    const count = outcomes.filter((outcome) => outcome !== undefined).length
    const isPageFull = outcomes.length < fitted.length
    isFull ||= isPageFull
    if (isPageFull && count === 0) break
    redated += count
    await pause()
  }
  if (isFull) throw fullError('what was written under a wrong clock could not be written anew')
  // Puts right how far the times of the namespace reach.
  if (redated > 0) await storage.future(open.ns, latest(), identity.author)
  return redated
}

/** Gives all that lies in the future and nobody else has a right time. */
export async function redateAll(ground: ReplicaGround, all: Pick<Namespaces, 'all' | 'redateHead' | 'open'>): Promise<Omit<Redated, 'acts'>> {
  const { storage, latest, newest } = ground
  let [records, namespaces] = [0, 0]
  for (const open of all.all()) {
    if (await all.redateHead(open)) namespaces++
    // A new time would lie after the end.
    if (open.head.head.body.ended !== undefined) continue
    // What others have lies ahead of this clock: it is wrong now, or theirs was as wrong. Then a new time could lose against theirs.
    if ((await storage.times(open.ns)).known > latest()) continue
    records += await redateRecords(ground, open)
  }
  if (records + namespaces === 0) return { records, namespaces }
  // How far all times reach is looked at anew, so that where nothing lies ahead any more nothing is looked at again.
  await newest.findAnew(async () => {
    for (const { ns, id } of all.all()) {
      newest.raise(all.open(id).head.head.at)
      newest.raise((await storage.times(ns)).newest)
    }
  })
  return { records, namespaces }
}
