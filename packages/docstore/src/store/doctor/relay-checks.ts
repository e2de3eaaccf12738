import { errorCode, judgeClocks, type RelayClock } from '@p2p-docstore/core'
import { offers } from '../../network/relay-services.ts'
import { mayDial, rangeOf, rangeOfHost } from '../../network/transport/index.ts'
import { fetchWellKnown, type WellKnown } from '../../network/admission/index.ts'
import { isShutOut } from '../../network/relays/index.ts'
import type { PeerStatus } from '../../network/types.ts'
import { durationText } from '../../network/timing/index.ts'
import type { Finding } from './diagnosis.ts'
import { CLOCK_FAULTS, RELAY_FAULTS, type RelayFault, relayFault } from './faults.ts'

/** How long a relay may take to say who it is, milliseconds. */
const CHECK_TIMEOUT_MS = 5000
/** How far two clocks may be apart, milliseconds. Records that lie five minutes ahead of a peer's clock have to wait there. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000

/** From where the relays are looked at. */
export interface Viewpoint {
  /** Id of the own network. */
  readonly networkId: string
  /** Address of the page that this runs in, if any. */
  readonly page: string | undefined
  /** Whether this peer keeps places at relays: relays do not. */
  readonly wantsPlaces: boolean
}

/** How it stands with the relays: whether each answers, whose it is, its clock beside the others', the connection, and the place there. */
export async function checkRelays(relays: readonly PeerStatus[], viewpoint: Viewpoint): Promise<readonly Finding[]> {
  const asked = await Promise.all(
    relays.map(async (relay) => {
      const told = relay.origin === undefined ? undefined : await wellKnownOf(relay.origin, viewpoint)
      return { relay, told, clock: clockOf(relay, told) }
    }),
  )
  const clocks = asked.flatMap(({ clock }) => clock ?? [])
  return asked.flatMap(({ relay, told, clock }) => checkRelay(relay, told, clock && checkClock(relay, clock, clocks), viewpoint))
}

function checkRelay(relay: PeerStatus, told: Told | undefined, clock: Finding | undefined, viewpoint: Viewpoint): readonly Finding[] {
  const { origin, state } = relay
  const found: Finding[] = []
  const answer = origin === undefined || told === undefined ? undefined : checkAnswer(origin, told, viewpoint)
  if (answer !== undefined) found.push(answer)
  if (clock !== undefined) found.push(clock)
  if (state !== 'connected') {
    const fault = connectionFault(relay, told, viewpoint)
    // What keeps its page from answering keeps the connection from coming about: said once.
    if (fault !== answer?.fault) found.push(withAddresses(faulty('connection', relay, fault), told))
  } else {
    found.push({ check: 'connection', ok: true, fault: null, message: `Connected to ${nameOf(relay)}`, fix: '' })
    if (viewpoint.wantsPlaces && offers(relay.services, 'signaling')) found.push(checkPlace(relay))
  }
  return found
}

type Told = { readonly fault: RelayFault } | { readonly fault: undefined; readonly wellKnown: WellKnown }

async function wellKnownOf(origin: string, { page }: Viewpoint): Promise<Told> {
  // The browser would refuse to ask; the error would not say why.
  if (isSecure(page) && !isTrusted(origin)) return { fault: 'insecure-websocket' }
  try {
    return { fault: undefined, wellKnown: await fetchWellKnown(origin, AbortSignal.timeout(CHECK_TIMEOUT_MS)) }
  } catch (error) {
    const fault = relayFault(errorCode(error))
    // Browsers let pages from the internet into the network around them only if its user allows that.
    const isInside = page !== undefined && !mayDial(rangeOfHost(new URL(origin).hostname), rangeOfHost(new URL(page).hostname))
    return { fault: fault === 'relay-unreachable' && isInside ? 'private-address' : fault }
  }
}

function checkAnswer(origin: string, told: Told, { networkId }: Viewpoint): Finding {
  const relay = { origin, id: origin }
  if (told.fault !== undefined) return faulty('relay', relay, told.fault)
  const { network } = told.wellKnown
  return network.id === networkId
    ? { check: 'relay', ok: true, fault: null, message: `The relay at ${origin} answers`, fix: '' }
    : { ...faulty('relay', relay, 'other-network'), message: `The relay at ${origin} is in another network, "${network.descriptor.name}"` }
}

/** What a relay says its time is: at the greeting, which counts the way there, or with its page. */
function clockOf({ id, clockAheadMs }: PeerStatus, told: Told | undefined): RelayClock | undefined {
  const clock = told !== undefined && told.fault === undefined ? told.wellKnown.clock : undefined
  const aheadMs = clockAheadMs ?? (clock === undefined ? undefined : Date.now() - clock)
  return aheadMs === undefined ? undefined : { peer: id, aheadMs }
}

/** One clock against another says only that they differ; where most of several agree, it is known which one is wrong. */
function checkClock(relay: PeerStatus, { peer, aheadMs }: RelayClock, all: readonly RelayClock[]): Finding {
  const check = 'clock'
  const name = relay.origin ?? nameOf(relay)
  if (Math.abs(aheadMs) <= MAX_CLOCK_DIFFERENCE_MS) return { check, ok: true, fault: null, message: `The clock agrees with that of ${name}`, fix: '' }
  const { state, wrong } = judgeClocks(all)
  const message = `The clock is ${durationText(aheadMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${name}`
  if (state === 'wrong' && !wrong.includes(peer))
    return { check, ok: false, fault: 'own-clock', message: `${message}, and most relays agree with that one`, fix: CLOCK_FAULTS['own-clock'] }
  if (wrong.includes(peer)) {
    const own = `${capital(nameOf(relay))} answers, but its clock is wrong: ${durationText(aheadMs)} ${aheadMs > 0 ? 'behind' : 'ahead of'} the one here`
    return { check, ok: false, fault: 'relay-clock', message: `${own}, and most others disagree with it`, fix: CLOCK_FAULTS['relay-clock'] }
  }
  return { check, ok: false, fault: 'clock-skew', message, fix: CLOCK_FAULTS['clock-skew'] }
}

/** Why there is no connection: what the last attempt said, unless the addresses of the relay tell more. */
function connectionFault(relay: PeerStatus, told: Told | undefined, { page }: Viewpoint): RelayFault {
  const { origin, isLetIn = false } = relay
  const code = relay.errorCode ?? (isLetIn ? 'no-answer' : undefined)
  if (isShutOut(relay)) return relayFault(code)
  const fault = told?.fault ?? relayFault(code)
  if (fault !== 'relay-unreachable' || told === undefined || told.fault !== undefined || origin === undefined) return fault
  const { addresses } = told.wellKnown
  if (addresses.length === 0) return 'no-address'
  if (isSecure(page) && addresses.every((address) => !isOpenToSecurePages(address))) return 'insecure-websocket'
  const here = rangeOfHost(new URL(origin).hostname)
  return addresses.some((address) => mayDial(rangeOf(address), here)) ? fault : 'private-address'
}

/** A relay whose page answers may announce addresses that lead nowhere, so they are named. */
function withAddresses(found: Finding, told: Told | undefined): Finding {
  if (found.fault !== 'relay-unreachable' || told === undefined || told.fault !== undefined) return found
  const addresses = told.wellKnown.addresses.map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
  return { ...found, message: `${found.message} at ${addresses.join(', ')}` }
}

function checkPlace(relay: PeerStatus): Finding {
  const check = 'reservation'
  if (relay.reservation) return { check, ok: true, fault: null, message: `Other peers can reach this one through ${nameOf(relay)}`, fix: '' }
  return {
    check,
    ok: false,
    fault: 'no-reservation',
    message: `Other peers cannot reach this one through ${nameOf(relay)}: it gave no place`,
    fix: 'It may have none left: join a second relay of the network. Documents are kept equal with the relay all the same',
  }
}

function faulty(check: string, relay: Pick<PeerStatus, 'origin' | 'id'>, fault: RelayFault): Finding {
  const { what, fix } = RELAY_FAULTS[fault]
  return { check, ok: false, fault, message: `${capital(nameOf(relay))} ${what}`, fix }
}

function nameOf({ origin, id }: Pick<PeerStatus, 'origin' | 'id'>): string {
  return origin === undefined ? `the relay …${id.slice(-8)}` : `the relay at ${origin}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function isSecure(page: string | undefined): boolean {
  return page?.startsWith('https:') === true
}

/** Whether a page that came over https may load from there. */
function isTrusted(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' || rangeOfHost(hostname) === 'loopback'
}

/** Whether a page that came over https may connect to an address. */
function isOpenToSecurePages(address: string): boolean {
  return /\/(webrtc-direct|wss|tls\/(sni\/[^/]+\/)?ws)(\/|$)/.test(address) || rangeOf(address) === 'loopback'
}
