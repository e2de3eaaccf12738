import type { Connection } from '@libp2p/interface'
import { cidOfBytes, DocstoreError, errorCode, type ForeignNamespace, PROFILE_KIND, RAW, type Replica, Slots } from '@p2p-docstore/core'
import type { Misdeed } from '../admission/index.ts'
import { FileSource } from '../files/index-exchange.ts'
import { openExchange } from '../sync/index.ts'
import type { ToldProfiles } from '../types.ts'
import { MAX_ASKED_RELAYS, MAX_PROFILES_FRAME_BYTES } from './limits.ts'
import { decodeProfilesResponse, encodeProfiles } from './messages.ts'
import { profilesProtocol } from './protocol.ts'

/** What asking relays takes. */
interface AskInit {
  readonly networkId: string
  readonly replica: Pick<Replica, 'readNamespace'>
  /** Called with what no honest peer sends. */
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
}

/** Asks connected relays, a few at once, what these profiles say. Each is checked, and of two heads the newer one counts. */
export async function askProfiles(relays: readonly Connection[], ids: readonly string[], init: AskInit, signal: AbortSignal): Promise<ToldProfiles> {
  const asked = await Promise.all(relays.slice(0, MAX_ASKED_RELAYS).map((relay) => askOne(relay, ids, init, signal)))
  const answers = asked.filter((answer) => answer !== undefined)
  const newest = new Map<string, ForeignNamespace>()
  for (const one of answers.flat()) if (one.seq >= (newest.get(one.info.id)?.seq ?? 0)) newest.set(one.info.id, one)
  return { profiles: [...newest.values()].map(({ info, seq }) => ({ info, seq })), relays: answers.length }
}

/** What one relay tells; `undefined` where it does not answer, or not as an honest one does. */
async function askOne(
  relay: Connection,
  ids: readonly string[],
  { networkId, replica, onMisdeed }: AskInit,
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

/** The bytes of a picture from the first relay that has it, checked; `undefined` where none has. */
export async function askPicture(
  relays: readonly Connection[],
  cid: string,
  networkId: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  for (const relay of relays.slice(0, MAX_ASKED_RELAYS)) {
    const bytes = await new FileSource(relay, networkId, new Slots(1)).block(cid, signal).catch(() => undefined)
    if (bytes !== undefined && cidOfBytes(RAW, bytes).toString() === cid) return bytes
  }
  return undefined
}
