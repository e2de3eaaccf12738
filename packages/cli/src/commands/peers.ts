import { Command } from 'commander'
import type { DirectoryPeer, Docstore, PeerStatus } from 'p2p-docstore'
import { commandText } from '../command-text.ts'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'
import { whoTexts } from '../people/who-text.ts'

/** How long relays may take to let others reach this peer, milliseconds. */
const RESERVE_TIMEOUT_MS = 1000

/** `docstore peers` */
export function peersCommand(run: Run): Command {
  return new Command('peers').description('list who is connected, and who else is in the network').action(() =>
    run(async (context) => {
      await using store = await openStore(context)
      await store.network?.reach({ timeoutMs: context.settings.reachMs, signal: context.signal })
      await untilReachable(store, context.signal)
      const peers = await withPersons(store, listed(await store.peers(), await store.directory()))
      const isRelay = (await store.network?.isRelay()) === true
      const nobody = isRelay
        ? 'Nobody is connected to this relay.'
        : `No peer is known. \`${commandText(context.settings, 'join LINK')}\` joins a network.`
      await context.output.result(peers, () => (peers.length === 0 ? nobody : textTable(peers.map(row))))
    }),
  )
}

/** A line of the list. */
interface ListedPeer {
  readonly id: string
  readonly role: 'relay' | 'peer'
  readonly connected: boolean
  readonly via: string | null
  /** `known`: it is in the directory only. */
  readonly state: PeerStatus['state'] | 'known'
  readonly origin: string | null
  readonly error: string | null
  readonly errorCode: string | null
  /** Whether others reach this peer through it. */
  readonly reservation: boolean
  readonly services: readonly string[]
  readonly identity: string | null
  /** Id of the person of whom that is a device, and what to call them; nothing where nobody here knows. */
  readonly person: string | null
  readonly name: string | null
  readonly addresses: readonly string[]
  /** Unix milliseconds until which what it says of itself holds; nothing where it is not in the directory. */
  readonly expires: number | null
}

/** Who is connected or reached for, then who else is in the directory. */
function listed(peers: readonly PeerStatus[], directory: readonly DirectoryPeer[]): readonly ListedPeer[] {
  const entries = new Map(directory.filter(({ isSelf }) => !isSelf).map((entry) => [entry.peer, entry]))
  const met = peers.map((peer): ListedPeer => {
    const { id, role, via = null, state, origin = null, error = null, errorCode = null, reservation } = peer
    const entry = entries.get(id)
    entries.delete(id)
    return {
      id,
      role: entry?.role ?? role,
      connected: state === 'connected',
      via,
      state,
      origin: origin ?? entry?.origin ?? null,
      error,
      errorCode,
      reservation,
      ...said(entry),
    }
  })
  const others = [...entries.values()].map((entry): ListedPeer => {
    const { peer, role, connected, via = null, origin = null } = entry
    const state = connected ? 'connected' : 'known'
    return { id: peer, role, connected, via, state, origin, error: null, errorCode: null, reservation: false, ...said(entry) }
  })
  return [...met, ...others.sort((a, b) => (a.role === b.role ? 0 : a.role === 'relay' ? -1 : 1))]
}

/** What a peer says of itself. */
function said(entry: DirectoryPeer | undefined): Pick<ListedPeer, 'services' | 'identity' | 'person' | 'name' | 'addresses' | 'expires'> {
  const { services = [], identity = null, addresses = [], expires = null } = entry ?? {}
  return { services, identity, person: null, name: null, addresses, expires }
}

/** With whose they are, as far as that is known here: nobody is asked. */
async function withPersons(store: Docstore, peers: readonly ListedPeer[]): Promise<readonly ListedPeer[]> {
  const persons = await Promise.all(peers.map(async ({ identity }) => (identity === null ? undefined : store.person.of(identity))))
  const names = await whoTexts(
    store,
    persons.flatMap((person) => person ?? []),
  )
  return peers.map((peer, i) => ({ ...peer, person: persons[i] ?? null, name: names.get(persons[i] ?? '') ?? null }))
}

function row({ id, role, state, via, services, origin, identity, name, error, reservation }: ListedPeer): readonly string[] {
  const says = error ?? (reservation ? 'others can reach you through it' : '')
  return [id, role, state, via ?? '', name ?? identity ?? '', services.join(' '), origin ?? '', says]
}

/** Relays let others reach this peer a moment after it has connected. */
async function untilReachable(store: Docstore, signal: AbortSignal): Promise<void> {
  const changed = Promise.withResolvers<void>()
  const timer = setTimeout(changed.resolve, RESERVE_TIMEOUT_MS)
  const look = (peers: readonly PeerStatus[]): void => {
    if (!peers.some(({ role, state, reservation }) => role === 'relay' && state === 'connected' && !reservation)) changed.resolve()
  }
  const unlisten = store.on('peer', look)
  signal.addEventListener('abort', () => changed.resolve(), { once: true })
  look(await store.peers())
  await changed.promise
  clearTimeout(timer)
  unlisten()
}
