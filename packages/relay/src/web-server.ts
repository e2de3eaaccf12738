import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Arrivals, withinDescriptors } from 'p2p-docstore'
import type { Certificate } from './certificate.ts'

/** How long a request may take to arrive, and before it what TLS begins with, milliseconds; and how often that is looked at. */
const REQUEST_TIMEOUT_MS = 10_000
const LOOK_MS = 2000
/** How long a connection without a request is kept for the next one, milliseconds. */
const KEEP_ALIVE_MS = 10_000
/** How long an answer may take to be read, milliseconds: the page is a megabyte. */
const ANSWER_TIMEOUT_MS: number = 5 * 60_000
/** How long a connection on which nothing moves is kept, milliseconds: also one that does not read its answer, which lies in memory until then. */
const IDLE_CONNECTION_MS = 30_000
/**
 * HTTP connections at once, those of one host, and the part of all descriptors that they may take. Each can hold one page of documents. A
 * further one takes the place of one that says nothing, has its answer, or does not read it.
 */
const MAX_CONNECTIONS = 500
const MAX_CONNECTIONS_PER_HOST = 250
const DESCRIPTORS_PART = 1 / 8
/** Part of them from which on connections without a request are closed. */
const CROWDED = 0.8
/** Connections that have become WebSockets of peers; libp2p, which has them then, keeps fewer. */
const MAX_WEB_SOCKETS = 2500

/** What becomes of a connection that asks to be a WebSocket. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** The server of the page's port: HTTP, or with a certificate HTTPS, and peers who come over WebSocket, with so many clients besides who do. */
export function createWebServer(onRequest: RequestListener, onUpgrade: OnUpgrade, certificate: Certificate | undefined, maxClients = 0): Server {
  const options = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: LOOK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  const server =
    certificate === undefined
      ? createHttpServer(options, onRequest)
      : createHttpsServer({ ...options, handshakeTimeout: REQUEST_TIMEOUT_MS, cert: certificate.cert, key: certificate.key }, onRequest)
  server.setTimeout(IDLE_CONNECTION_MS)
  const max = withinDescriptors(MAX_CONNECTIONS, DESCRIPTORS_PART)
  const arrivals = new Arrivals({ max, maxPerHost: Math.min(max, MAX_CONNECTIONS_PER_HOST), timeoutMs: REQUEST_TIMEOUT_MS })
  // More than there are places: who comes then takes that of somebody else, whose socket is counted until a moment later. Many come at once.
  const mostAtOnce = max * 2
  server.maxConnections = mostAtOnce
  // Before what TLS, or HTTP, makes of it.
  server.prependListener('connection', (socket: Socket) => {
    if (arrivals.size > max * CROWDED) server.closeIdleConnections()
    arrivals.arrive(socket)
  })
  const underWay = new Set<ServerResponse>()
  answers.set(server, underWay)
  server.on('request', ({ socket: { remoteAddress, remotePort } }, response) => {
    arrivals.settle(remoteAddress, remotePort)
    const late = setTimeout(() => response.destroy(), ANSWER_TIMEOUT_MS)
    underWay.add(response)
    response.once('close', () => {
      underWay.delete(response)
      clearTimeout(late)
      arrivals.rest(remoteAddress, remotePort)
    })
  })
  server.on('upgrade', (request, socket, head) => {
    const { remoteAddress, remotePort } = request.socket
    arrivals.leave(remoteAddress, remotePort)
    if (server.maxConnections >= mostAtOnce + MAX_WEB_SOCKETS + maxClients) {
      socket.destroy()
      return
    }
    // It is no HTTP connection any more, and must not take the place of one.
    server.maxConnections++
    socket.once('close', () => server.maxConnections--)
    socket.on('error', () => socket.destroy())
    onUpgrade(request, socket, head)
  })
  return server
}

/** Answers that the servers of this process are giving. */
const answers = new WeakMap<Server, ReadonlySet<ServerResponse>>()

/** Resolves when a server that takes no more requests has given its answers. Peers may be connected to its port all the same. */
export async function allAnswered(server: Server): Promise<void> {
  for (const response of answers.get(server) ?? []) if (!response.closed) await once(response, 'close')
}

/** Whether a server has a certificate. */
export function isHttps(server: Server): server is HttpsServer {
  return server instanceof HttpsServer
}

/** From now on new connections get this certificate; those that are open stay. */
export function setCertificate(server: Server, { cert, key }: Certificate): void {
  if (isHttps(server)) server.setSecureContext({ cert, key })
}
