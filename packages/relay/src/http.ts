import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { type ErrorCode, errorCode, networkToText } from '@p2p-docstore/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Docstore, readNetwork, WELL_KNOWN_PATH } from 'p2p-docstore'
import { adminRoutes } from './admin/admin-routes.ts'
import type { Certificate } from './certificate.ts'
import type { Log } from './log.ts'
import { metricsText, relayMetrics } from './metrics.ts'
import { RunningServices } from './services/running-services.ts'
import { numberOf } from './services/setting-value.ts'
import type { Service } from './services/service.ts'
import type { SettingValues } from './settings/setting.ts'
import { createWebServer } from './web-server.ts'
import { WebSocketSwitch } from './web-socket-switch.ts'

/** Largest body of a request: everything that this server takes is in the URL, which Node holds below 16 KiB. */
const MAX_BODY_BYTES = 1024

/** What the page may load: itself, its worker, its WebAssembly, and pictures that it has itself; connections go to relays anywhere. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src *; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Where join links lead, which the page reads itself; QR codes have them in capitals. */
const JOIN_PATHS = ['/j/*', '/J/*']

/** What an HTTP side has besides a store. */
export interface HttpInit {
  /** With one, everything is HTTPS. */
  readonly certificate: Certificate | undefined
  /** Origin under which others reach it, where that is known. */
  readonly origin: string | undefined
  /** Password of the page for who runs the relay; without it there is none. */
  readonly adminKey: string | undefined
  /** What runs on it, with what was chosen for each. */
  readonly services: readonly Service[]
  readonly settings: Readonly<Record<string, SettingValues>>
  /** What others are told of that. */
  readonly told: readonly string[]
  readonly log: Log
}

/** The web server of a relay, and the services that run on it. */
export interface RelayHttp {
  readonly http: FastifyInstance
  readonly services: RunningServices
}

/** The HTTP side of a relay: the page, who it is, how it is, what its services have there, and the way in for peers who come over WebSocket. */
export async function createHttp(store: Docstore, { certificate, origin, adminKey, services, settings, told, log }: HttpInit): Promise<RelayHttp> {
  const webSockets = new WebSocketSwitch(() => store.libp2p?.services.webSocketDoor)
  const maxClients = services.some(({ name }) => name === 'nostr') ? numberOf(settings['nostr']?.['connections']) : 0
  const http = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: 1024 },
    forceCloseConnections: true,
    serverFactory: (onRequest) => createWebServer(onRequest, (...upgrade) => webSockets.upgrade(...upgrade), certificate, maxClients),
  })
  // Documents are other people's: nothing but the page may be taken for one, even where it is opened as one.
  http.addHook('onRequest', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })
  const network = readNetwork(store.info.network.descriptor)

  http.get(WELL_KNOWN_PATH, async (_request, reply) => {
    void reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store')
    // Pages of other origins compare clocks too.
    void reply.header('access-control-expose-headers', 'date')
    return {
      network: network.id,
      name: network.descriptor.name,
      descriptor: networkToText(network),
      peer: await store.network?.peerId(),
      addresses: await store.network?.addresses(),
      ...(origin === undefined ? {} : { origin }),
      services: told,
    }
  })

  http.get('/health', async (_request, reply) => {
    const { isReady, ...found } = await readiness()
    if (!isReady) return reply.status(503).send({ ok: false, ...found })
    const peers = await store.peers()
    return {
      ok: true,
      network: network.id,
      namespaces: (await store.replica.namespaceIds()).length,
      peers: peers.filter(({ state }) => state === 'connected').length,
      uptime: process.uptime(),
      ...found,
    }
  })
  // A supervisor restarts what is not alive; a proxy only sends nobody to what is not ready.
  http.get('/health/live', async () => ({ ok: true }))
  http.get('/health/ready', async (_request, reply) => {
    const { isReady, ...found } = await readiness()
    return reply.status(isReady ? 200 : 503).send({ ok: isReady, ...found })
  })

  http.get('/metrics', async (_request, reply) => {
    const metrics = [...(await relayMetrics(store)), ...(await running.metrics())]
    return reply.type('text/plain; version=0.0.4').send(metricsText(metrics))
  })

  http.setNotFoundHandler(async (request, reply) =>
    reply
      .status(404)
      .send({ error: { code: 'not-found' satisfies ErrorCode, message: `There is nothing at ${request.method} ${request.url.slice(0, 200)}` } }),
  )

  const running = await RunningServices.start({ services, settings, store, http, origin, onTextSocket: (accept) => webSockets.onText(accept), log })
  /** Whether it can do its work: its data is in place, and each service says so of itself. */
  const readiness = async () => {
    const health = await running.health()
    // A database that is away says so by an error.
    const inPlace = await store.replica.isInPlace().catch(errorCode)
    const failed = Object.values(health).find(({ ok }) => !ok)
    const fault = typeof inPlace === 'string' ? inPlace : inPlace ? failed && (failed['fault'] ?? 'service') : 'data-missing'
    return { isReady: fault === undefined, ...(fault === undefined ? {} : { fault }), services: health }
  }

  if (adminKey !== undefined)
    await http.register(async (scope) =>
      adminRoutes(scope, {
        key: adminKey,
        store,
        origin,
        networkName: network.descriptor.name,
        services,
        settings,
        health: readiness,
        metrics: () => running.metrics(),
      }),
    )

  const page = pageFolder()
  if (page === undefined) {
    for (const path of ['/', ...JOIN_PATHS])
      http.get(path, async (_request, reply) => reply.type('text/plain').send('The page is not built. Run `npm run build`, then reload.\n'))
  } else {
    await http.register(fastifyStatic, {
      root: page,
      setHeaders: (reply, path) => {
        void reply.header('content-security-policy', CONTENT_SECURITY_POLICY)
        void reply.header('referrer-policy', 'no-referrer')
        // Names of built files carry their hash; the page itself does not.
        void reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
      preCompressed: true,
    })
    for (const path of JOIN_PATHS) http.get(path, async (_request, reply) => reply.sendFile('index.html'))
  }
  return { http, services: running }
}

/** Where the built page lies, `undefined` where it was not built. */
function pageFolder(): string | undefined {
  const folder = join(dirname(fileURLToPath(import.meta.resolve('@p2p-docstore/relay/package.json'))), 'dist/page')
  return existsSync(join(folder, 'index.html')) ? folder : undefined
}
