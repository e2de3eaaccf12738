import type { Replica } from '@p2p-docstore/core'
import type { Network } from '../network/types.ts'
import type { Diagnosis } from './diagnosis.ts'

/** What relays do not take because they are full, namespace by namespace; nothing where all have room. */
export async function checkRoom(replica: Replica, network: Network | undefined): Promise<readonly Diagnosis[]> {
  if (network === undefined) return []
  const full: Diagnosis[] = []
  for (const { id, name } of await replica.namespaces()) {
    for (const { id: peer, lastRefusal, refused, held } of (await network.namespaceStatus(id)).peers) {
      // What is held back is told of elsewhere.
      const left = refused - held
      if (lastRefusal !== 'quota' || left <= 0) continue
      const message = `There is no room for ${left} records of "${name}" between this peer and ${peer}: one of both has reached its limit`
      const fix = 'Delete what is not needed, which works all the same, or raise the limit of the relay (--max-disk). The rest follows by itself then'
      full.push({ check: 'copies', ok: false, fault: 'quota', message, fix })
    }
  }
  return full
}
