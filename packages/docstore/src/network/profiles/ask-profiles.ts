import type { Connection } from '@libp2p/interface'
import { cidOfBytes, DocstoreError, errorCode, type ForeignNamespace, PROFILE_KIND, RAW, type Replica, Slots } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import { FileSource } from '../files/index-exchange.ts'
import type { MetStores } from '../placement/index-view.ts'
import { openExchange } from '../sync/index.ts'
import type { ToldProfiles } from '../types.ts'
import { MAX_ASKED_RELAYS, MAX_PROFILES_FRAME_BYTES } from './limits.ts'
import { decodeProfilesResponse, encodeProfiles } from './messages.ts'
import { profilesProtocol } from './protocol.ts'

/** What asking relays takes. */
export interface ProfileAsking {
  readonly networkId: string
  readonly replica: Pick<Replica, 'readNamespace'>
  /** Those that are connected. */
  readonly relays: readonly Connection[]
  /** Where each relay keeps a part: some that own these namespaces, and whether one of each could be asked. */
  readonly ownersOf: (namespaces: readonly string[], signal: AbortSignal) => Promise<MetStores>
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
}

/**
 * Asks relays what these profiles say, a few at once, and then owners of those that these do not have. Each is checked, and of two heads the newer one counts.
 */
export async function askProfiles(ids: readonly string[], asking: ProfileAsking, signal: AbortSignal): Promise<ToldProfiles> {
  const newest = new Map<string, ForeignNamespace>()
  const answered = new Set<Connection>()
  const askAll = async (relays: readonly Connection[], wanted: readonly string[]): Promise<void> => {
    const asked = await Promise.all(relays.map(async (relay) => ({ relay, told: await askOne(relay, wanted, asking, signal) })))
    for (const { relay, told } of asked) {
      if (told === undefined) continue
      answered.add(relay)
      for (const one of told) if (one.seq >= (newest.get(one.info.id)?.seq ?? 0)) newest.set(one.info.id, one)
    }
  }
  const near = asking.relays.slice(0, MAX_ASKED_RELAYS)
  await askAll(near, ids)
  const left = ids.filter((id) => !newest.has(id))
  const owners = left.length === 0 ? undefined : await asking.ownersOf(left, signal)
  if (owners !== undefined) await askAll(without(near, owners.relays), left)
  // An owner that did not answer has not said that it has nothing.
  const isWhole = owners === undefined || (owners.isWhole && owners.relays.every((relay) => answered.has(relay)))
  return { profiles: [...newest.values()].map(({ info, seq }) => ({ info, seq })), relays: answered.size, isWhole }
}

function without(asked: readonly Connection[], relays: readonly Connection[]): readonly Connection[] {
  return relays.filter((relay) => !asked.includes(relay))
}

/** What one relay tells; `undefined` where it does not answer, or not as an honest one does. */
async function askOne(
  relay: Connection,
  ids: readonly string[],
  { networkId, replica, onMisdeed }: ProfileAsking,
  signal: AbortSignal,
): Promise<readonly ForeignNamespace[] | undefined> {
  try {
    const { exchange, close } = await openExchange(relay, profilesProtocol(networkId), signal, { maxFrameBytes: MAX_PROFILES_FRAME_BYTES })
    signal.addEventListener('abort', close, { once: true })
    try {
      const told: ForeignNamespace[] = []
      for (let left = ids; left.length > 0; ) {
        const response = decodeProfilesResponse(await exchange(encodeProfiles({ t: 'profiles', ids: left })))
        if (!response.ok) throw forged()
        if (response.value.t === 'error') return undefined
        const { profiles, taken } = response.value
        for (const bytes of profiles) {
          const one = await replica.readNamespace(bytes)
          if ('refused' in one || one.info.kind !== PROFILE_KIND || !left.includes(one.info.id)) throw forged()
          // Which keys sign for a person is said by a log that does not come along: the head may be anybody's.
          if (one.info.owner.startsWith('did:key:')) told.push(one)
        }
        left = left.slice(taken)
      }
      return told
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  } catch (error) {
    // One that has just left, takes too long or is of a former release keeps nothing from the others.
    if (errorCode(error) === 'bad-response') onMisdeed(relay.remotePeer.toString(), 'forged-entries')
    return undefined
  }
}

function forged(): DocstoreError {
  return new DocstoreError('bad-response', 'The relay tells what is no profile that it was asked for')
}

/** The bytes of a picture of a profile from the first relay that has it, checked, connected ones before owners; `undefined` where none has. */
export async function askPicture(
  { ns, cid }: { readonly ns: string; readonly cid: string },
  { relays, networkId, ownersOf }: ProfileAsking,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const askEach = async (asked: readonly Connection[]): Promise<Uint8Array | undefined> => {
    for (const relay of asked) {
      const bytes = await new FileSource(relay, networkId, new Slots(1)).block(cid, signal).catch(() => undefined)
      if (bytes !== undefined && cidOfBytes(RAW, bytes).toString() === cid) return bytes
    }
    return undefined
  }
  const near = relays.slice(0, MAX_ASKED_RELAYS)
  return (await askEach(near)) ?? askEach(without(near, (await ownersOf([ns], signal)).relays))
}
