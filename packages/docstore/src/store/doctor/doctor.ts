import { errorCode, errorMessage, MAX_CONTENT_BYTES, type Replica } from '@p2p-docstore/core'
import { offers } from '../../network/relay-services.ts'
import type { Network, PeerStatus } from '../../network/types.ts'
import type { Finding } from './diagnosis.ts'
import { checkHeldBack } from './held-back-check.ts'
import { checkRelays } from './relay-checks.ts'
import { checkRoom } from './room-checks.ts'

/** How long what has just begun may take, milliseconds: the first attempt to reach a relay, and the place that it gives right after. */
const SETTLE_TIMEOUT_MS = 3000
/** Part of the space that the browser grants beyond which it counts as used up. */
const FULL = 0.95

/** What to do about a database that cannot be repaired. */
const DAMAGED_FIX =
  'Stop what uses the folder and put the last backup in place: `docstore relay restore FILE`. Without one, `docstore relay restore --empty` begins without documents, as the same identity; what other peers have comes back from them. Export before what can still be read'

/** Looks for the commonest faults: storage and its limits, summaries, relays, the way to them, clocks, and direct connections. */
export async function diagnose(replica: Replica, network: Network | undefined): Promise<readonly Finding[]> {
  const wantsPlaces = network !== undefined && !(await network.isRelay())
  const peers = network === undefined ? [] : wantsPlaces ? await settledPeers(network) : await network.peers()
  return [
    await checkStorage(replica),
    await checkDamage(replica),
    await checkSummaries(replica),
    ...(await checkHeldBack(replica, network)),
    // Without a network, as where a folder can only be read, it is not known whether there are relays.
    ...(network === undefined ? [] : await checkRelaysOf(replica, peers, wantsPlaces)),
    ...(await checkRoom(replica, network)),
    ...checkDirect(peers),
  ]
}

async function checkStorage(replica: Replica): Promise<Finding> {
  const check = 'storage'
  if (!(await replica.isInPlace())) {
    const message = 'The file of the database was deleted or replaced while it is open: what is written now would be lost'
    const fix =
      'Save it as long as this process runs, with `docstore relay backup FILE`. Then stop it, and put that in place with `docstore relay restore FILE`'
    return { check, ok: false, fault: 'data-missing', message, fix }
  }
  try {
    // As much as one document: where the space is used up, less may still fit in.
    await replica.setMeta('doctor', new Uint8Array(MAX_CONTENT_BYTES))
    await replica.setMeta('doctor', undefined)
  } catch (error) {
    if (errorCode(error) === 'disk-full') return spaceIsUsedUp(errorMessage(error))
    return { check, ok: false, fault: 'storage', message: errorMessage(error), fix: 'Check the permissions of the data folder, and the disk' }
  }
  const { usage = 0, quota = 0 } = (await globalThis.navigator?.storage?.estimate?.()) ?? {}
  if (quota > 0 && usage / quota > FULL)
    return spaceIsUsedUp(`${Math.floor((100 * usage) / quota)} % of the space that this browser grants are in use`)
  return { check, ok: true, fault: null, message: 'Data can be written', fix: '' }
}

function spaceIsUsedUp(message: string): Finding {
  const fix = 'Delete documents, free some space on the device, or raise the limit (--max-disk of a relay). What is stored is safe, and can be read'
  return { check: 'storage', ok: false, fault: 'quota', message, fix }
}

/** What the database itself finds wrong with it. */
async function checkDamage(replica: Replica): Promise<Finding> {
  const check = 'damage'
  try {
    const { damage, isRepaired } = await replica.checkStorage()
    if (damage.length === 0) return { check, ok: true, fault: null, message: 'The database is whole', fix: '' }
    const message = damage.slice(0, 3).join('; ') + (damage.length > 3 ? `; and ${damage.length - 3} more` : '')
    if (isRepaired) {
      const fix = 'It is repaired, and nothing is lost. If it happens again, the disk may be damaged: make a backup'
      return { check, ok: false, fault: 'index-damaged', message: `An index did not have what it should (${message})`, fix }
    }
    return { check, ok: false, fault: 'data-corrupt', message: `The database is damaged (${message})`, fix: DAMAGED_FIX }
  } catch (error) {
    const fault = errorCode(error) === 'data-corrupt' ? 'data-corrupt' : 'storage'
    return { check, ok: false, fault, message: errorMessage(error), fix: DAMAGED_FIX }
  }
}

/** What namespaces say that they hold decides whether peers exchange anything. */
async function checkSummaries(replica: Replica): Promise<Finding> {
  const check = 'summaries'
  try {
    const wrong = await replica.checkSummaries()
    if (wrong.length === 0) return { check, ok: true, fault: null, message: 'All namespaces hold what they say they hold', fix: '' }
    const fix = 'They are right now, nothing is lost. If it happens again, the disk may be damaged: export your namespaces'
    return { check, ok: false, fault: 'summaries', message: `These namespaces did not hold what they said they hold: ${wrong.join(', ')}`, fix }
  } catch (error) {
    const fix = 'Export your namespaces and restore them into another data folder'
    return { check, ok: false, fault: 'summaries', message: errorMessage(error), fix }
  }
}

async function checkRelaysOf(replica: Replica, peers: readonly PeerStatus[], wantsPlaces: boolean): Promise<readonly Finding[]> {
  const relays = peers.filter(({ role }) => role === 'relay')
  if (relays.length === 0) {
    const fix = 'Join a network with its link, or start a relay with `docstore relay`'
    return [{ check: 'relay', ok: false, fault: 'no-relay', message: 'No relay is known', fix }]
  }
  const { network } = await replica.info()
  const viewpoint = { networkId: network.id, page: globalThis.location?.href, wantsPlaces }
  return checkRelays(relays, viewpoint)
}

/** Connections from browser to browser, where any was tried. */
function checkDirect(peers: readonly PeerStatus[]): readonly Finding[] {
  const check = 'direct'
  const count = (state: PeerStatus['direct']): number => peers.filter(({ direct }) => direct === state).length
  const [open, failed] = [count('open'), count('failed')]
  if (failed > 0) {
    const fix =
      'One of both networks lets no UDP through, or hides too many machines behind one address. Documents go through relays; a STUN server helps some (docstore network create --stun)'
    return [{ check, ok: false, fault: 'ice-failed', message: `No direct connection came about with ${failed} of ${failed + open} browsers`, fix }]
  }
  return open === 0
    ? []
    : [{ check, ok: true, fault: null, message: `Directly connected with ${open} other ${open === 1 ? 'browser' : 'browsers'}`, fix: '' }]
}

/** The peers, as soon as relays have had time to be reached and to give this peer a place. */
async function settledPeers(network: Network): Promise<readonly PeerStatus[]> {
  const settled = Promise.withResolvers<void>()
  const look = (peers: readonly PeerStatus[]): void => {
    if (!peers.some(isUnsettled)) settled.resolve()
  }
  const timer = setTimeout(settled.resolve, SETTLE_TIMEOUT_MS)
  const unlisten = network.on('peers', look)
  try {
    look(await network.peers())
    await settled.promise
    return await network.peers()
  } finally {
    clearTimeout(timer)
    unlisten()
  }
}

function isUnsettled({ role, state, services, reservation, error }: PeerStatus): boolean {
  return role === 'relay' && (state === 'connected' ? !reservation && offers(services, 'signaling') : error === undefined)
}
