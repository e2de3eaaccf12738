import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { DEFAULT_LIMITS, type SectorsReport } from 'p2p-docstore'
import { DEFAULT_MAX_BYTES } from '../config.ts'
import type { Log } from '../log.ts'
import { gauge, type Metric } from '../metrics.ts'
import { openPolicy } from '../policy/open-policy.ts'
import { numberOf, textsOf } from './setting-value.ts'
import type { Service } from './service.ts'

const GIB: number = 1024 ** 3
const MIB: number = 1024 ** 2
const MAX_COUNT = 1_000_000_000

/** How often each limit was met, at the relay with this log: it is opened with what counts, before it is started. */
const limitsMet = new WeakMap<Log, Map<string, number>>()

function countLimits(log: Log): (limit: string) => void {
  const counts = new Map<string, number>()
  limitsMet.set(log, counts)
  return (limit) => {
    counts.set(limit, (counts.get(limit) ?? 0) + 1)
    log.debug({ limit }, 'limit-met')
  }
}

/** How the sectors of this relay stand. */
function placementMetrics(report: SectorsReport | undefined): readonly Metric[] {
  if (report === undefined) return []
  const { members, owned, serving, syncing, leaving, safe, compared, dropped, moved } = report
  return [
    gauge('docstore_storage_members', 'Relays that own a part of the key space', members),
    {
      name: 'docstore_storage_sectors',
      help: 'Sectors of the key space by how they stand here: those that it owns, those of them that it serves or fetches, those that belong to others, and those of them that these have for sure',
      type: 'gauge',
      values: Object.entries({ owned, serving, syncing, leaving, safe }).map(([state, count]) => [`{state="${state}"}`, count]),
    },
    {
      name: 'docstore_storage_sectors_compared_total',
      help: 'How often a sector was made equal with another relay',
      type: 'counter',
      values: [['', compared]],
    },
    {
      name: 'docstore_storage_given_up_total',
      help: 'Namespaces that were removed here because others keep them',
      type: 'counter',
      values: [['', dropped]],
    },
    {
      name: 'docstore_storage_moved_bytes_total',
      help: 'Bytes of requests to other relays and their answers, by what for and kind of request',
      type: 'counter',
      values: Object.entries(moved).map(([kind, { bytes }]) => [`{kind="${kind}"}`, bytes]),
    },
  ]
}

/** Documents, files, profiles and logs of persons, kept for everybody of the network, of whom none gets what is for the others. */
export const storage: Service = {
  name: 'storage',
  about: 'keeps documents and files',
  settings: {
    keeps: {
      kind: 'text',
      choices: ['all', 'owned', 'asked'],
      default: 'all',
      about: 'all: everything in the network; owned: what falls to it where there are more relays than copies; asked: only what peers bring',
    },
    maxDisk: { kind: 'whole', min: 1, max: 1_000_000, default: DEFAULT_MAX_BYTES / GIB, about: 'largest size of the database, GiB' },
    writesPerSecond: {
      kind: 'whole',
      min: 1,
      max: MAX_COUNT,
      default: DEFAULT_LIMITS.writesPerSecond,
      about: 'records a second of one identity, and of one peer, once they have written `writesAtOnce`; 8 times as many of one address',
    },
    writesAtOnce: { kind: 'whole', min: 1, max: MAX_COUNT, default: DEFAULT_LIMITS.writesAtOnce, about: 'records before that counts' },
    requestsPerSecond: {
      kind: 'whole',
      min: 1,
      max: MAX_COUNT,
      default: DEFAULT_LIMITS.requestsPerSecond,
      about: 'requests a second of one peer that bring something; further ones wait, and bring more at once',
    },
    requestsPerAddress: { kind: 'whole', min: 1, max: 10_000, default: DEFAULT_LIMITS.requestsPerAddress, about: 'requests of one address at once' },
    namespacesPerIdentity: {
      kind: 'whole',
      min: 1,
      max: MAX_COUNT,
      default: DEFAULT_LIMITS.namespacesPerIdentity,
      about: 'namespaces of one identity, and of one peer within an hour; 4 times as many of one address',
    },
    diskPerIdentity: {
      kind: 'whole',
      min: 1,
      max: MAX_COUNT,
      default: DEFAULT_LIMITS.bytesPerIdentity / MIB,
      about: 'what the documents of one identity may take, MiB',
    },
    allow: { kind: 'list', default: [], about: 'the only ones who may write: identities, persons, peer ids, IP addresses' },
    deny: { kind: 'list', default: [], about: 'those who may not' },
    trust: { kind: 'list', default: [], about: 'those whom no limit concerns' },
    policy: { kind: 'text', about: 'module or program that decides about each record' },
    policyTimeout: { kind: 'whole', min: 1, max: 10_000, default: 1000, about: 'how long it may take, milliseconds' },
    policyOnFailure: {
      kind: 'text',
      choices: ['closed', 'open'],
      default: 'closed',
      about: 'whether nothing is stored where it fails, or everything',
    },
  },
  limits: ({ maxDisk, writesPerSecond, namespacesPerIdentity, diskPerIdentity }) => ({
    disk: numberOf(maxDisk) * GIB,
    'disk-per-identity': numberOf(diskPerIdentity) * MIB,
    'writes-per-second': numberOf(writesPerSecond),
    'namespaces-per-identity': numberOf(namespacesPerIdentity),
  }),
  open: ({ keeps, maxDisk, policy, policyTimeout, policyOnFailure, allow, deny, trust, diskPerIdentity, ...counts }, { log }) => ({
    storage: keeps === 'asked' || keeps === 'owned' ? keeps : 'all',
    maxBytes: numberOf(maxDisk) * GIB,
    limits: {
      ...Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, numberOf(value)])),
      bytesPerIdentity: numberOf(diskPerIdentity) * MIB,
      allow: textsOf(allow),
      deny: textsOf(deny),
      trust: textsOf(trust),
      onMet: countLimits(log),
      ...(typeof policy === 'string'
        ? {
            policy: {
              policy: openPolicy(policy, log),
              timeoutMs: numberOf(policyTimeout),
              onFailure: policyOnFailure === 'open' ? 'open' : 'closed',
              onError: (error) =>
                log.error({ policy, code: error instanceof DocstoreError ? error.code : undefined, reason: errorMessage(error) }, 'policy-failed'),
            },
          }
        : {}),
    },
  }),
  start: ({ store, log }) => ({
    metrics: async () => [
      gauge('docstore_namespaces', 'Namespaces that are stored', (await store.replica.namespaceIds()).length),
      {
        name: 'docstore_limits_met_total',
        help: 'How often somebody met a limit, and had to wait or was refused',
        type: 'counter',
        values: [...(limitsMet.get(log) ?? [])].map(([limit, count]) => [`{limit="${limit}"}`, count]),
      },
      ...placementMetrics(await store.network?.placement()),
    ],
    health: async () => {
      if (!(await store.replica.isInPlace())) return { ok: false, fault: 'data-missing' }
      const placement = await store.network?.placement()
      if (placement === undefined || (placement.everywhere && !placement.draining)) return { ok: true }
      const { members, owned, serving, leaving, draining } = placement
      return { ok: true, members, owned, serving, leaving, draining }
    },
  }),
}
