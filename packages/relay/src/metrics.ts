import type { Docstore } from 'p2p-docstore'

/** One metric with a value for each of its labels, or with one and no label. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  /** Labels as `{reason="full"}`, or nothing. */
  readonly values: readonly (readonly [labels: string, value: number])[]
}

/** Numbers for Prometheus (its text format, version 0.0.4). A name that comes twice is told once: by whom it came first. */
export function metricsText(metrics: readonly Metric[]): string {
  const byName = new Map<string, Metric>()
  for (const metric of metrics) if (!byName.has(metric.name)) byName.set(metric.name, metric)
  return [...byName.values()]
    .map(({ name, help, type, values }) =>
      [
        `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
        `# TYPE ${name} ${type}`,
        ...values.map(([labels, value]) => `${name}${labels} ${value}`),
      ].join('\n'),
    )
    .join('\n')
    .concat('\n')
}

/** What concerns the relay as a whole: its process, and who is connected or was turned away. */
export async function relayMetrics(store: Docstore): Promise<readonly Metric[]> {
  const peers = await store.peers()
  return [
    gauge('docstore_peers', 'Connected peers', peers.filter(({ state }) => state === 'connected').length),
    gauge('docstore_uptime_seconds', 'Seconds since the relay started', process.uptime()),
    gauge('docstore_resident_memory_bytes', 'Resident memory of the process', process.memoryUsage.rss()),
    counter('docstore_cpu_seconds_total', 'Processor time that the process has used', cpuSeconds()),
    ...guests(store),
  ]
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function guests(store: Docstore): readonly Metric[] {
  if (store.libp2p === undefined) return []
  const { doorkeeper } = store.libp2p.services
  const { misconduct, strangers } = doorkeeper
  return [
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

/** A metric that goes up and down. */
export function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', values: [['', value]] }
}

/** A metric that only goes up; its name ends with `_total`. */
export function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: 'counter', values: [['', value]] }
}
