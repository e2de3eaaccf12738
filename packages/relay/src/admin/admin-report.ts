import { authorName, errorCode, errorMessage, personOf } from '@p2p-docstore/core'
import type { Docstore, SectorsReport } from 'p2p-docstore'
import type { Metric } from '../metrics.ts'
import type { Service, ServiceHealth } from '../services/service.ts'
import type { SettingValue, SettingValues } from '../settings/setting.ts'

/** Authors that are listed, those who take most first. */
const MAX_AUTHORS = 100
/** How long what was counted is told again, milliseconds: counting reads the whole database. */
const COUNTED_MS = 10_000

/** What one author takes at this relay. */
export interface AuthorReport {
  /** `did:key` of an identity, or the id of a person. */
  readonly author: string
  /** What is known here as the author's name; a short form of the author where nothing is. */
  readonly label: string
  readonly records: number
  readonly bytes: number
}

/** Everything that somebody who runs a relay wants to see at once. */
export interface AdminReport {
  readonly network: { readonly id: string; readonly name: string }
  readonly peer: string | undefined
  readonly identity: string
  readonly origin: string | undefined
  readonly ready: boolean
  readonly fault: string | undefined
  /** Seconds since the process started, and bytes of it in memory. */
  readonly uptime: number
  readonly memory: number
  readonly relays: number
  readonly peers: number
  readonly services: readonly {
    readonly name: string
    readonly about: string
    readonly health: ServiceHealth
    readonly settings: Readonly<Record<string, { readonly value: SettingValue | null; readonly about: string }>>
    /** What holds for everybody, in the units of the descriptor. */
    readonly limits: Readonly<Record<string, number>>
  }[]
  /** How often each limit was met since the start. */
  readonly limitsMet: Readonly<Record<string, number>>
  /** Those who take most, at most 100, and how many there are; with why they cannot be told, where that is so. */
  readonly authors: { readonly total: number; readonly bytes: number; readonly most: readonly AuthorReport[]; readonly fault?: string }
  readonly placement: SectorsReport | undefined
}

/** What a report is made from. */
export interface AdminReportInit {
  readonly store: Docstore
  readonly origin: string | undefined
  readonly networkName: string
  readonly services: readonly Service[]
  readonly settings: Readonly<Record<string, SettingValues>>
  readonly health: () => Promise<{ readonly fault?: string | number | boolean; readonly services: Readonly<Record<string, ServiceHealth>> }>
  readonly metrics: () => Promise<readonly Metric[]>
}

/** Makes reports of a relay. Who asks while one is made, or soon after, gets the same count of what authors take. */
export function adminReports(init: AdminReportInit): () => Promise<AdminReport> {
  const { store, origin, networkName, services, settings } = init
  let counted: { readonly at: number; readonly authors: Promise<AdminReport['authors']> } | undefined
  const authors = (): Promise<AdminReport['authors']> => {
    if (counted === undefined || performance.now() - counted.at > COUNTED_MS) counted = { at: performance.now(), authors: authorsOf(store) }
    return counted.authors
  }
  return async () => {
    const [health, metrics, peers, taken] = await Promise.all([init.health(), init.metrics(), store.peers(), authors()])
    const connected = peers.filter(({ state }) => state === 'connected')
    const met = metrics.find(({ name }) => name === 'docstore_limits_met_total')?.values ?? []
    return {
      network: { id: store.info.network.id, name: networkName },
      peer: await store.network?.peerId(),
      identity: store.info.identity,
      origin,
      ready: health.fault === undefined,
      fault: health.fault === undefined ? undefined : String(health.fault),
      uptime: process.uptime(),
      memory: process.memoryUsage.rss(),
      relays: connected.filter(({ role }) => role === 'relay').length,
      peers: connected.length,
      services: services.map(({ name, about, settings: known = {}, limits }) => ({
        name,
        about,
        health: health.services[name] ?? { ok: true },
        settings: Object.fromEntries(
          Object.entries(known).map(([one, { isSecret, about: is }]) => {
            const value = settings[name]?.[one] ?? null
            return [one, { value: isSecret === true && value !== null ? '(hidden)' : value, about: is }]
          }),
        ),
        limits: limits?.(settings[name] ?? {}) ?? {},
      })),
      limitsMet: Object.fromEntries(met.map(([labels, count]) => [/"(.*)"/.exec(labels)?.[1] ?? labels, count])),
      authors: taken,
      placement: await store.network?.placement(),
    }
  }
}

/** What authors take here. A person is one, with all devices. */
async function authorsOf(store: Docstore): Promise<AdminReport['authors']> {
  try {
    const written = await store.replica.usage()
    if (written === undefined) return { total: 0, bytes: 0, most: [], fault: 'not-counted' }
    const all = new Map<string, { records: number; bytes: number }>()
    for (const { by, records, bytes } of written) {
      const author = personOf(by) === undefined ? `did:key:${authorName(by)}` : authorName(by)
      const sum = all.get(author) ?? { records: 0, bytes: 0 }
      all.set(author, { records: sum.records + records, bytes: sum.bytes + bytes })
    }
    const most = [...all].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, MAX_AUTHORS)
    const names = await store.profiles.names(most.map(([author]) => author))
    return {
      total: all.size,
      bytes: [...all.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      most: most.map(([author, { records, bytes }], i) => ({ author, label: names[i]?.label ?? author, records, bytes })),
    }
  } catch (error) {
    return { total: 0, bytes: 0, most: [], fault: errorCode(error) ?? errorMessage(error) }
  }
}
