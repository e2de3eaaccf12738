import { errorMessage, type Replica } from '@p2p-docstore/core'
import { fetchWellKnown } from '../network/join-link.ts'
import type { Network } from '../network/types.ts'

/** One check: what was looked at, what was found, and what to do about it. */
export interface Diagnosis {
  readonly check: string
  readonly ok: boolean
  readonly message: string
  /** Empty where nothing is to be done. */
  readonly fix: string
}

const CHECK_TIMEOUT_MS = 5000
/** How far two clocks may be apart, milliseconds. Records that lie five minutes ahead of a peer's clock have to wait there. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000

/** Looks for the commonest faults: storage, summaries, relays that do not answer, a relay of another network, a connection that does not come up. */
export async function diagnose(replica: Replica, network: Network | undefined): Promise<readonly Diagnosis[]> {
  return [await checkStorage(replica), await checkSummaries(replica), ...(await checkRelays(replica, network))]
}

async function checkStorage(replica: Replica): Promise<Diagnosis> {
  const check = 'storage'
  try {
    await replica.setMeta('doctor', Uint8Array.of(1))
    await replica.setMeta('doctor', undefined)
    return { check, ok: true, message: 'Data can be written', fix: '' }
  } catch (error) {
    return { check, ok: false, message: errorMessage(error), fix: 'Free some space, or check the permissions of the data folder' }
  }
}

/** What namespaces say that they hold decides whether peers exchange anything. */
async function checkSummaries(replica: Replica): Promise<Diagnosis> {
  const check = 'summaries'
  try {
    const wrong = await replica.checkSummaries()
    if (wrong.length === 0) return { check, ok: true, message: 'The summaries of all namespaces are right', fix: '' }
    const fix = 'They are right now, nothing is lost. If it happens again, the disk may be damaged: export your namespaces'
    return { check, ok: false, message: `The summaries of these namespaces were wrong: ${wrong.join(', ')}`, fix }
  } catch (error) {
    return { check, ok: false, message: errorMessage(error), fix: 'Export your namespaces and restore them into another data folder' }
  }
}

async function checkRelays(replica: Replica, network: Network | undefined): Promise<Diagnosis[]> {
  const peers = (await network?.peers()) ?? []
  const relays = peers.filter(({ role }) => role === 'relay')
  if (relays.length === 0) {
    return [{ check: 'relay', ok: false, message: 'No relay is known', fix: 'Join a network with its link, or start a relay with `docstore relay`' }]
  }
  const { network: own } = await replica.info()
  const found: Diagnosis[] = []
  for (const { origin = '', state, error } of relays) {
    try {
      const { network: theirs, clock } = await fetchWellKnown(origin, AbortSignal.timeout(CHECK_TIMEOUT_MS))
      const isSame = theirs.id === own.id
      found.push({
        check: 'relay',
        ok: isSame,
        message: isSame ? `The relay at ${origin} answers` : `The relay at ${origin} is in another network, "${theirs.descriptor.name}"`,
        fix: isSame ? '' : 'Use another data folder for that network, or ask for a new link to yours',
      })
      if (clock !== undefined) found.push(checkClock(origin, Date.now() - clock))
    } catch (cause) {
      found.push({ check: 'relay', ok: false, message: errorMessage(cause), fix: 'Start the relay, or join again with a current link' })
    }
    found.push({
      check: 'connection',
      ok: state === 'connected',
      message: state === 'connected' ? `Connected to ${origin}` : `Not connected to ${origin}${error === undefined ? '' : `: ${error}`}`,
      fix: state === 'connected' ? '' : 'Check that a firewall lets the ports of the relay through; it is tried again all the time',
    })
  }
  return found
}

function checkClock(origin: string, aheadMs: number): Diagnosis {
  const ok = Math.abs(aheadMs) <= MAX_CLOCK_DIFFERENCE_MS
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  return {
    check: 'clock',
    ok,
    message: ok ? `The clock agrees with that of ${origin}` : `The clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${origin}`,
    fix: ok ? '' : 'Set the clock of this machine, or that of the relay: what is written in the future is held back',
  }
}
