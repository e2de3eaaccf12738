import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import Fastify, { type FastifyInstance } from 'fastify'
import { readNetwork } from 'p2p-docstore'
import type { ReplicaNostr } from '@p2p-docstore/core/nostr'
import type { Docstore } from 'p2p-docstore'
import { counter, gauge, type Metric } from '../../metrics.ts'
import { createWebServer } from '../../web-server.ts'
import { WebSocketSwitch } from '../../web-socket-switch.ts'
import type { RunningService, Service, ServiceContext } from '../service.ts'
import { HttpAuth } from './admin/http-auth.ts'
import { nostrRoutes } from './admin/http-routes.ts'
import { Lists } from './admin/lists.ts'
import { doOrder } from './admin/orders.ts'
import { relayInformation } from './admin/relay-information.ts'
import { RelayUrls } from './auth/relay-urls.ts'
import type { Desk } from './desk.ts'
import { Intake } from './intake/intake.ts'
import { openEventPolicy } from './judge/event-policy.ts'
import { Judge } from './judge/judge.ts'
import { deliverEphemeral, deliverStored } from './live/deliver.ts'
import { LiveIndex } from './live/live-index.ts'
import { NostrRelay } from './nostr-relay.ts'
import { Gate } from './query/gate.ts'
import { type NostrConfig, nostrSettings, readConfig } from './settings.ts'
import { Verifier } from './verify/verifier.ts'

/** What it is told to clients as. */
const SOFTWARE = 'https://www.npmjs.com/package/@p2p-docstore/relay'
const VERSION = '0.1.0'

/** The relay as one of Nostr: its clients connect to the page's port, and their events are stored and replicated as documents are. */
export const nostr: Service<FastifyInstance> = nostrService((store) => store.replica.nostr())

/** The same over a store of events that is had from a docstore. */
export function nostrService(nostrOf: (store: Docstore) => Promise<ReplicaNostr>): Service<FastifyInstance> {
  return {
    name: 'nostr',
    about: 'takes and serves events of Nostr',
    needs: ['storage'],
    // Whoever finds the port may write, and in the whole network: that is for an operator to choose.
    isOnlyNamed: true,
    // Clients of Nostr show no invitation.
    fits: (network) => network.admission === 'open',
    settings: nostrSettings,
    start: async (context) => start(context, await nostrOf(context.store)),
  }
}

async function start(
  { store, http, settings, origin, onTextSocket, log }: ServiceContext<FastifyInstance>,
  events: ReplicaNostr,
): Promise<RunningService> {
  const config = readConfig(settings)
  const lists = await Lists.open(store.replica)
  const verifier = new Verifier(config.verifiers, log)
  events.verifyWith(verifier.verify)
  // All of it, from other relays too, whatever part of the network this one keeps.
  await store.network?.want(events.namespace)
  const ports = new Set<FastifyInstance>([http])
  const urls = (): RelayUrls =>
    new RelayUrls([...config.urls, ...(origin === undefined ? [] : [origin]), ...[...ports].flatMap(({ server }) => ownUrls(server.address()))])
  const now = Date.now
  const counts = new Map<string, number>()
  const judge = new Judge({ config, lists, urls, now })
  const policy = config.policy === undefined ? undefined : openEventPolicy(config.policy, config, log)
  const intake = new Intake({
    nostr: events,
    verify: verifier.verify,
    onEphemeral: (event) => deliverEphemeral(desk, event),
    mayWrite: (key) => judge.mayWrite(key),
    policy,
    log,
  })
  const desk: Desk = {
    config,
    nostr: events,
    lists,
    judge,
    intake,
    gate: new Gate(config.privateKinds, config.authToRead),
    live: new LiveIndex(),
    verify: verifier.verify,
    urls,
    now,
    log,
    counts,
    listened: { values: 0 },
    compared: { events: 0 },
  }
  const relay = new NostrRelay(desk)
  const forget = events.onStored((stored) => deliverStored(desk, stored))
  onTextSocket((...socket) => relay.accept(...socket))
  const { name } = readNetwork(store.info.network.descriptor).descriptor
  const auth = new HttpAuth({ verify: verifier.verify, urls, now, isKnown: (key) => config.admins.includes(key) || lists.methods.has(key) })
  const routes = {
    information: () => relayInformation({ desk, name, software: SOFTWARE, version: VERSION, self: undefined }),
    order: async (body: string, authorization: string | undefined) => {
      const key = await auth.keyOf(authorization, body)
      const answer = key && (await doOrder({ lists, admins: config.admins, nostr: events, log }, key, body))
      if (answer !== undefined && answer !== '') return { status: 200, answer }
      return { status: 401, answer: { result: null, error: 'show the key of an admin, as NIP-98 has it' } }
    },
  }
  nostrRoutes(http, routes)
  const own =
    config.port === 0
      ? undefined
      : await listenAlone(config, (alone, webSockets) => {
          ports.add(alone)
          webSockets.onText((...socket) => relay.accept(...socket))
          nostrRoutes(alone, routes)
        })
  return {
    metrics: () => nostrMetrics(desk, relay, verifier),
    health: () => ({ ok: true, clients: relay.clients.size, verifier: verifier.engine }),
    stop: async () => {
      forget()
      relay.stop()
      await own?.close()
      await verifier.stop()
    },
  }
}

/** A port for Nostr alone. */
async function listenAlone(
  { port, host, connections }: NostrConfig,
  prepare: (http: FastifyInstance, webSockets: WebSocketSwitch) => void,
): Promise<FastifyInstance> {
  const webSockets = new WebSocketSwitch(() => undefined)
  const http = Fastify({
    forceCloseConnections: true,
    serverFactory: (onRequest) => createWebServer(onRequest, (...upgrade) => webSockets.upgrade(...upgrade), undefined, connections),
  })
  prepare(http, webSockets)
  await http.listen({ port, host })
  return http
}

/** URLs by which this machine itself is reached: nobody else can have these addresses, and pass on what was signed for them. */
function ownUrls(address: AddressInfo | string | null): readonly string[] {
  if (address === null || typeof address === 'string') return []
  const hosts = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map(({ address: host, family }) => (family === 'IPv6' ? `[${host}]` : host)),
  )
  return ['localhost', ...hosts].map((host) => `ws://${host}:${address.port}`)
}

function nostrMetrics({ counts, live, intake, listened, compared }: Desk, relay: NostrRelay, verifier: Verifier): readonly Metric[] {
  return [
    gauge('docstore_nostr_clients', 'Clients of Nostr that are connected', relay.clients.size),
    gauge('docstore_nostr_subscriptions', 'Subscriptions of theirs', live.size),
    gauge(
      'docstore_nostr_waiting_bytes',
      'Bytes that clients have not read yet',
      [...relay.clients].reduce((sum, { outbox }) => sum + outbox.waiting, 0),
    ),
    gauge('docstore_nostr_events_waiting', 'Events that wait to be checked', intake.waiting),
    gauge('docstore_nostr_listened_values', 'Values in the filters of their subscriptions', listened.values),
    gauge('docstore_nostr_compared_events', 'Events in comparisons of sets that go on', compared.events),
    counter('docstore_nostr_signatures_total', 'Signatures that were checked', verifier.checked),
    counter('docstore_nostr_signatures_slow_total', 'Those of them that no thread checked', verifier.checkedHere),
    {
      name: 'docstore_nostr_happened_total',
      help: 'What clients asked, and what became of it, by name',
      type: 'counter',
      values: [...counts].map(([what, value]) => [`{what="${what.replace(/[^\w-]/g, '_')}"}`, value]),
    },
  ]
}
