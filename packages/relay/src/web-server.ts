import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Certificate } from './certificate.ts'

/** How long a request may take to arrive, and before it what TLS begins with, milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long a connection on which nothing moves is kept, milliseconds: also one that does not read its answer, which lies in memory until then. */
const IDLE_CONNECTION_MS = 30_000
/** HTTP connections at once. Each can hold one page of documents; those who come then are turned away. */
const MAX_CONNECTIONS = 500
/** Connections that have become WebSockets; libp2p, which has them then, keeps fewer. */
const MAX_WEB_SOCKETS = 2500

/** What becomes of a connection that asks to be a WebSocket. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** The server of the page's port: HTTP, or with a certificate HTTPS, and peers who come over WebSocket. */
export function createWebServer(onRequest: RequestListener, onUpgrade: OnUpgrade, certificate: Certificate | undefined): Server {
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: IDLE_CONNECTION_MS }
  const server =
    certificate === undefined
      ? createHttpServer(options, onRequest)
      : createHttpsServer({ ...options, handshakeTimeout: REQUEST_TIMEOUT_MS, cert: certificate.cert, key: certificate.key }, onRequest)
  server.setTimeout(IDLE_CONNECTION_MS)
  server.maxConnections = MAX_CONNECTIONS
  server.on('upgrade', (request, socket, head) => {
    if (server.maxConnections >= MAX_CONNECTIONS + MAX_WEB_SOCKETS) {
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

/** Whether a server has a certificate. */
export function isHttps(server: Server): server is HttpsServer {
  return server instanceof HttpsServer
}

/** From now on new connections get this certificate; those that are open stay. */
export function setCertificate(server: Server, { cert, key }: Certificate): void {
  if (isHttps(server)) server.setSecureContext({ cert, key })
}
