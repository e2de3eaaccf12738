import type { Replica } from '@p2p-docstore/core'
import type { Network } from '../network/types.ts'
import type { Diagnosis } from './diagnosis.ts'
import { type HeldBack, heldBack } from './held-back.ts'

/** Namespaces that the doctor names; of further ones it tells how many. */
const MAX_NAMED = 5

/** What is held back in all namespaces; nothing where nothing is. */
export async function checkHeldBack(replica: Replica, network: Network | undefined): Promise<readonly Diagnosis[]> {
  const found: { readonly name: string; readonly held: HeldBack }[] = []
  for (const { id, name } of await replica.namespaces()) {
    const peers = (await network?.namespaceStatus(id))?.peers ?? []
    const held = heldBack(await replica.future(id), peers)
    if (held.records > 0) found.push({ name, held })
  }
  if (found.length === 0) return []
  const sum = (pick: (held: HeldBack) => number): number => found.reduce((total, { held }) => total + pick(held), 0)
  const names = found.slice(0, MAX_NAMED).map(({ name }) => `"${name}"`)
  const others = found.length > MAX_NAMED ? ` and ${found.length - MAX_NAMED} more` : ''
  const total: HeldBack = {
    records: sum(({ records }) => records),
    mendable: sum(({ mendable }) => mendable),
    reason: 'future',
    until: Math.max(...found.map(({ held }) => held.until ?? 0)) || undefined,
  }
  const message = `${heldBackText(total)}, in ${names.join(', ')}${others}`
  return [{ check: 'held', ok: false, fault: 'held-back', message, fix: heldBackFix(total) }]
}

/** What is held back, for people: `held back: future, 3 records`. */
export function heldBackText({ records, reason, until }: HeldBack): string {
  const when = until === undefined ? '' : ` (until ${new Date(until).toISOString()})`
  return `Held back: ${reason ?? 'nothing'}, ${records} ${records === 1 ? 'record' : 'records'}${when}`
}

/** What to do about it. */
export function heldBackFix({ records, mendable }: HeldBack): string {
  const mended =
    'Set the clock of this machine right and connect: as soon as a relay confirms it, what only this peer has gets a right time and is sent'
  if (mendable >= records) return mended
  return `${mended}. What others have already must keep its time: put such a document under another _id, or wait. Everything else is sent meanwhile`
}
