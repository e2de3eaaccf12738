import { type Ledger, type NamespaceBytes, PROFILE_KIND, type Replica } from '@p2p-docstore/core'
import type { Misconduct } from '../admission/index.ts'
import type { Streams } from '../sync/index.ts'
import { serveRequests } from '../sync/index-server.ts'
import { MAX_PROFILES_BYTES, MAX_PROFILES_FRAME_BYTES, MAX_PROFILES_STREAMS } from './limits.ts'
import { decodeProfilesRequest, encodeProfiles, type ProfilesRequest, type ProfilesResponse } from './messages.ts'
import { profilesProtocol } from './protocol.ts'

/** What a request costs, and each id in it, in the units of the ledger. */
const REQUEST_UNITS = 1
const ID_UNITS = 1 / 16

/** What answering takes. */
export interface ProfilesServerInit {
  readonly replica: Pick<Replica, 'namespace' | 'exportNamespace'>
  readonly networkId: string
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
}

/** Tells everyone in the network what profiles say that are here: what a relay does. */
export async function serveProfiles(libp2p: Streams, { replica, networkId, misconduct, ledgerOf }: ProfilesServerInit): Promise<void> {
  await serveRequests<ProfilesRequest, ProfilesResponse>(libp2p, {
    protocol: profilesProtocol(networkId),
    maxFrameBytes: MAX_PROFILES_FRAME_BYTES,
    maxStreams: MAX_PROFILES_STREAMS,
    decode: decodeProfilesRequest,
    encode: encodeProfiles,
    answer: ({ ids }) => profilesOf(ids, replica),
    unitsOf: ({ ids }) => REQUEST_UNITS + ids.length * ID_UNITS,
    misconduct,
    ledgerOf,
  })
}

async function profilesOf(ids: readonly string[], replica: ProfilesServerInit['replica']): Promise<ProfilesResponse> {
  const profiles: NamespaceBytes[] = []
  let bytes = 0
  for (const [taken, id] of ids.entries()) {
    const isProfile = (await replica.namespace(id))?.kind === PROFILE_KIND
    const profile = isProfile ? await replica.exportNamespace(id) : undefined
    if (profile === undefined) continue
    bytes += profile.genesis.length + profile.head.length + profile.signature.length
    if (profiles.length > 0 && bytes > MAX_PROFILES_BYTES) return { t: 'profiles', profiles, taken }
    profiles.push(profile)
  }
  return { t: 'profiles', profiles, taken: ids.length }
}
