import type { Docstore } from 'p2p-docstore'

/** One metric with a value for each of its labels, or with one and no label. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly values: readonly (readonly [labels: string, value: number])[]
}

/** Numbers for Prometheus (its text format, version 0.0.4). */
export async function metricsText(store: Docstore): Promise<string> {
  const metrics = [...(await gauges(store)), ...guests(store)]
  return metrics
    .map(({ name, help, type, values }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...values.map(([labels, value]) => `${name}${labels} ${value}`)].join('\n'),
    )
    .join('\n')
    .concat('\n')
}

async function gauges(store: Docstore): Promise<readonly Metric[]> {
  const peers = await store.peers()
  const namespaces = await store.namespaces.list()
  const connected = peers.filter(({ state }) => state === 'connected').length
  return [
    gauge('docstore_peers', 'Connected peers', connected),
    gauge('docstore_namespaces', 'Namespaces that are stored', namespaces.length),
    gauge('docstore_uptime_seconds', 'Seconds since the relay started', process.uptime()),
    gauge('docstore_resident_memory_bytes', 'Resident memory of the process', process.memoryUsage.rss()),
    counter('docstore_cpu_seconds_total', 'Processor time that the process has used', cpuSeconds()),
  ]
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Who is connected through us, and who was turned away. */
function guests(store: Docstore): readonly Metric[] {
  if (store.libp2p === undefined) return []
  const { places, doorkeeper, kademlia } = store.libp2p.services
  const { misconduct, strangers } = doorkeeper
  return [
    gauge('docstore_reservations', 'Peers that others can reach through this relay', places?.taken ?? 0),
    counter('docstore_reservations_refused_total', 'Requests to be reached through this relay that found no room', places?.refused ?? 0),
    gauge('docstore_kademlia_relays', 'Relays that can be asked who keeps a namespace', kademlia?.size ?? 0),
    counter('docstore_strangers_total', 'Connections that ended because the peer was not of this network', strangers),
    counter('docstore_refused_total', 'Connections that were refused because the peer had broken the protocol', misconduct.refused),
    {
      name: 'docstore_not_admitted_total',
      help: 'Connections that were not let in, by reason',
      type: 'counter',
      values: [...doorkeeper.refusals].map(([code, count]) => [`{reason="${code}"}`, count]),
    },
    {
      name: 'docstore_violations_total',
      help: 'What peers did that breaks the protocol',
      type: 'counter',
      values: [...misconduct.counts].map(([misdeed, count]) => [`{kind="${misdeed}"}`, count]),
    },
  ]
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', values: [['', value]] }
}

function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: 'counter', values: [['', value]] }
}
