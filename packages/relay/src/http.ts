import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { networkToText } from '@p2p-docstore/core'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Docstore, readNetwork, WELL_KNOWN_PATH } from 'p2p-docstore'
import { gatewayRoutes } from './gateway.ts'
import { metricsText } from './metrics.ts'

/** Largest body of a request: everything that this server takes is in the URL, which Node holds below 16 KiB. */
const MAX_BODY_BYTES = 1024
/** How long a request may take to arrive, milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long a connection on which nothing moves is kept, milliseconds: also one that does not read its answer, which lies in memory until then. */
const IDLE_CONNECTION_MS = 30_000
/** HTTP connections at once. Each can hold one page of documents; those who come then are turned away; peers use other ports. */
const MAX_CONNECTIONS = 500

/** What the page may load: itself, its worker and its WebAssembly; connections go to relays anywhere. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src *; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The HTTP side of a relay: the page, who it is, how it is, and documents to read. */
export async function createHttp(store: Docstore): Promise<FastifyInstance> {
  const http = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_MS,
    routerOptions: { maxParamLength: 1024 },
    forceCloseConnections: true,
  })
  http.server.maxConnections = MAX_CONNECTIONS
  // Documents are other people's: nothing but the page may be taken for one, even where it is opened as one.
  http.addHook('onRequest', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })
  const network = readNetwork(store.info.network.descriptor)

  http.get(WELL_KNOWN_PATH, async (_request, reply) => {
    void reply.header('access-control-allow-origin', '*').header('cache-control', 'no-store')
    return {
      network: network.id,
      name: network.descriptor.name,
      descriptor: networkToText(network),
      peer: await store.network?.peerId(),
      addresses: await store.network?.addresses(),
      services: ['storage', 'gateway', 'messages'],
    }
  })

  http.get('/health', async () => {
    const namespaces = await store.namespaces.list()
    const peers = await store.peers()
    return {
      ok: true,
      network: network.id,
      namespaces: namespaces.length,
      peers: peers.filter(({ state }) => state === 'connected').length,
      uptime: process.uptime(),
    }
  })

  http.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metricsText(store)))

  http.setNotFoundHandler(async (request, reply) =>
    reply.status(404).send({ error: { code: 'not-found', message: `There is nothing at ${request.method} ${request.url.slice(0, 200)}` } }),
  )

  await http.register(gatewayRoutes, { store })

  const page = pageFolder()
  if (page === undefined)
    http.get('/', async (_request, reply) => reply.type('text/plain').send('The page is not built. Run `npm run build`, then reload.\n'))
  else {
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
  }
  return http
}

/** Where the built page lies, `undefined` where it was not built. */
function pageFolder(): string | undefined {
  const folder = join(dirname(fileURLToPath(import.meta.resolve('@p2p-docstore/relay/package.json'))), 'dist/page')
  return existsSync(join(folder, 'index.html')) ? folder : undefined
}
