import { decodeGenesis, type Replica } from '@p2p-docstore/core'
import { readNetwork } from '../admission/index.ts'
import type { RelayLimits } from '../relay-limits.ts'
import { RelayIntake } from './intake.ts'

/** The limits of a relay that keeps this data. */
export async function openIntake(replica: Replica, limits: RelayLimits, onError: (error: unknown) => void): Promise<RelayIntake> {
  const { cid } = readNetwork((await replica.info()).network.descriptor)
  const ownerOf = (genesis: Uint8Array): Uint8Array | undefined => {
    const decoded = decodeGenesis(genesis, cid)
    return decoded.ok ? decoded.value.genesis.owner : undefined
  }
  return new RelayIntake({ replica, limits, ownerOf, now: () => performance.now(), onError })
}
