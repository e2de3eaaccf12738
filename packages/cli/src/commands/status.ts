import { toHex } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Docstore, NamespaceReport } from 'p2p-docstore'
import { clockText } from '../output/clock-notes.ts'
import type { Context, Run } from '../context.ts'
import { nameText } from '../name-text.ts'
import { freshen, openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore status [NS]` */
export function statusCommand(run: Run): Command {
  return new Command('status')
    .description('show peers, and how namespaces stand with them')
    .argument('[ns]', 'id or name of one namespace')
    .action((ns: string | undefined) =>
      run(async (context) => {
        await using store = await openStore(context)
        await (ns === undefined ? showAll(context, store) : showOne(context, store, ns))
      }),
    )
}

async function showOne(context: Context, store: Docstore, ns: string): Promise<void> {
  const namespace = await openToRead(context, store, ns)
  const info = await namespace.info()
  const report = reported(await namespace.status())
  const shown = await nameText(store, namespace)
  await context.output.result({ id: namespace.id, name: info?.name, ...report }, () =>
    [`${shown}: ${report.documents} documents, ${stateText(report)}`, `root ${report.root}`, peersText(report.peers)].join('\n').trimEnd(),
  )
}

async function showAll(context: Context, store: Docstore): Promise<void> {
  await store.network?.reach({ timeoutMs: context.settings.reachMs, signal: context.signal })
  const namespaces: ({ id: string; name: string | null } & ReturnType<typeof reported>)[] = []
  const awaited = (await store.namespaces.awaited()).map((id) => ({ id, name: null }))
  for (const { id, name } of [...(await store.namespaces.list()), ...awaited]) {
    const namespace = await store.namespaces.open(id)
    await freshen(context, store, namespace)
    namespaces.push({ id, name, ...reported(await namespace.status()) })
  }
  const peers = (await store.peers()).map(({ id, role, via = null, state, origin = null, error = null, clockAheadMs = null }) => ({
    id,
    role,
    via,
    state,
    origin,
    error,
    clockAheadMs,
  }))
  const clock = await store.clock()
  const { network, identity } = store.info
  const status = { network: network.id, networkName: network.name, identity, peer: await store.peerId(), clock, peers, namespaces }
  await context.output.result(status, () => {
    const connected = peers.filter(({ state }) => state === 'connected').length
    const head = [`Network "${network.name}", ${connected} of ${peers.length} peers connected`, clockText(clock)]
      .filter((line) => line !== undefined)
      .join('\n')
    if (namespaces.length === 0) return `${head}\nNo namespace is here.`
    const rows = namespaces.map(({ id, name, ...report }) => [id, String(report.documents), stateText(report), name ?? ''])
    return `${head}\n${textTable([['namespace', 'documents', 'state', 'name'], ...rows])}`
  })
}

/** A report with every field in its JSON: what is not known is `null`. */
function reported({ lastSyncedAt: syncedAt, peers, held, ...report }: NamespaceReport) {
  const shown = peers.map(({ via, lastSyncedAt, lastRefusal, heldUntil, error, parts, ...rest }) => ({
    ...rest,
    ...(parts === undefined ? {} : { parts: toHex(parts) }),
    via: via ?? null,
    lastSyncedAt: lastSyncedAt ?? null,
    lastRefusal: lastRefusal ?? null,
    heldUntil: heldUntil ?? null,
    error: error ?? null,
  }))
  const heldShown = { ...held, reason: held.reason ?? null, until: held.until ?? null }
  return { ...report, held: heldShown, lastSyncedAt: syncedAt ?? null, peers: shown }
}

/** "synced", or what is still missing. */
function stateText({ state, synced, want, held }: Pick<ReturnType<typeof reported>, 'state' | 'synced' | 'want' | 'held'>): string {
  if (held.records > 0) return `${synced ? 'synced' : state}, ${held.records} held back (${held.reason})`
  if (synced) return 'synced'
  return want > 0 ? `${state}, ${want} records on their way` : `not synced (${state})`
}

function peersText(peers: ReturnType<typeof reported>['peers']): string {
  return textTable(
    peers.map(({ id, via, state, lastSyncedAt, error }) => [
      id,
      via ?? '',
      state,
      lastSyncedAt === null ? 'never equal' : `equal at ${new Date(lastSyncedAt).toISOString()}`,
      error ?? '',
    ]),
  )
}
